import { Group, Loader, Select, Stack, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, ask } from "../api/client";
import { collectionQuery } from "../api/queries";
import type { Capture, Collection, CollectionDevice } from "../api/types";
import { clean } from "../app/search";
import { count, dateTime, duration, plural } from "../format";
import { useTypeTitle } from "../ui/captureTypes";
import { type Column, DataTable } from "../ui/DataTable";
import { IconChange } from "../ui/icons";
import { Figures } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { Chip, StatusChip } from "../ui/Status";
import { nameOf, type Word } from "../words";
import { type Compared, compare, type Difference } from "./compare";

const route = getRouteApi("/collections/$id");

const WORDS: Record<Difference, Word> = {
  failed_now: { text: "Fails now", tone: "bad" },
  still_failing: { text: "Still fails", tone: "warn" },
  recovered: { text: "Recovered", tone: "good" },
  changed: { text: "Changed", tone: "busy" },
  added: { text: "Only here", tone: "idle" },
  missing: { text: "Only there", tone: "idle" },
  same: { text: "Same", tone: "idle" },
};

/** More texts than that are compared by their devices alone. */
const MOST_CAPTURES = 20_000;

/** This collection beside another one: what fails now, what recovered, whose texts changed. */
export function CompareTab({ collection }: { collection: Collection }) {
  const { id } = collection;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const others = useQuery({
    queryKey: ["collections", "others", id],
    queryFn: async () =>
      (await ask(api.GET("/collections", { params: { query: { limit: 100 } } }))).items.filter(
        (each) => each.id !== id && each.finished_at !== undefined,
      ),
  });
  const chosen = search.with ?? collection.retry_of ?? previous(collection, others.data);
  const other = useQuery({ ...collectionQuery(chosen ?? ""), enabled: chosen !== undefined });
  const choices = [...(others.data ?? [])];
  if (other.data && !choices.some((each) => each.id === other.data.id)) choices.unshift(other.data);
  if (others.data === undefined) {
    return others.error ? (
      <ProblemNotice error={others.error} onRetry={() => void others.refetch()} />
    ) : (
      <Loader aria-label="Loading" />
    );
  }
  return (
    <Stack>
      <Select
        label="Compare with"
        placeholder="Choose a collection"
        searchable
        maw={460}
        data={choices.map((each) => ({
          value: each.id,
          label: `${nameOf(each)}, ${dateTime(each.created_at)}`,
        }))}
        value={chosen ?? null}
        onChange={(value) =>
          void navigate({ search: (before) => clean({ ...before, with: value ?? "" }), replace: true })
        }
        nothingFoundMessage="Nothing found"
      />
      <Stale of={[others, other]} />
      {other.error && !other.data ? (
        <ProblemNotice error={other.error} />
      ) : chosen === undefined ? (
        <Empty title="There is no other collection yet">
          Run the same collection again, and see here what became different.
        </Empty>
      ) : other.data === undefined ? (
        <Loader aria-label="Loading" />
      ) : (
        <Beside collection={collection} other={other.data} />
      )}
    </Stack>
  );
}

/** The newest one before this that captured the same; for the first of all, one after it. */
function previous(collection: Collection, others: readonly Collection[] | undefined): string | undefined {
  const before = (others ?? []).filter((each) => each.created_at < collection.created_at);
  const types = [...collection.capture_types].sort().join();
  const alike = (each: Collection) => [...each.capture_types].sort().join() === types;
  return (before.find(alike) ?? before[0] ?? others?.findLast(alike))?.id;
}

async function all<Item>(
  read: (token: string | undefined) => Promise<{ items: Item[]; next_page_token?: string }>,
  most = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const items: Item[] = [];
  let token: string | undefined;
  do {
    const page = await read(token);
    items.push(...page.items);
    token = page.next_page_token;
  } while (token !== undefined && items.length < most);
  return items;
}

function wholeOf(id: string) {
  const query = (token: string | undefined) => ({ limit: 500, ...(token ? { page_token: token } : {}) });
  return {
    queryKey: ["collections", id, "whole"],
    queryFn: async (): Promise<{ devices: CollectionDevice[]; captures: Capture[] }> => {
      const devices = await all<CollectionDevice>((token) =>
        ask(api.GET("/collections/{id}/devices", { params: { path: { id }, query: query(token) } })),
      );
      const captures = await all<Capture>(
        (token) =>
          ask(api.GET("/collections/{id}/captures", { params: { path: { id }, query: query(token) } })),
        MOST_CAPTURES,
      );
      return { devices, captures };
    },
    staleTime: 60_000,
  };
}

function Beside({ collection, other }: { collection: Collection; other: Collection }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const titleOf = useTypeTitle();
  const same = search.same !== undefined;
  const now = useQuery(wholeOf(collection.id));
  const before = useQuery(wholeOf(other.id));
  const rows = useMemo(
    () => (now.data && before.data ? compare(before.data, now.data) : undefined),
    [now.data, before.data],
  );
  if (rows === undefined) {
    const error = now.error ?? before.error;
    return error ? <ProblemNotice error={error} /> : <Loader aria-label="Comparing" />;
  }
  const number = (difference: Difference) =>
    count(rows.filter((row) => row.difference === difference).length);
  const texts = rows.reduce((sum, row) => sum + row.changed.length, 0);
  const shown = same ? rows : rows.filter((row) => row.difference !== "same");
  const columns: Column<Compared>[] = [
    {
      key: "difference",
      title: "Difference",
      width: "128px",
      cell: (row) => (
        <Chip
          word={WORDS[row.difference]}
          icon={row.difference === "changed" ? <IconChange size={15} /> : undefined}
        />
      ),
    },
    { key: "name", title: "Device", width: "minmax(110px, 1.2fr)", cell: (row) => <b>{row.name}</b> },
    {
      key: "before",
      title: dateTime(other.created_at),
      width: "minmax(120px, 1fr)",
      from: "sm",
      cell: (row) => row.before && <StatusChip status={row.before.status} bare />,
    },
    {
      key: "now",
      title: "This one",
      width: "minmax(120px, 1fr)",
      from: "sm",
      cell: (row) => row.now && <StatusChip status={row.now.status} bare />,
    },
    {
      key: "what",
      title: "What is different",
      width: "minmax(130px, 2fr)",
      cell: (row) =>
        row.changed.length > 0
          ? `${row.changed.map(titleOf).join(", ")} changed`
          : (row.now ?? row.before)?.message,
    },
    {
      key: "time",
      title: "Time",
      width: "130px",
      align: "right",
      from: "lg",
      cell: (row) => [row.before, row.now].map(took).join(" → "),
    },
  ];
  return (
    <Stack>
      <Stale of={[now, before]} />
      <Figures
        label="Differences"
        figures={[
          { name: "Fail now", value: number("failed_now"), tone: "bad" },
          { name: "Still fail", value: number("still_failing"), tone: "warn" },
          { name: "Recovered", value: number("recovered"), tone: "good" },
          {
            name: "Texts changed",
            value: count(texts),
            note: `of ${number("changed")} devices that succeeded`,
          },
          { name: "Same", value: number("same") },
        ]}
      />
      {Math.max(now.data?.captures.length ?? 0, before.data?.captures.length ?? 0) >= MOST_CAPTURES && (
        <Notice tone="warn" title={`Only the first ${plural(MOST_CAPTURES, "text")} of each were compared`}>
          <Text size="sm">Devices whose texts come after them stand under what is the same.</Text>
        </Notice>
      )}
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          With{" "}
          <Link to="/collections/$id" params={{ id: other.id }} search={{}}>
            {nameOf(other)}
          </Link>
          , {dateTime(other.created_at)}
        </Text>
        <Switch
          label="Also what is the same"
          checked={same}
          onChange={(event) => {
            const { checked } = event.currentTarget;
            void navigate({
              search: (before) => clean({ ...before, same: checked ? "yes" : "" }),
              replace: true,
            });
          }}
        />
      </Group>
      <DataTable
        label="Devices of both collections"
        columns={columns}
        rows={shown}
        rowKey={(row) => row.id}
        onOpen={(row) =>
          void navigate({
            to: "/collections/$id/devices/$deviceId",
            params: { id: row.now ? collection.id : other.id, deviceId: row.id },
          })
        }
        empty={<Empty title="Nothing is different" />}
      />
    </Stack>
  );
}

function took(row: CollectionDevice | undefined): string {
  return row?.duration_ms === undefined ? "–" : duration(row.duration_ms / 1000);
}
