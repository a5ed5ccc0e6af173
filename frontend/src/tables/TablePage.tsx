import { Button, Drawer, Group, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback, useMediaQuery } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { askBlob, askJson } from "../api/client";
import { useList } from "../api/lists";
import type { Page as ApiPage } from "../api/types";
import { clean, stringifySearch } from "../app/search";
import { dateTime, plural } from "../format";
import { saveAs } from "../ui/Copy";
import { type Column, DataTable } from "../ui/DataTable";
import { IconDown } from "../ui/icons";
import { Facts, Page } from "../ui/Page";
import { Empty, ProblemNotice } from "../ui/Problem";
import { Ago } from "../ui/Time";
import { Cell } from "./Cell";
import {
  EXAMPLES,
  FILTERS,
  type Filter,
  field,
  fieldWord,
  several,
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

const keys = new WeakMap<object, string>();
let made = 0;

/** Rows have no id of their own; one that was loaded stays the same object. */
function keyOf(row: TableRow): string {
  let key = keys.get(row);
  if (key === undefined) {
    made += 1;
    key = String(made);
    keys.set(row, key);
  }
  return key;
}

function Table({ table }: { table: TableKind }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [open, setOpen] = useState<TableRow>();
  const [all, setAll] = useState(false);
  const roomy = useMediaQuery("(min-width: 640px)", true);
  const { as_of, device_id } = search;
  const asked = useMemo(() => {
    const filters = table.filters.flatMap((name) => {
      const values = several(search[name] ?? "");
      return values.length === 0 ? [] : [[name, values] as const];
    });
    return clean({ ...Object.fromEntries(filters), device_id, as_of });
  }, [table, search, device_id, as_of]);
  const list = useList<TableRow>({
    key: ["tables", table.slug, asked],
    read: (page) =>
      askJson<ApiPage<TableRow>>(`/api/v1/${table.path}${stringifySearch({ ...asked, ...page })}`),
  });
  const save = useMutation({
    mutationFn: async () =>
      saveAs(await askBlob(`/api/v1/${table.path}.csv${stringifySearch(asked)}`), `${table.path}.csv`),
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const filtered = Object.keys(asked).length > 0;

  // A phone shows the ones in use and the first few; the rest are a touch away.
  const filters = roomy || all ? table.filters : table.filters.filter((name, at) => at < 3 || search[name]);

  const columns: Column<TableRow>[] = [
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
      (column): Column<TableRow> => ({
        key: column.field,
        title: column.title,
        width: column.width,
        ...(column.from === undefined ? {} : { from: column.from }),
        ...(column.align === undefined ? {} : { align: column.align }),
        cell: (row) => <Cell value={field(row, column.field)} look={column.look} />,
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
      lead={list.total === undefined ? "What the devices say." : `${words(table, list.total)}.`}
      actions={
        <Button
          variant="default"
          leftSection={<IconDown size={15} />}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          Export CSV
        </Button>
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
        {filters.map((name) => (
          <FilterText
            key={`${name} ${search[name] === undefined}`}
            name={name}
            first={name === "device"}
            value={search[name] ?? ""}
            onChange={(value) => change({ [name]: value })}
          />
        ))}
        {!roomy && !all && (
          <Button variant="default" onClick={() => setAll(true)}>
            More filters
          </Button>
        )}
        <TextInput
          label="As of"
          type="datetime-local"
          value={as_of ? localTime(as_of) : ""}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value);
            change({ as_of: Number.isNaN(at.getTime()) ? "" : at.toISOString() });
          }}
        />
      </div>
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
        rowKey={keyOf}
        onOpen={setOpen}
        rowHeight={42}
        empty={
          filtered ? (
            <Empty title={as_of ? "Nothing was known then that matches" : "Nothing matches"} />
          ) : (
            <Empty
              title="This table is empty"
              action={
                <Button variant="default" component={Link} to={`/collect?types=${table.captureType}`}>
                  Collect it
                </Button>
              }
            >
              It fills when a collection captures it and loads it into the database.
            </Empty>
          )
        }
      />
      <Drawer
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        position="right"
        size="lg"
        title={open === undefined ? "" : `${table.title} of ${open.device_name ?? "a device that is gone"}`}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {open && <Facts facts={factsOf(open)} />}
      </Drawer>
    </Page>
  );
}

function words(table: TableKind, total: number): string {
  return plural(total, table.one, table.one === "entry" ? "entries" : `${table.one}s`);
}

function FilterText(props: {
  name: Filter;
  first: boolean;
  value: string;
  onChange: (value: string) => void;
}) {
  const { name, first, value, onChange } = props;
  const set = useDebouncedCallback((text: string) => onChange(text.trim()), 350);
  return (
    <TextInput
      label={FILTERS[name]}
      placeholder={EXAMPLES[name]}
      data-search={first || undefined}
      spellCheck={false}
      autoCapitalize="none"
      defaultValue={value}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}

/** For a field of the browser, which knows no zones. */
function localTime(at: string): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const TIMES = new Set(["first_seen_at", "last_seen_at", "closed_at"]);
const DURATIONS = new Set(["age_seconds", "uptime_seconds"]);

function factsOf(row: TableRow) {
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
        <Cell
          key={name}
          value={value}
          look={DURATIONS.has(name) ? "duration" : name.endsWith("_up") ? "state" : "mono"}
        />
      );
      return [fieldWord(name), shown] as const;
    });
}
