import { Button, Code, Grid, Group, List, Loader, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { facetsQuery, recentQuery } from "../api/queries";
import type { Collection, CoverageCounts } from "../api/types";
import { useCan } from "../app/role";
import { LinesChanged } from "../changes/LinesChanged";
import { count, plural } from "../format";
import { hasEnded } from "../progress";
import { IconPlay, IconUp } from "../ui/icons";
import { Figures, Page, Panel } from "../ui/Page";
import { Empty, ProblemNotice } from "../ui/Problem";
import { Chip, FailureChip, SeverityChip, StatusChip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { ProgressBar } from "../wizard/ProgressBar";
import { coverageWord, nameOf } from "../words";
import { useRecentFailures } from "./recent";

export function Dashboard() {
  const recent = useQuery({
    ...recentQuery,
    // Somebody watches what runs; otherwise there is little to see.
    refetchInterval: (query) => (query.state.data?.some((each) => !hasEnded(each.status)) ? 3_000 : 30_000),
  });
  const facets = useQuery(facetsQuery);

  if (recent.error) {
    return (
      <Page title="Dashboard">
        <ProblemNotice error={recent.error} onRetry={() => void recent.refetch()} />
      </Page>
    );
  }
  if (recent.data === undefined || facets.data === undefined) {
    return (
      <Page title="Dashboard">
        {facets.error ? (
          <ProblemNotice error={facets.error} onRetry={() => void facets.refetch()} />
        ) : (
          <Loader aria-label="Loading" />
        )}
      </Page>
    );
  }
  if (facets.data.total === 0 || recent.data.length === 0) {
    return <FirstRun devices={facets.data.total} />;
  }
  return <Overview collections={recent.data} devices={facets.data.total} />;
}

function FirstRun({ devices }: { devices: number }) {
  const operator = useCan("operator");
  return (
    <Page title="Welcome to Showrun" lead="Three steps to the first collection.">
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Panel title="Collect your own devices">
            <List type="ordered" spacing="md">
              <List.Item>
                <Text fw={600}>
                  {devices === 0 ? "Import your devices" : `${plural(devices, "device")} imported`}
                </Text>
                <Text size="sm" c="dimmed">
                  Paste a list of addresses, or import a CSV or a sessions.yaml. Nothing is contacted yet.
                </Text>
                {operator && (
                  <Button
                    mt="xs"
                    size="xs"
                    variant={devices === 0 ? "filled" : "default"}
                    component={Link}
                    to="/devices/import"
                    leftSection={<IconUp size={14} />}
                  >
                    Import devices
                  </Button>
                )}
              </List.Item>
              <List.Item>
                <Text fw={600}>Save a credential, or type one when you collect</Text>
                <Text size="sm" c="dimmed">
                  Passwords and keys are sealed and never shown again. Three refused logins in a row pause a
                  credential, so that a typing error locks nobody out.
                </Text>
                {operator && (
                  <Button mt="xs" size="xs" variant="default" component={Link} to="/credentials">
                    Credentials
                  </Button>
                )}
              </List.Item>
              <List.Item>
                <Text fw={600}>Run the first collection</Text>
                <Text size="sm" c="dimmed">
                  You see every command before it is sent, and each device live while it runs.
                </Text>
                {operator && devices > 0 && (
                  <Button
                    mt="xs"
                    size="xs"
                    component={Link}
                    to="/collect"
                    leftSection={<IconPlay size={14} />}
                  >
                    New collection
                  </Button>
                )}
              </List.Item>
            </List>
            {!operator && (
              <Text size="sm" mt="md">
                Your role may look at everything here; starting needs the role operator.
              </Text>
            )}
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Panel title="Try with simulated devices">
            <Text size="sm" mb="sm">
              On the machine with the server, this starts simulated devices of several platforms, some of them
              with faults:
            </Text>
            <Code block>showrun demo</Code>
          </Panel>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

const DAY = 24 * 3600 * 1000;

function Overview({ collections, devices }: { collections: Collection[]; devices: number }) {
  const running = collections.filter((each) => !hasEnded(each.status));
  const ended = collections.filter((each) => hasEnded(each.status));
  const today = ended.filter((each) => Date.now() - Date.parse(each.finished_at ?? each.created_at) < DAY);
  const tried = today.reduce((sum, each) => sum + each.counts.total, 0);
  const good = today.reduce((sum, each) => sum + each.devices_succeeded, 0);

  return (
    <Page title="Dashboard">
      <Figures
        label="Overview"
        figures={[
          { name: "Devices", value: count(devices) },
          { name: "Running collections", value: count(running.length) },
          {
            name: "Succeeded, last 24 hours",
            value: tried === 0 ? "–" : `${Math.floor((100 * good) / tried)} %`,
            note: tried === 0 ? "nothing was collected" : `${count(good)} of ${count(tried)} device runs`,
          },
          {
            name: "Last collection",
            value: ended[0] ? <StatusChip status={ended[0].status} bare /> : "–",
            note: ended[0] && <Ago at={ended[0].finished_at} />,
          },
        ]}
      />
      {running.length > 0 && (
        <Panel title="Running now">
          <Stack gap="md">
            {running.map((each) => (
              <Mini key={each.id} collection={each} />
            ))}
          </Stack>
        </Panel>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <RecentFailures collections={ended} />
        <Panel title="Recent collections" aside={<Link to="/collections">All collections</Link>}>
          <Stack gap={0}>
            {ended.slice(0, 7).map((each) => (
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
    </Page>
  );
}

const row = { borderBottom: "1px solid var(--sr-line)" };

function RecentChanges() {
  const changes = useQuery({
    queryKey: ["changes", "recent"],
    queryFn: async () => (await ask(api.GET("/config-changes", { params: { query: { limit: 6 } } }))).items,
    refetchInterval: 30_000,
  });
  return (
    <Panel title="Recent changes" aside={<Link to="/changes">All changes</Link>}>
      {changes.error ? (
        <ProblemNotice error={changes.error} onRetry={() => void changes.refetch()} />
      ) : changes.data === undefined ? (
        <Loader size="sm" aria-label="Loading changes" />
      ) : changes.data.length === 0 ? (
        <Empty title="No configuration changed yet" />
      ) : (
        changes.data.map((each) => (
          <Group key={each.id} justify="space-between" wrap="nowrap" gap="sm" py={8} style={row}>
            <div style={{ minWidth: 0 }}>
              <div className="sr-cut">
                <Link to="/changes/$id" params={{ id: each.id }}>
                  {each.device_name}
                </Link>{" "}
                <span className="sr-muted">
                  <LinesChanged change={each} />, <Ago at={each.changed_at} />
                </span>
              </div>
              <div className="sr-cut sr-mono sr-muted">{each.sections.join(", ") || each.message}</div>
            </div>
            <SeverityChip severity={each.severity} />
          </Group>
        ))
      )}
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
      {coverage.error ? (
        <ProblemNotice error={coverage.error} onRetry={() => void coverage.refetch()} />
      ) : coverage.data === undefined ? (
        <Loader size="sm" aria-label="Loading the coverage" />
      ) : (
        <Stack gap="xs">
          <Text size="sm" c="dimmed">
            Of {plural(coverage.data.devices, "device")} and the usual capture types; stale is what is older
            than {plural(coverage.data.stale_after_hours, "hour")}.
          </Text>
          <CoverageShares counts={coverage.data.counts} />
        </Stack>
      )}
    </Panel>
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
            <Chip word={coverageWord(state)} />
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

function RecentFailures({ collections }: { collections: Collection[] }) {
  const { groups, loading, error } = useRecentFailures(collections);
  return (
    <Panel title="Failures by cause" aside={<Link to="/failures">All failures</Link>}>
      {error ? (
        <ProblemNotice error={error} />
      ) : loading ? (
        <Loader size="sm" aria-label="Loading failures" />
      ) : groups.length === 0 ? (
        <Empty title="Nothing failed lately" />
      ) : (
        <Stack gap="sm">
          {groups.slice(0, 6).map((group) => (
            <div key={group.kind}>
              <Group gap="sm">
                <FailureChip kind={group.kind} />
                <Text size="sm">{plural(group.devices.length, "device")}</Text>
                <Text size="sm" c="dimmed">
                  seen <Ago at={group.lastSeen} />
                </Text>
              </Group>
              <Text size="sm" c="dimmed" mt={2}>
                {group.hint}
              </Text>
            </div>
          ))}
        </Stack>
      )}
    </Panel>
  );
}
