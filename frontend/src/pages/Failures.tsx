import { Button, Group, Loader, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Failures as FailuresOf } from "../api/types";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { FailingDevices } from "../ui/FailingDevices";
import { Page } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { FailureChip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { failureWord } from "../words";
import { failedQuery } from "./recent";

const route = getRouteApi("/failures");

const NAMES = 30;
const DAYS = [
  { value: "1", label: "24 hours" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
];
const BY = [
  { value: "cause", label: "Cause" },
  { value: "device", label: "Device" },
  { value: "site", label: "Site" },
] as const;

export function Failures() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const days = DAYS.find((each) => each.value === search.days) ?? DAYS[0];
  const by = BY.find((each) => each.value === search.by)?.value ?? "cause";
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  return (
    <Page title="Failures" lead={`Of the collections that were started in the last ${days?.label}.`}>
      <Group gap="md">
        <SegmentedControl
          aria-label="How far back"
          value={days?.value ?? "1"}
          onChange={(value) => change({ days: value === "1" ? "" : value })}
          data={DAYS}
        />
        <SegmentedControl
          aria-label="Grouped by"
          value={by}
          onChange={(value) => change({ by: value === "cause" ? "" : value })}
          data={[...BY]}
        />
      </Group>
      {by === "cause" ? (
        <Causes days={Number(days?.value)} />
      ) : (
        <Groups days={Number(days?.value)} by={by} key={by} />
      )}
    </Page>
  );
}

const nothing = (
  <div className="sr-panel">
    <Empty title="Nothing failed in this time">
      <Link to="/collections">All collections</Link>
    </Empty>
  </div>
);

function Causes({ days }: { days: number }) {
  const causes = useQuery(failedQuery(days, "failure_kind"));
  if (causes.data === undefined) {
    return causes.error ? (
      <ProblemNotice error={causes.error} onRetry={() => void causes.refetch()} />
    ) : (
      <Loader aria-label="Loading" />
    );
  }
  return (
    <>
      <Stale of={[causes]} />
      {causes.data.items.length === 0
        ? nothing
        : causes.data.items.map((cause) => <CausePanel key={cause.causes[0]?.failure_kind} cause={cause} />)}
    </>
  );
}

function CausePanel({ cause }: { cause: FailuresOf }) {
  const operator = useCan("operator");
  const [what] = cause.causes;
  if (what === undefined) return null;
  // The sample holds all of them up to its size.
  const ids = cause.sample.length === cause.devices ? cause.sample.map((device) => device.device_id) : [];
  return (
    <section className="sr-panel" aria-labelledby={`cause-${what.failure_kind}`}>
      <Stack gap={8}>
        <div style={{ display: "flex", flexWrap: "wrap", justifyContent: "space-between", gap: 12 }}>
          <div>
            <h2 id={`cause-${what.failure_kind}`} style={{ fontSize: "1.1rem", margin: 0 }}>
              {failureWord(what.failure_kind)}: {plural(cause.failures, "failure")} on{" "}
              {plural(cause.devices, "device")}
            </h2>
            <Text size="sm" c="dimmed">
              First <Ago at={cause.first_at} />, last <Ago at={cause.last_at} />
            </Text>
          </div>
          {operator && ids.length > 0 && (
            <Button
              size="xs"
              variant="default"
              component={Link}
              to={`/collect?${ids.map((id) => `device=${id}`).join("&")}`}
            >
              Collect {ids.length === 1 ? "this device" : `these ${count(ids.length)}`} again
            </Button>
          )}
        </div>
        <Text size="sm">{what.hint}</Text>
        <FailingDevices of={cause} most={NAMES} />
      </Stack>
    </section>
  );
}

function kinds(row: FailuresOf) {
  const [first, ...rest] = row.causes;
  return (
    <span
      title={row.causes.map((each) => `${failureWord(each.failure_kind)} ${count(each.failures)}`).join("\n")}
    >
      {first && <FailureChip kind={first.failure_kind} />}
      {rest.length > 0 && <span className="sr-muted"> and {rest.length} more</span>}
    </span>
  );
}

function Groups({ days, by }: { days: number; by: "device" | "site" }) {
  const navigate = route.useNavigate();
  const failures = useQuery(failedQuery(days, by));
  if (failures.data === undefined) {
    return failures.error ? (
      <ProblemNotice error={failures.error} onRetry={() => void failures.refetch()} />
    ) : (
      <Loader aria-label="Loading" />
    );
  }
  const { items: rows, total } = failures.data;
  const device = by === "device";
  const columns: Column<FailuresOf>[] = [
    {
      key: "name",
      title: device ? "Device" : "Site",
      width: "minmax(110px, 0.9fr)",
      cell: (row) => <b>{device ? row.sample[0]?.device_name : row.sample[0]?.site || "no site"}</b>,
    },
    device
      ? {
          key: "site",
          title: "Site",
          width: "minmax(50px, 0.4fr)",
          from: "md",
          cell: (row) => row.sample[0]?.site,
        }
      : {
          key: "devices",
          title: "Devices",
          width: "84px",
          align: "right",
          cell: (row) => count(row.devices),
        },
    { key: "failures", title: "Failures", width: "66px", align: "right", cell: (row) => count(row.failures) },
    { key: "causes", title: "Cause", width: "minmax(218px, 1.2fr)", cell: kinds },
    {
      key: "message",
      title: "What happened last",
      width: "minmax(120px, 1.8fr)",
      from: "lg",
      cell: (row) => <span title={row.sample[0]?.message}>{row.sample[0]?.message}</span>,
    },
    {
      key: "first",
      title: "First",
      width: "114px",
      from: "md",
      cell: (row) => <Ago at={row.first_at} />,
    },
    { key: "last", title: "Last", width: "114px", from: "sm", cell: (row) => <Ago at={row.last_at} /> },
  ];
  return (
    <>
      <Stale of={[failures]} />
      {total > rows.length && (
        <Notice
          tone="idle"
          title={`Only the ${count(rows.length)} of ${count(total)} with the most failures are shown`}
        />
      )}
      <DataTable
        label={device ? "Devices that failed" : "Sites with failures"}
        columns={columns}
        rows={rows}
        rowKey={(row) => (device ? (row.sample[0]?.device_id ?? "") : (row.sample[0]?.site ?? ""))}
        onOpen={({ sample: [last] }) => {
          if (last === undefined) return;
          const { collection_id: id, device_id: deviceId, site } = last;
          if (device) void navigate({ to: "/collections/$id/devices/$deviceId", params: { id, deviceId } });
          else void navigate({ to: "/devices", search: site === "" ? {} : { site: [site] } });
        }}
        empty={<Empty title="Nothing failed in this time" />}
      />
    </>
  );
}
