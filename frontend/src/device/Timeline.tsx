import { Button, Group, Loader, Switch, Text } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { Capture, Device } from "../api/types";
import { clean } from "../app/search";
import { dateTime, plural } from "../format";
import { useTypeTitle } from "../ui/captureTypes";
import { IconChange, IconFile } from "../ui/icons";
import { Empty, ProblemNotice, Stale } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { verdictWord } from "../words";
import "./device.css";
import { LastAttempt } from "./LastAttempt";
import { type Run, runsOf, type Seen } from "./timeline";

const route = getRouteApi("/devices/$id");

/** How the last attempt ended where it failed, and the runs that captured something. */
export function Timeline({ device }: { device: Device }) {
  return (
    <>
      <LastAttempt device={device} />
      <Runs deviceId={device.id} />
    </>
  );
}

/** Run by run what was captured of a device, and which texts were other than before. */
function Runs({ deviceId }: { deviceId: string }) {
  const only = route.useSearch().timeline === "news";
  const navigate = route.useNavigate();
  const list = useList<Capture>({
    key: ["captures", "of", deviceId],
    read: (page) => ask(api.GET("/captures", { params: { query: { device_id: [deviceId], ...page } } })),
  });
  const runs = useMemo(() => runsOf(list.rows, !list.more.has), [list.rows, list.more.has]);
  if (list.error) return <ProblemNotice error={list.error} onRetry={list.onRetry} />;
  if (list.loading) return <Loader size="sm" aria-label="Loading the timeline" />;
  if (runs.length === 0) return <Empty title="Nothing was captured yet" />;
  const shown = only ? runs.filter(isNews) : runs;
  return (
    <>
      <Stale of={[list.refresh]} />
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
              <Link to="/collections/$id/devices/$deviceId" params={{ id: run.collectionId, deviceId }}>
                {dateTime(run.at)}
              </Link>
              <Text size="sm" c="dimmed">
                <Ago at={run.at} />, {summary(run)}
              </Text>
            </Group>
            <Group gap={6} mt={6}>
              {run.captures.map((capture) => (
                <CaptureLink key={capture.id} capture={capture} />
              ))}
            </Group>
          </li>
        ))}
      </ol>
      {Boolean(list.more.error) && <ProblemNotice error={list.more.error} />}
      {list.more.has && (
        <Button variant="default" size="xs" mt="sm" loading={list.more.loading} onClick={list.more.load}>
          Older runs
        </Button>
      )}
    </>
  );
}

function isNews(run: Run): boolean {
  return run.captures.some((each) => each.changed === true || each.verdict !== "complete");
}

function toneOf(run: Run) {
  if (run.captures.some((each) => each.verdict !== "complete")) return "warn";
  return run.captures.some((each) => each.changed === true) ? "busy" : "good";
}

function summary(run: Run): string {
  const changed = run.captures.filter((each) => each.changed === true).length;
  const complete = run.captures.filter((each) => each.verdict === "complete").length;
  const texts = `${complete} of ${plural(run.captures.length, "text")} complete`;
  return changed === 0 ? texts : `${texts}, ${changed} changed`;
}

function CaptureLink({ capture }: { capture: Seen }) {
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
    <Link to="/captures/$id" params={{ id: capture.id }} search={{}} className="sr-chip-link">
      <Chip
        word={word}
        icon={
          !good ? undefined : capture.changed === true ? <IconChange size={14} /> : <IconFile size={14} />
        }
      />
    </Link>
  );
}
