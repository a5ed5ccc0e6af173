import { Button, Group, Loader, Switch, Text } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, ask } from "../api/client";
import { type List, useList } from "../api/lists";
import type { Capture, Device, DeviceCollection } from "../api/types";
import { clean } from "../app/search";
import { dateTime, plural } from "../format";
import { useTypeTitle } from "../ui/captureTypes";
import { IconChange, IconFile } from "../ui/icons";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { Chip, StatusChip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { failureWord, verdictWord } from "../words";
import "./device.css";
import { changesOf, endOf, lastFailed, type Run, runsOf, type Seen } from "./timeline";

const route = getRouteApi("/devices/$id");

/** Run by run what became of a device, what was captured of it, and which texts were other than before. */
export function Timeline({ device }: { device: Device }) {
  const { id } = device;
  const only = route.useSearch().timeline === "news";
  const navigate = route.useNavigate();
  const collections = useList<DeviceCollection>({
    key: ["collections", "of", id],
    read: (page) =>
      ask(api.GET("/devices/{id}/collections", { params: { path: { id }, query: { ...page, limit: 20 } } })),
  });
  const captures = useList<Capture>({
    key: ["captures", "of", id],
    read: (page) => ask(api.GET("/captures", { params: { query: { device_id: [id], ...page } } })),
  });
  const whole = !captures.more.has;
  const since = seenSince(captures);
  const runs = useMemo(
    () => runsOf(collections.rows, changesOf(captures.rows, whole), since),
    [collections.rows, captures.rows, whole, since],
  );
  const broken = [collections, captures].find((list) => list.error);
  if (broken) return <ProblemNotice error={broken.error} onRetry={broken.onRetry} />;
  if (collections.loading || captures.loading) return <Loader size="sm" aria-label="Loading the timeline" />;
  if (runs.length === 0) return <Empty title="Nothing was captured yet" />;
  const shown = only ? runs.filter(isNews) : runs;
  const failed = lastFailed(runs);
  const older = olderOf(collections, captures);
  return (
    <>
      <Stale of={[collections.refresh, captures.refresh]} />
      {failed && <LastFailed run={failed} deviceId={id} />}
      <Switch
        label="Only what changed or went wrong"
        checked={only}
        onChange={(event) =>
          void navigate({
            search: clean({ timeline: event.currentTarget.checked ? "news" : "" }),
            replace: true,
          })
        }
        mb="md"
      />
      {shown.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing changed and nothing went wrong in {plural(runs.length, "run")}.
        </Text>
      )}
      <ol className="sr-timeline">
        {shown.map((run) => (
          <li className="sr-timeline-run" key={run.collectionId} data-tone={toneOf(run)}>
            <Group gap="sm">
              <Link
                to="/collections/$id/devices/$deviceId"
                params={{ id: run.collectionId, deviceId: id }}
                title={run.collectionName}
              >
                {run.at === "" ? run.collectionName : dateTime(run.at)}
              </Link>
              {run.status !== "succeeded" && <StatusChip status={run.status} bare />}
              <Text size="sm" c="dimmed">
                {run.at !== "" && <Ago at={run.at} />}
                {run.at !== "" && ", "}
                {summary(run)}
              </Text>
            </Group>
            {run.status === "failed" && run.message && (
              <Text size="sm" className="sr-any">
                {run.message}
              </Text>
            )}
            <Group gap={6} mt={6}>
              {run.captures.map(
                (capture) =>
                  capture.id !== undefined && (
                    <CaptureLink key={capture.capture_type} id={capture.id} capture={capture} />
                  ),
              )}
            </Group>
          </li>
        ))}
      </ol>
      {older.error !== undefined && <ProblemNotice error={older.error} onRetry={older.load} />}
      {older.has && (
        <Button variant="default" size="xs" mt="sm" loading={older.loading} onClick={older.load}>
          Older runs
        </Button>
      )}
    </>
  );
}

/** From where on it is known what changed: the oldest capture that was read, or the beginning. */
function seenSince(captures: List<Capture>): string {
  return captures.more.has ? (captures.rows.at(-1)?.captured_at ?? "") : "";
}

/** The next page of whichever list reaches less far back: what is shown ends where the shorter one does. */
function olderOf(collections: List<DeviceCollection>, captures: List<Capture>) {
  const oldest = collections.rows.at(-1);
  const ends = oldest === undefined ? "" : endOf(oldest);
  const behind = captures.more.has && (!collections.more.has || ends < seenSince(captures));
  const next = behind ? captures.more : collections.more;
  return {
    has: collections.more.has || captures.more.has,
    loading: collections.more.loading || captures.more.loading,
    error: collections.more.error ?? captures.more.error ?? undefined,
    load: next.load,
  };
}

/** What a person looks for first on the page of a device that cannot be collected. */
function LastFailed({ run, deviceId }: { run: Run; deviceId: string }) {
  const why = run.failureKind === undefined ? "" : `: ${failureWord(run.failureKind)}`;
  return (
    <div className="sr-last-attempt">
      <Notice tone="bad" title={`Last attempt failed${why}`}>
        {run.message && (
          <Text size="sm" className="sr-any">
            {run.message}
          </Text>
        )}
        <Text size="sm">
          <Ago at={run.at} />
          {", "}
          <Link to="/collections/$id/devices/$deviceId" params={{ id: run.collectionId, deviceId }}>
            in this collection
          </Link>
        </Text>
      </Notice>
    </div>
  );
}

function isNews(run: Run): boolean {
  return run.status !== "succeeded" || run.captures.some((each) => each.changed === true);
}

function toneOf(run: Run) {
  if (run.status === "failed") return "bad";
  if (run.status === "queued" || run.status === "running") return "busy";
  if (run.status !== "succeeded") return "warn";
  return run.captures.some((each) => each.changed === true) ? "busy" : "good";
}

function summary(run: Run): string {
  if (run.status === "queued" || run.status === "running") return run.status;
  if (run.status === "failed" && run.failureKind !== undefined) return failureWord(run.failureKind);
  const changed = run.captures.filter((each) => each.changed === true).length;
  const complete = run.captures.filter((each) => each.verdict === "complete").length;
  const texts = `${complete} of ${plural(run.captures.length, "text")} complete`;
  return changed === 0 ? texts : `${texts}, ${changed} changed`;
}

function CaptureLink({ id, capture }: { id: string; capture: Seen }) {
  const title = useTypeTitle()(capture.capture_type);
  const good = capture.verdict === "complete";
  const word = good
    ? capture.changed === true
      ? { text: `${title} changed`, tone: "busy" as const }
      : { text: title, tone: "idle" as const }
    : {
        text: `${title} ${verdictWord(capture.verdict).text.toLowerCase()}`,
        tone: verdictWord(capture.verdict).tone,
      };
  return (
    <Link to="/captures/$id" params={{ id }} search={{}} className="sr-chip-link">
      <Chip
        word={word}
        icon={
          !good ? undefined : capture.changed === true ? <IconChange size={14} /> : <IconFile size={14} />
        }
      />
    </Link>
  );
}
