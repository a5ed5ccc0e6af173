import { Group, Loader, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { api, ask } from "../api/client";
import { facetsQuery, recentQuery } from "../api/queries";
import type { Collection, CoverageCounts, Failures } from "../api/types";
import { NewestChanges } from "../changes/NewestChanges";
import { count, plural } from "../format";
import { hasEnded } from "../progress";
import { FailingDevices } from "../ui/FailingDevices";
import { Figures, Page, Panel } from "../ui/Page";
import { Empty, ProblemNotice, Stale } from "../ui/Problem";
import { CoverageChip, FailureChip, StatusChip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { ProgressBar } from "../wizard/ProgressBar";
import { coverageWord, nameOf } from "../words";
import { FirstRun } from "./FirstRun";
import { failedQuery, runningQuery } from "./recent";

export function Dashboard() {
  const running = useQuery({
    ...runningQuery,
    // Somebody watches what runs; otherwise there is little to see.
    refetchInterval: (query) => ((query.state.data?.total ?? 0) > 0 ? 3_000 : 15_000),
  });
  const busy = (running.data?.total ?? 0) > 0;
  const recent = useQuery({ ...recentQuery, refetchInterval: busy ? 6_000 : 30_000 });
  const facets = useQuery(facetsQuery);
  if (recent.data === undefined || facets.data === undefined || running.data === undefined) {
    const broken = [recent, facets, running].find((each) => each.error && each.data === undefined);
    return (
      <Page title="Dashboard">
        {broken ? (
          <ProblemNotice error={broken.error} onRetry={() => void broken.refetch()} />
        ) : (
          <Loader aria-label="Loading" />
        )}
      </Page>
    );
  }
  if (facets.data.total === 0 || recent.data.length === 0) {
    return <FirstRun devices={facets.data.total} />;
  }
  return (
    <Page title="Dashboard">
      <Stale of={[recent, facets, running]} />
      <Overview
        ended={recent.data.filter((each) => hasEnded(each.status))}
        running={running.data}
        devices={facets.data.total}
      />
    </Page>
  );
}

interface OverviewProps {
  ended: Collection[];
  running: { collections: Collection[]; total: number };
  devices: number;
}

function Overview({ ended, running, devices }: OverviewProps) {
  return (
    <>
      <Figures
        label="Overview"
        figures={[
          { name: "Devices", value: count(devices) },
          { name: "Running collections", value: count(running.total) },
          useDay(),
          {
            name: "Last collection",
            value: ended[0] ? <StatusChip status={ended[0].status} bare /> : "–",
            note: ended[0] && <Ago at={ended[0].finished_at} />,
          },
        ]}
      />
      {running.total > 0 && (
        <Panel title="Running now">
          <Stack gap="md">
            {running.collections.map((each) => (
              <Mini key={each.id} collection={each} />
            ))}
            {running.total > running.collections.length && (
              <Link to="/collections" search={{ status: ["queued", "running", "cancelling"] }}>
                All {count(running.total)} of them
              </Link>
            )}
          </Stack>
        </Panel>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <RecentFailures />
        <Panel title="Recent collections" aside={<Link to="/collections">All collections</Link>}>
          <Stack gap={0}>
            {ended.slice(0, 5).map((each) => (
              <Group
                key={each.id}
                justify="space-between"
                wrap="nowrap"
                gap="sm"
                py={8}
                style={{ borderBottom: "1px solid var(--sr-line)" }}
              >
                <div style={{ minWidth: 0 }}>
                  <div className="sr-cut">
                    <Link to="/collections/$id" params={{ id: each.id }} search={{}}>
                      {nameOf(each)}
                    </Link>
                  </div>
                  <Text size="xs" c="dimmed">
                    {count(each.devices_succeeded)} succeeded, {count(each.devices_failed)} failed ·{" "}
                    <Ago at={each.finished_at} />
                  </Text>
                </div>
                <StatusChip status={each.status} />
              </Group>
            ))}
            {ended.length === 0 && <Empty title="The first collection still runs" />}
          </Stack>
        </Panel>
        <RecentChanges />
        <CoverageNow />
      </SimpleGrid>
    </>
  );
}

/** How much of what was tried in the last 24 hours succeeded, over all collections that were started in them. */
function useDay() {
  const lately = useQuery({ ...failedQuery(1, "failure_kind"), refetchInterval: 30_000 });
  const name = "Succeeded, last 24 hours";
  if (lately.data === undefined) return { name, value: "–", note: lately.error ? "not known now" : "" };
  const { devices_succeeded: good, devices_failed: bad } = lately.data;
  const tried = good + bad;
  if (tried === 0) return { name, value: "–", note: "nothing was collected" };
  return {
    name,
    value: `${Math.floor((100 * good) / tried)} %`,
    note: `${count(good)} of ${count(tried)} device runs`,
  };
}

function RecentChanges() {
  return (
    <Panel title="Recent changes" aside={<Link to="/changes">All changes</Link>}>
      <NewestChanges none="No configuration changed yet" refetchInterval={30_000} />
    </Panel>
  );
}

function CoverageNow() {
  const coverage = useQuery({
    queryKey: ["coverage", "all", {}],
    queryFn: () => ask(api.GET("/coverage")),
    staleTime: 60_000,
  });
  return (
    <Panel title="Coverage" aside={<Link to="/coverage">All devices</Link>}>
      {coverage.data === undefined ? (
        coverage.error ? (
          <ProblemNotice error={coverage.error} onRetry={() => void coverage.refetch()} />
        ) : (
          <Loader size="sm" aria-label="Loading the coverage" />
        )
      ) : (
        <Stack gap="xs">
          <Text size="sm" c="dimmed">
            Of {plural(coverage.data.devices, "device")} and the usual capture types; stale is what is older
            than {plural(coverage.data.stale_after_hours, "hour")}.
          </Text>
          <CoverageShares counts={coverage.data.counts} />
          {coverage.data.counts.stale > 0 && <StaleDevices />}
        </Stack>
      )}
    </Panel>
  );
}

const STALE_SHOWN = 6;

function StaleDevices() {
  const stale = useQuery({
    queryKey: ["coverage", "devices", "stale few"],
    queryFn: () =>
      ask(api.GET("/coverage/devices", { params: { query: { state: "stale", limit: STALE_SHOWN } } })),
    staleTime: 60_000,
  });
  if (stale.data === undefined) return null;
  return (
    <Text size="sm">
      Stale:{" "}
      {stale.data.items.map((each, index) => (
        <Fragment key={each.device_id}>
          {index > 0 && ", "}
          <Link to="/devices/$id" params={{ id: each.device_id }}>
            {each.device_name}
          </Link>
        </Fragment>
      ))}
      {stale.data.next_page_token !== undefined && (
        <>
          {", "}
          <Link to="/coverage" search={{ state: "stale" }}>
            and more
          </Link>
        </>
      )}
    </Text>
  );
}

const SHARES = ["fresh", "stale", "failing", "never"] as const;

function CoverageShares({ counts }: { counts: CoverageCounts }) {
  const all = SHARES.reduce((sum, state) => sum + counts[state], 0);
  return (
    <Stack gap="sm">
      <span className="sr-bar" aria-hidden="true">
        {SHARES.map((state) => (
          <span key={state} data-tone={coverageWord(state).tone} style={{ flexGrow: counts[state] }} />
        ))}
      </span>
      {SHARES.map((state) => (
        <Group key={state} justify="space-between">
          <Link to="/coverage" search={{ state }} className="sr-chip-link">
            <CoverageChip state={state} />
          </Link>
          <Text size="sm">
            {count(counts[state])}
            {all > 0 && <span className="sr-muted"> · {Math.round((100 * counts[state]) / all)} %</span>}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

function Mini({ collection }: { collection: Collection }) {
  const { counts } = collection;
  return (
    <div>
      <Group justify="space-between" mb={6} gap="sm">
        <Link to="/collections/$id/run" params={{ id: collection.id }} search={{}}>
          {nameOf(collection)}
        </Link>
        <Text size="sm" c="dimmed">
          {count(counts.total - counts.queued - counts.running)} of {plural(counts.total, "device")},{" "}
          {count(counts.failed + counts.partially_succeeded + counts.cancelled)} failed
        </Text>
      </Group>
      <ProgressBar
        counts={counts}
        percent={collection.progress}
        label={`Progress of ${nameOf(collection)}`}
      />
    </div>
  );
}

/** What to do about a cause is a click away: the causes of a bad night must not push everything else out of sight. */
function RecentFailures() {
  const causes = useQuery({ ...failedQuery(1, "failure_kind"), refetchInterval: 30_000 });
  const found = causes.data?.items;
  return (
    <Panel title="Failures, last 24 hours" aside={<Link to="/failures">All failures</Link>}>
      {found === undefined ? (
        causes.error ? (
          <ProblemNotice error={causes.error} onRetry={() => void causes.refetch()} />
        ) : (
          <Loader size="sm" aria-label="Loading failures" />
        )
      ) : found.length === 0 ? (
        <Empty title="Nothing failed" />
      ) : (
        <>
          {found.slice(0, 6).map((cause) => (
            <CauseOfDay key={cause.causes[0]?.failure_kind} cause={cause} />
          ))}
          {found.length > 6 && (
            <Text size="sm" c="dimmed" mt={6}>
              And {plural(found.length - 6, "other cause")}.
            </Text>
          )}
        </>
      )}
    </Panel>
  );
}

/** Names of devices that are shown under a cause. */
const NAMED = 12;

function CauseOfDay({ cause }: { cause: Failures }) {
  const [what] = cause.causes;
  if (what === undefined) return null;
  return (
    <details className="sr-cause">
      <summary>
        <FailureChip kind={what.failure_kind} />
        <span>{count(cause.failures)}×</span>
        <span className="sr-muted">
          <Ago at={cause.last_at} />
        </span>
      </summary>
      <Text size="sm" c="dimmed">
        {what.hint}
      </Text>
      <FailingDevices of={cause} most={NAMED} />
    </details>
  );
}
