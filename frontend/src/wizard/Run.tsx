import { Button, Group, Loader, SegmentedControl, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { failuresQuery, pastQuery, queryClient } from "../api/queries";
import { useKeys } from "../app/keys";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { count, duration, plural } from "../format";
import type { Link as FeedLink } from "../live/feed";
import { useFeed } from "../live/useFeed";
import { hasEnded, shown } from "../progress";
import { IconCheck, IconClock, IconCross, IconRight, IconSpin, IconStop } from "../ui/icons";
import { Figures, Panel } from "../ui/Page";
import { Notice, ProblemNotice } from "../ui/Problem";
import { Chip, StatusChip, ToneIcon } from "../ui/Status";
import { TextFilter } from "../ui/TextFilter";
import { nameOf, statusWord, type Word } from "../words";
import { ActivityLog } from "./ActivityLog";
import { CancelCollection } from "./CancelCollection";
import { DeviceDrawer } from "./DeviceDrawer";
import { DeviceStatusTable } from "./DeviceStatusTable";
import { estimate, range } from "./eta";
import { FailureGroups } from "./FailureGroups";
import { HeatMap } from "./HeatMap";
import { Legend } from "./Legend";
import { byPlace, byUrgency, matches, stepAmong } from "./order";
import { PausedCredentials } from "./PausedCredentials";
import { ProgressBar } from "./ProgressBar";
import { Retry } from "./Retry";
import { StepHeading, Steps } from "./Steps";

const route = getRouteApi("/collections/$id/run");

const LINK: Record<FeedLink, Word> = {
  live: { text: "Live", tone: "good" },
  catching_up: { text: "Catching up", tone: "warn" },
  polling: { text: "Polling", tone: "warn" },
  ended: { text: "Ended", tone: "idle" },
};

const NEEDS_A_PERSON: ReadonlySet<string> = new Set(["failed", "partially_succeeded"]);

export function Run() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const operator = useCan("operator");
  const { feed, follower } = useFeed(id);
  const { progress, collection } = feed;
  const numbers = shown(progress.counts.counts, progress.counts.percent);
  const ended = progress.complete || hasEnded(progress.status.status);
  const name = collection ? nameOf(collection) : "Collection";

  useEffect(() => {
    document.title = ended ? `Done · ${name} · Showrun` : `${numbers.percent} % · ${name} · Showrun`;
  }, [ended, numbers.percent, name]);
  useEffect(() => {
    if (ended) void queryClient.invalidateQueries({ queryKey: ["collections"] });
  }, [ended]);

  const past = useQuery({
    ...pastQuery(collection?.capture_types ?? []),
    enabled: collection !== undefined && !ended,
  });

  const { size } = progress.devices;
  // biome-ignore lint/correctness/useExhaustiveDependencies: names and places change with the set, statuses do not matter
  const places = useMemo(() => byPlace(progress.devices.values()), [size, feed.rowsComplete]);
  const devices = useMemo(
    () => places.flatMap((each) => progress.devices.get(each) ?? []),
    [places, progress.devices],
  );
  const listed = useMemo(
    () => byUrgency(devices.filter((device) => matches(device, search.status, search.find))),
    [devices, search.status, search.find],
  );
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const failures = () => devices.filter((device) => NEEDS_A_PERSON.has(device.status)).map(({ id }) => id);
  const toFailure = (by: 1 | -1) => {
    const next = stepAmong(failures(), search.device, by);
    if (next !== undefined) change({ device: next });
  };
  useKeys({ n: () => toFailure(1), p: () => toFailure(-1) });

  if (feed.problem && !collection) {
    return (
      <Stack gap="lg" className="sr-page">
        <Steps current={3} />
        <StepHeading step={3} />
        <ProblemNotice error={feed.problem} />
      </Stack>
    );
  }
  if (!collection) {
    return (
      <Stack gap="lg" className="sr-page">
        <Steps current={3} />
        <StepHeading step={3} />
        <Group gap="sm">
          <Loader size="sm" aria-hidden="true" />
          <Text role="status">Loading the collection</Text>
        </Group>
      </Stack>
    );
  }
  const view = search.view ?? "map";
  const left = ended
    ? undefined
    : estimate(devices, numbers.remaining, collection.options.max_workers ?? 1, past.data);
  const cancelling = progress.status.status === "cancelling";
  const mayCancel = operator && collection.actions.includes("cancel") && !ended && !cancelling;

  return (
    <Stack gap="lg" className="sr-page">
      <Steps current={3} />
      <Group justify="space-between" align="flex-start">
        <div style={{ minWidth: 0, flex: "1 1 300px" }}>
          <StepHeading step={3}>{name}</StepHeading>
          <Group gap="sm" mt={6}>
            <StatusChip status={progress.status.status} />
            <Chip
              word={LINK[feed.link]}
              icon={
                feed.link === "live" ? (
                  <span className="sr-pulse" aria-hidden="true">
                    ●
                  </span>
                ) : undefined
              }
            />
            {collection.retry_of && (
              <Link to="/collections/$id" params={{ id: collection.retry_of }} search={{}}>
                Retry of an earlier collection
              </Link>
            )}
          </Group>
        </div>
        <Group gap="sm">
          {mayCancel && <CancelCollection id={id} onCancelled={(answer) => follower.told(answer)} />}
          {cancelling && !ended && (
            <Button variant="default" disabled leftSection={<IconStop size={16} />}>
              Cancelling…
            </Button>
          )}
        </Group>
      </Group>

      {feed.problem && !ended && (
        <Notice tone="warn" title="No connection to the server" role="status">
          <Text size="sm">The collection goes on by itself. This page tries again and misses nothing.</Text>
        </Notice>
      )}
      {ended && (
        <Notice
          tone={progress.status.status === "succeeded" ? "good" : "warn"}
          title={`Collection complete! ${count(progress.status.succeeded)} succeeded, ${count(progress.status.failed)} failed`}
          icon={<ToneIcon tone={progress.status.status === "succeeded" ? "good" : "warn"} size={20} />}
        >
          <Group>
            <Button
              component={Link}
              to={`/collections/${encodeURIComponent(id)}/results`}
              rightSection={<IconRight size={16} />}
            >
              View final results
            </Button>
            {numbers.failed > 0 && (
              <Retry
                collectionId={id}
                label="Retry failed devices"
                primary
                includeCancelled={numbers.cancelled > 0}
              />
            )}
          </Group>
        </Notice>
      )}

      <Figures
        label="Devices of this collection"
        figures={[
          { name: "Running", value: count(numbers.running), icon: <IconSpin size={15} />, tone: "busy" },
          { name: "Completed", value: count(numbers.completed), icon: <IconCheck size={15} />, tone: "good" },
          {
            name: "Failed",
            value: count(numbers.failed),
            note: failedNote(numbers.partial, numbers.cancelled),
            icon: <IconCross size={15} />,
            tone: "bad",
          },
          { name: "Remaining", value: count(numbers.remaining), icon: <IconClock size={15} />, tone: "idle" },
          { name: "Progress", value: `${numbers.percent} %` },
        ]}
      />
      <Stack gap={6}>
        <ProgressBar counts={progress.counts.counts} percent={numbers.percent} />
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {count(numbers.total - numbers.remaining)} of {plural(numbers.total, "device")} ended
            {progress.counts.stage === "loading" && ", loading into the database"}
          </Text>
          <Text size="sm" c="dimmed">
            {left && `About ${range(left)} left`}
            {ended &&
              collection.execution_time_seconds !== undefined &&
              `Took ${duration(collection.execution_time_seconds)}`}
          </Text>
        </Group>
      </Stack>
      <Announcer ended={ended} numbers={numbers} status={progress.status.status} />

      <Panel
        title="Devices"
        aside={
          <SegmentedControl
            size="xs"
            aria-label="How the devices are shown"
            value={view}
            onChange={(value) => change({ view: value })}
            data={[
              { value: "map", label: "Map and table" },
              { value: "table", label: "Table only" },
            ]}
          />
        }
      >
        <Stack gap="sm">
          {view === "map" && devices.length > 0 && (
            <HeatMap devices={devices} onOpen={(device) => change({ device })} />
          )}
          <Legend
            counts={progress.counts.counts}
            status={search.status}
            onStatus={(status) => change({ status: status ?? "" })}
          />
          <Group gap="sm">
            <TextFilter
              aria-label="Find a device"
              placeholder="Find a device"
              size="xs"
              data-search
              value={search.find}
              onFilter={(find) => change({ find })}
            />
            <Text size="sm" c="dimmed">
              {count(listed.length)} shown
            </Text>
          </Group>
          <DeviceStatusTable
            devices={listed}
            loading={!feed.rowsComplete}
            onOpen={(device) => change({ device: device.id })}
          />
        </Stack>
      </Panel>

      <LiveFailures id={id} failed={numbers.failed} ended={ended} />

      <ActivityLog id={id} log={progress.log} />
      {!ended && (
        <Text size="sm" c="dimmed">
          You may leave this page or close the browser: the collection goes on, and this address shows it
          again.
        </Text>
      )}
      <DeviceDrawer
        collectionId={id}
        device={search.device === undefined ? undefined : progress.devices.get(search.device)}
        onClose={() => change({ device: "" })}
      />
    </Stack>
  );
}

export function failedNote(partial: number, cancelled: number): string | undefined {
  const parts = [
    ...(partial > 0 ? [`of which ${count(partial)} partial`] : []),
    ...(cancelled > 0 ? [`${partial > 0 ? "" : "of which "}${count(cancelled)} cancelled`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** One polite sentence every ten seconds, and the end at once. */
function Announcer(props: { ended: boolean; numbers: ReturnType<typeof shown>; status: string }) {
  const { ended, numbers, status } = props;
  const [text, setText] = useState("");
  const latest = useRef("");
  latest.current = `${count(numbers.total - numbers.remaining)} of ${count(numbers.total)} ended, ${count(numbers.failed)} failed`;
  useEffect(() => {
    if (ended) return;
    const timer = setInterval(() => setText(latest.current), 10_000);
    return () => clearInterval(timer);
  }, [ended]);
  return (
    <VisuallyHidden>
      <div aria-live="polite">{ended ? "" : text}</div>
      <div aria-live="assertive">
        {ended
          ? `Collection ${statusWord(status).text.toLowerCase()}: ${count(numbers.completed)} succeeded, ${count(numbers.failed)} failed`
          : ""}
      </div>
    </VisuallyHidden>
  );
}

/** Grouped by the server while it runs; asked again when there are more, at most every few seconds. */
function LiveFailures({ id, failed, ended }: { id: string; failed: number; ended: boolean }) {
  const groups = useQuery({ ...failuresQuery(id), enabled: failed > 0 });
  const { refetch } = groups;
  const [asked, setAsked] = useState({ failed: 0, ended: false });
  const behind = failed > 0 && (asked.failed !== failed || asked.ended !== ended);
  const latest = useRef({ failed, ended });
  latest.current = { failed, ended };
  // Further failures must not put off the asking, or it would not come while devices fail all the time.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each asking begins the next wait
  useEffect(() => {
    if (!behind) return;
    const timer = setTimeout(
      () => {
        setAsked(latest.current);
        void refetch();
      },
      ended ? 0 : 2_000,
    );
    return () => clearTimeout(timer);
  }, [behind, ended, asked, refetch]);
  if (failed === 0 || !groups.data || groups.data.length === 0) return null;
  return (
    <>
      <PausedCredentials collectionId={id} groups={groups.data} ended={ended} />
      <Panel title="What failed, by cause">
        <FailureGroups collectionId={id} groups={groups.data} ended={ended} />
      </Panel>
    </>
  );
}
