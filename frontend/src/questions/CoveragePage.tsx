import { Button, Group, Loader, NumberInput, Select, Table, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import { type FiltersOf, wordsOf } from "../api/operations";
import { captureTypesQuery } from "../api/queries";
import type { CoverageCounts, CoverageState, DeviceCoverage, TypeCoverage } from "../api/types";
import { useCan } from "../app/role";
import { clean, oneOf, wholeOf } from "../app/search";
import { bothTimes, count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { FacetFilters } from "../ui/FacetFilters";
import { Figures, Page, Panel } from "../ui/Page";
import { Empty, ProblemNotice, Stale } from "../ui/Problem";
import { Scroll } from "../ui/Scroll";
import { CoverageIcon } from "../ui/Status";
import "./questions.css";
import { coverageWord, failureWord } from "../words";

const route = getRouteApi("/coverage");

const STATES = wordsOf<CoverageState>()("fresh", "stale", "failing", "never", "not_supported");

/** The most hours that the API takes for stale. */
const MOST_HOURS = 87_600;

/** Which device has which capture type fresh, stale, failing or never. */
export function CoveragePage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const operator = useCan("operator");
  const types = useQuery(captureTypesQuery);
  const { site, platform, role } = search;
  const state = oneOf(STATES, search.state);
  const hours = wholeOf(search.hours, 1, MOST_HOURS);
  const query = clean<FiltersOf<"/coverage">>({ site, platform, role, stale_after_hours: hours });
  const coverage = useQuery({
    queryKey: ["coverage", "all", query],
    queryFn: () => ask(api.GET("/coverage", { params: { query } })),
  });
  const list = useList<DeviceCoverage>({
    key: ["coverage", "devices", query, state],
    read: ({ include_total: _, ...page }) =>
      ask(
        api.GET("/coverage/devices", {
          params: { query: { ...query, ...page, ...(state ? { state } : {}) } },
        }),
      ),
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const data = coverage.data;
  const names = new Map(types.data?.map((type) => [type.name, type.title]));
  const shown = data?.types.map((type) => type.capture_type) ?? [];
  const columns: Column<DeviceCoverage>[] = [
    {
      key: "device",
      title: "Device",
      width: "minmax(120px, 1.4fr)",
      cell: (row) => (
        <Link to="/devices/$id" params={{ id: row.device_id }}>
          {row.device_name}
        </Link>
      ),
    },
    { key: "site", title: "Site", width: "minmax(60px, 0.7fr)", from: "md", cell: (row) => row.site },
    ...shown.map(
      (type): Column<DeviceCoverage> => ({
        key: type,
        title: <span className="sr-head-words">{names.get(type) ?? type}</span>,
        width: "minmax(44px, 86px)",
        cell: (row) => (
          <>
            <span className="sr-phone">{names.get(type) ?? type} </span>
            <Cell of={row.types.find((each) => each.capture_type === type)} type={names.get(type) ?? type} />
          </>
        ),
      }),
    ),
  ];
  return (
    <Page
      title="Coverage"
      lead={
        data
          ? `${plural(data.devices, "device")}; stale is what is older than ${plural(data.stale_after_hours, "hour")}.`
          : "What is collected of which device."
      }
    >
      <div className="sr-filters">
        <FacetFilters names={["site", "platform", "role"]} chosen={search} onChange={change} />
        <Select
          label="Devices with"
          placeholder="Any state"
          clearable
          data={STATES.map((value) => ({ value, label: coverageWord(value).text }))}
          value={state ?? null}
          onChange={(value) => change({ state: value ?? "" })}
        />
        <NumberInput
          label="Stale after, hours"
          min={1}
          max={MOST_HOURS}
          allowDecimal={false}
          placeholder={String(data?.stale_after_hours ?? 26)}
          value={hours ?? ""}
          onChange={(value) =>
            change({ hours: typeof value === "number" && value >= 1 ? String(value) : "" })
          }
        />
      </div>
      {data === undefined ? (
        coverage.error ? (
          <ProblemNotice error={coverage.error} onRetry={() => void coverage.refetch()} />
        ) : (
          <Loader aria-label="Loading" />
        )
      ) : (
        <>
          <Stale of={[coverage]} />
          <Figures
            label="Coverage of all devices and types"
            figures={STATES.map((each) => ({
              name: coverageWord(each).text,
              value: count(data.counts[each]),
              icon: <CoverageIcon state={each} />,
              tone: coverageWord(each).tone,
            }))}
          />
          <Panel title="By capture type">
            <Bars
              first="Capture type"
              rows={data.types.map((each) => ({
                key: each.capture_type,
                name: names.get(each.capture_type) ?? each.capture_type,
                counts: each.counts,
              }))}
            />
          </Panel>
          {data.sites.length > 1 && (
            <Panel title="By site">
              <Bars
                first="Site"
                rows={data.sites.map((each) => ({
                  key: each.site,
                  name: each.site || "no site",
                  counts: each.counts,
                }))}
              />
            </Panel>
          )}
        </>
      )}
      {operator &&
        state !== undefined &&
        list.rows.length > 0 &&
        list.rows.length <= 100 &&
        !list.more.has && (
          <Group>
            <Button
              size="xs"
              onClick={() =>
                void navigate({
                  to: "/collect",
                  search: { device: list.rows.map((row) => row.device_id), types: typesIn(list.rows, state) },
                })
              }
            >
              Collect what is missing of{" "}
              {list.rows.length === 1 ? "this device" : `these ${count(list.rows.length)}`}
            </Button>
          </Group>
        )}
      <DataTable
        label="Coverage of each device"
        columns={columns}
        {...list}
        rowKey={(row) => row.device_id}
        empty={<Empty title={state === undefined ? "There is no device" : "No device is in this state"} />}
      />
    </Page>
  );
}

function typesIn(rows: readonly DeviceCoverage[], state: string): string[] {
  return [
    ...new Set(
      rows.flatMap((row) =>
        row.types.filter((each) => each.state === state).map((each) => each.capture_type),
      ),
    ),
  ];
}

function Cell({ of, type }: { of: TypeCoverage | undefined; type: string }) {
  if (of === undefined) return null;
  const word = coverageWord(of.state);
  const label = [
    `${type}: ${word.text.toLowerCase()}`,
    of.last_good_at && `last good ${bothTimes(of.last_good_at)}`,
    of.message ?? (of.failure_kind && failureWord(of.failure_kind)),
  ]
    .filter(Boolean)
    .join(", ");
  const mark = (
    <span className="sr-matrix-cell" data-tone={word.tone} role="img" aria-label={label}>
      <CoverageIcon state={of.state} size={16} />
    </span>
  );
  return (
    <Tooltip label={label} multiline maw={360}>
      {of.last_good_capture_id ? (
        <Link to="/captures/$id" params={{ id: of.last_good_capture_id }} search={{}}>
          {mark}
        </Link>
      ) : (
        mark
      )}
    </Tooltip>
  );
}

function Bars({
  first,
  rows,
}: {
  first: string;
  rows: { key: string; name: string; counts: CoverageCounts }[];
}) {
  return (
    <Scroll label={`Coverage by ${first.toLowerCase()}`}>
      <Table verticalSpacing={6} miw={480}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={150}>{first}</Table.Th>
            <Table.Th>Share</Table.Th>
            {STATES.slice(0, 4).map((state) => (
              <Table.Th key={state} ta="right" w={80}>
                {coverageWord(state).text}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.key}>
              <Table.Th scope="row" fw={500}>
                {row.name}
              </Table.Th>
              <Table.Td>
                <span className="sr-bar" aria-hidden="true">
                  {STATES.slice(0, 4).map((state) => (
                    <span
                      key={state}
                      data-tone={coverageWord(state).tone}
                      style={{ flexGrow: row.counts[state] }}
                    />
                  ))}
                </span>
              </Table.Td>
              {STATES.slice(0, 4).map((state) => (
                <Table.Td key={state} ta="right">
                  {row.counts[state] === 0 ? <span className="sr-muted">0</span> : count(row.counts[state])}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scroll>
  );
}
