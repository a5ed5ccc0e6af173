import { Button, Drawer, Group, Text, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { askBlob } from "../api/client";
import { useList } from "../api/lists";
import type { Path } from "../api/operations";
import { useCan } from "../app/role";
import { clean, stringifySearch, timeOf } from "../app/search";
import { dateTime, plural } from "../format";
import { saveAs } from "../ui/Copy";
import { type Column, DataTable } from "../ui/DataTable";
import { MoreDevices, useDevicesNamed } from "../ui/devicesNamed";
import { IconDown } from "../ui/icons";
import { Facts, Page } from "../ui/Page";
import { Empty, ProblemNotice } from "../ui/Problem";
import { TextFilter } from "../ui/TextFilter";
import { Ago } from "../ui/Time";
import { Cell, Labelled } from "./Cell";
import { READ } from "./read";
import "./tables.css";
import {
  EXAMPLES,
  FILTERS,
  type FieldName,
  type Filter,
  fieldWord,
  type Look,
  PATHS,
  queryOf,
  type Rows,
  rowId,
  type Slug,
  TABLES,
  type TableKind,
  type TableRow,
  tableOf,
} from "./tables";

const route = getRouteApi("/tables/$table");

/** One of the tables that captures are loaded into: what is true now, or was at a time. */
export function TablePage() {
  const { table: slug } = route.useParams();
  const table = tableOf(slug);
  if (table === undefined) {
    return (
      <Page title="There is no such table">
        <div className="sr-panel">
          <Empty
            title="Nothing is at this address"
            action={
              <Button component={Link} to="/tables/arp">
                See the ARP table
              </Button>
            }
          />
        </div>
      </Page>
    );
  }
  return <Table table={table} key={table.slug} />;
}

/** Rows in which a link to one is looked for. */
const MOST_LOOKED_AT = 1_000;

const keys = new WeakMap<object, string>();

/** Rows have no id of their own. The same row has the same key when it is read again, so that the cursor stays on it. */
function keyOf(row: TableRow): string {
  let key = keys.get(row);
  if (key === undefined) {
    key = `${rowId(row)} ${row.first_seen_at}`;
    keys.set(row, key);
  }
  return key;
}

function Table<Of extends Slug>({ table }: { table: TableKind<Of> }) {
  const operator = useCan("operator");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [all, setAll] = useState(false);
  const roomy = useMediaQuery("(min-width: 640px)", true);
  const { device_id } = search;
  const as_of = timeOf(search.as_of);
  const named = useDevicesNamed(search.device, device_id);
  const asked = queryOf(table.filters, search, named.query, as_of);
  const list = useList<Rows[Of]>({
    key: ["tables", table.slug, asked],
    read: (page) => READ[table.slug]({ ...asked, ...page }),
    enabled: named.ready,
  });
  const open = useMemo(
    () =>
      search.row === undefined ? undefined : list.rows.find((row) => keyOf(row).startsWith(`${search.row} `)),
    [list.rows, search.row],
  );
  const { more } = list;
  const looking =
    search.row !== undefined && open === undefined && !more.error && list.rows.length < MOST_LOOKED_AT;
  useEffect(() => {
    if (looking && more.has && !more.loading) more.load();
  }, [looking, more]);
  const save = useMutation({
    mutationFn: async () => {
      const path: Path = `${PATHS[table.slug]}.csv`;
      saveAs(await askBlob(`/api/v1${path}${stringifySearch({ ...asked })}`), path.slice(1));
    },
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const filtered = Object.keys(asked).length > 0 || search.device !== undefined;

  // A phone shows the ones in use and the first few; the rest are a touch away.
  const filters: readonly Filter[] = table.filters;
  const offered = roomy || all ? filters : filters.filter((name, at) => at < 3 || search[name]);

  const columns: Column<Rows[Of]>[] = [
    {
      key: "device",
      title: "Device",
      width: "minmax(110px, 1.1fr)",
      cell: (row) =>
        row.device_name === undefined ? (
          <span className="sr-muted">taken away</span>
        ) : (
          <Link to="/devices/$id" params={{ id: row.device_id }}>
            {row.device_name}
          </Link>
        ),
    },
    ...table.columns.map(
      (column): Column<Rows[Of]> => ({
        key: column.field,
        title: column.title,
        width: column.width,
        ...(column.from === undefined ? {} : { from: column.from }),
        ...(column.align === undefined ? {} : { align: column.align }),
        cell: (row) => (
          <Labelled title={column.title} value={row[column.field]} look={column.look} narrow={!roomy} />
        ),
      }),
    ),
    {
      key: "seen",
      title: "Last seen",
      width: "118px",
      from: "md",
      cell: (row) => <Ago at={row.last_seen_at} />,
    },
  ];

  return (
    <Page
      title={`${table.title}${as_of ? ` at ${dateTime(as_of)}` : ""}`}
      lead={list.total === undefined ? "What the devices say." : `${words(table.one, list.total)}.`}
      actions={
        <>
          <TextInput
            className="sr-as-of"
            label="As of"
            type="datetime-local"
            value={as_of ? localTime(as_of) : ""}
            onChange={(event) => {
              const at = new Date(event.currentTarget.value);
              change({ as_of: Number.isNaN(at.getTime()) ? "" : at.toISOString() });
            }}
          />
          <Button
            variant="default"
            leftSection={<IconDown size={15} />}
            loading={save.isPending}
            disabled={!named.ready}
            onClick={() => save.mutate()}
          >
            Export CSV
          </Button>
        </>
      }
    >
      <nav aria-label="Tables" className="sr-tabs">
        {TABLES.map((each) => (
          <Link
            key={each.slug}
            to="/tables/$table"
            params={{ table: each.slug }}
            // Who looks at one device, or at a time, goes on doing so in the next table.
            search={clean({ device: search.device, device_id, as_of })}
            aria-current={each.slug === table.slug ? "page" : undefined}
          >
            {each.title}
          </Link>
        ))}
      </nav>
      {save.error && <ProblemNotice error={save.error} />}
      <div className="sr-filters" data-many>
        {offered.map((name) => (
          <TextFilter
            key={name}
            label={FILTERS[name]}
            placeholder={EXAMPLES[name]}
            data-search={name === "device" || undefined}
            spellCheck={false}
            autoCapitalize="none"
            value={search[name]}
            onFilter={(value) => change({ [name]: value })}
          />
        ))}
        {!roomy && !all && (
          <Button variant="default" onClick={() => setAll(true)}>
            More filters
          </Button>
        )}
      </div>
      <MoreDevices more={named.more} />
      {filtered && (
        <Group gap="sm">
          {device_id && (
            <Text size="sm">
              Only of {list.rows[0]?.device_name ?? <span className="sr-mono">{device_id}</span>}.
            </Text>
          )}
          <Button size="xs" variant="default" onClick={() => void navigate({ search: {} })}>
            Clear filters
          </Button>
        </Group>
      )}
      <DataTable
        label={table.title}
        columns={columns}
        {...list}
        loading={list.loading || !named.ready}
        error={named.error ?? list.error}
        rowKey={keyOf}
        onOpen={(row) => change({ row: rowId(row) })}
        rowHeight={42}
        empty={
          filtered ? (
            <Empty title={as_of ? "Nothing was known then that matches" : "Nothing matches"} />
          ) : (
            <Empty
              title="This table is empty"
              action={
                operator && (
                  <Button variant="default" component={Link} to={`/collect?types=${table.captureType}`}>
                    Collect it
                  </Button>
                )
              }
            >
              It fills when a collection captures it and loads it into the database.
            </Empty>
          )
        }
      />
      <Drawer
        opened={open !== undefined}
        onClose={() => change({ row: "" })}
        position="right"
        size="lg"
        title={open === undefined ? "" : `${table.title} of ${open.device_name ?? "a device that is gone"}`}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {open && <Facts facts={factsOf(table.columns, open)} />}
      </Drawer>
    </Page>
  );
}

function words(one: string, total: number): string {
  return plural(total, one, one === "entry" ? "entries" : `${one}s`);
}

/** For a field of the browser, which knows no zones. */
function localTime(at: string): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const TIMES: ReadonlySet<string> = new Set<FieldName>(["first_seen_at", "last_seen_at", "closed_at"]);
const DURATIONS: ReadonlySet<string> = new Set<FieldName>(["age_seconds", "uptime_seconds"]);

type Looks = readonly { field: string; look?: Look }[];

function lookOf(columns: Looks, name: string): Look {
  if (DURATIONS.has(name)) return "duration";
  if (name.endsWith("_up")) return "state";
  return columns.find((column) => column.field === name)?.look === "kind" ? "kind" : "mono";
}

function factsOf(columns: Looks, row: TableRow) {
  return Object.entries(row)
    .filter(
      ([name, value]) =>
        name !== "device_id" && value !== "" && !(Array.isArray(value) && value.length === 0),
    )
    .map(([name, value]) => {
      if (name === "device_name") {
        const link = (
          <Link key={name} to="/devices/$id" params={{ id: row.device_id }}>
            {String(value)}
          </Link>
        );
        return [fieldWord(name), link] as const;
      }
      if (name === "capture_id") {
        const link = (
          <Link key={name} to="/captures/$id" params={{ id: row.capture_id }} search={{}}>
            The text it was first read from
          </Link>
        );
        return [fieldWord(name), link] as const;
      }
      const shown = TIMES.has(name) ? (
        <Ago key={name} at={String(value)} />
      ) : (
        <Cell key={name} value={value} look={lookOf(columns, name)} />
      );
      return [fieldWord(name), shown] as const;
    });
}
