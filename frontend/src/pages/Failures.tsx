import { Button, Group, Loader, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Fragment, useMemo } from "react";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { Page } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { FailureChip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { failureWord } from "../words";
import { type Cause, type Grouped, grouped } from "./failures";
import { causesQuery, failuresOfDaysQuery, type Looked } from "./recent";

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

function Bound({ looked }: { looked: Looked<unknown> }) {
  if (looked.bound === undefined) return null;
  return <Notice tone="idle" title={`Only ${looked.bound} were looked at`} />;
}

const nothing = (
  <div className="sr-panel">
    <Empty title="Nothing failed in this time">
      <Link to="/collections">All collections</Link>
    </Empty>
  </div>
);

function Causes({ days }: { days: number }) {
  const causes = useQuery(causesQuery(days));
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
      <Bound looked={causes.data} />
      {causes.data.found.length === 0
        ? nothing
        : causes.data.found.map((cause) => <CausePanel key={cause.kind} cause={cause} />)}
    </>
  );
}

/** `12 failures on 3 devices`; where the list of devices was cut, `on 1,000 devices or more`. */
function reach(cause: Cause): string {
  const devices = `${plural(cause.devices.length, "device")}${cause.more ? " or more" : ""}`;
  return `${plural(cause.failures, "failure")} on ${devices}`;
}

function CausePanel({ cause }: { cause: Cause }) {
  const operator = useCan("operator");
  const names = cause.devices.filter((device) => device.name !== "").slice(0, NAMES);
  const more = cause.devices.length - names.length;
  const ids = cause.devices.map((device) => device.id);
  return (
    <section className="sr-panel" aria-labelledby={`cause-${cause.kind}`}>
      <Stack gap={8}>
        <div style={{ display: "flex", flexWrap: "wrap", justifyContent: "space-between", gap: 12 }}>
          <div>
            <h2 id={`cause-${cause.kind}`} style={{ fontSize: "1.1rem", margin: 0 }}>
              {failureWord(cause.kind)}: {reach(cause)}
            </h2>
            <Text size="sm" c="dimmed">
              First <Ago at={cause.firstSeen} />, last <Ago at={cause.lastSeen} />
            </Text>
          </div>
          {operator && !cause.more && ids.length <= 100 && (
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
        <Text size="sm">{cause.hint}</Text>
        <Text size="sm" className="sr-any">
          {names.map((device, index) => (
            <Fragment key={device.id}>
              {index > 0 && ", "}
              <Link
                to="/collections/$id/devices/$deviceId"
                params={{ id: device.collectionId, deviceId: device.id }}
              >
                {device.name}
              </Link>
            </Fragment>
          ))}
          {more > 0 && ` and ${count(more)} more`}
        </Text>
      </Stack>
    </section>
  );
}

function kinds(row: Grouped) {
  const [first, ...rest] = row.kinds;
  return (
    <span title={row.kinds.map(({ kind, failures }) => `${failureWord(kind)} ${failures}`).join("\n")}>
      {first && <FailureChip kind={first.kind} />}
      {rest.length > 0 && <span className="sr-muted"> and {rest.length} more</span>}
    </span>
  );
}

function Groups({ days, by }: { days: number; by: "device" | "site" }) {
  const navigate = route.useNavigate();
  const failures = useQuery(failuresOfDaysQuery(days));
  const rows = useMemo(
    () =>
      grouped(failures.data?.found ?? [], ({ device }) =>
        by === "device" ? device.device_id : (device.site ?? ""),
      ),
    [failures.data, by],
  );
  if (failures.data === undefined) {
    return failures.error ? (
      <ProblemNotice error={failures.error} onRetry={() => void failures.refetch()} />
    ) : (
      <Loader aria-label="Loading" />
    );
  }
  const device = by === "device";
  const columns: Column<Grouped>[] = [
    {
      key: "name",
      title: device ? "Device" : "Site",
      width: "minmax(110px, 0.9fr)",
      cell: (row) => <b>{device ? row.last.device.device_name : row.key || "no site"}</b>,
    },
    device
      ? {
          key: "site",
          title: "Site",
          width: "minmax(50px, 0.4fr)",
          from: "md",
          cell: (row) => row.last.device.site,
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
      cell: (row) => <span title={row.last.device.message}>{row.last.device.message}</span>,
    },
    {
      key: "first",
      title: "First",
      width: "114px",
      from: "md",
      cell: (row) => <Ago at={row.firstSeen} />,
    },
    { key: "last", title: "Last", width: "114px", from: "sm", cell: (row) => <Ago at={row.lastSeen} /> },
  ];
  return (
    <>
      <Stale of={[failures]} />
      <Bound looked={failures.data} />
      <DataTable
        label={device ? "Devices that failed" : "Sites with failures"}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.key}
        onOpen={(row) =>
          device
            ? void navigate({
                to: "/collections/$id/devices/$deviceId",
                params: { id: row.last.collectionId, deviceId: row.key },
              })
            : void navigate({ to: "/devices", search: row.key === "" ? {} : { site: [row.key] } })
        }
        empty={<Empty title="Nothing failed in this time" />}
      />
    </>
  );
}
