import { Group, Loader, Select, Stack, Switch, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { collectionQuery } from "../api/queries";
import type { Collection, CollectionComparison, ComparedDevice, ComparedRun, Difference } from "../api/types";
import { clean } from "../app/search";
import { count, dateTime, duration, plural } from "../format";
import { useTypeTitle } from "../ui/captureTypes";
import { type Column, DataTable } from "../ui/DataTable";
import { IconChange } from "../ui/icons";
import { Figures } from "../ui/Page";
import { Empty, ProblemNotice, Stale } from "../ui/Problem";
import { Chip, StatusChip } from "../ui/Status";
import { nameOf, type Word } from "../words";

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

/** All but what is the same. */
const DIFFERENT: Difference[] = ["failed_now", "still_failing", "recovered", "changed", "added", "missing"];

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
  if (collection.finished_at === undefined) {
    return <Empty title="Compare it with another one when it has ended" />;
  }
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

/** Page by page from the server, which has compared all of both. */
function useComparison(id: string, other: string, same: boolean) {
  return useInfiniteQuery({
    queryKey: ["collections", id, "comparison", other, same],
    queryFn: ({ pageParam }: { pageParam: string | undefined }) => {
      const query = {
        with: other,
        limit: 200,
        ...(same ? {} : { difference: DIFFERENT }),
        ...(pageParam === undefined ? {} : { page_token: pageParam }),
      };
      return ask(api.GET("/collections/{id}/comparison", { params: { path: { id }, query } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: CollectionComparison) => page.next_page_token,
    // What has ended stays as it is.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function Beside({ collection, other }: { collection: Collection; other: Collection }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const titleOf = useTypeTitle();
  const same = search.same !== undefined;
  const compared = useComparison(collection.id, other.id, same);
  const [first] = compared.data?.pages ?? [];
  if (first === undefined) {
    return compared.error ? (
      <ProblemNotice error={compared.error} onRetry={() => void compared.refetch()} />
    ) : (
      <Loader aria-label="Comparing" />
    );
  }
  const rows = compared.data?.pages.flatMap((page) => page.items) ?? [];
  const { counts } = first;
  const columns: Column<ComparedDevice>[] = [
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
    { key: "name", title: "Device", width: "minmax(110px, 1.2fr)", cell: (row) => <b>{row.device_name}</b> },
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
      <Figures
        label="Differences"
        figures={[
          { name: "Fail now", value: count(counts.failed_now), tone: "bad" },
          { name: "Still fail", value: count(counts.still_failing), tone: "warn" },
          { name: "Recovered", value: count(counts.recovered), tone: "good" },
          {
            name: "Texts changed",
            value: count(first.texts_changed),
            note: `of ${plural(counts.changed, "device")} that succeeded`,
          },
          { name: "Same", value: count(counts.same) },
        ]}
      />
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
        rows={rows}
        rowKey={(row) => row.device_id}
        more={{
          has: compared.hasNextPage,
          loading: compared.isFetchingNextPage,
          load: () => void compared.fetchNextPage(),
          error: compared.isFetchNextPageError ? compared.error : undefined,
        }}
        onOpen={(row) =>
          void navigate({
            to: "/collections/$id/devices/$deviceId",
            params: { id: row.now ? collection.id : other.id, deviceId: row.device_id },
          })
        }
        empty={<Empty title="Nothing is different" />}
      />
    </Stack>
  );
}

function took(row: ComparedRun | undefined): string {
  return row?.duration_ms === undefined ? "–" : duration(row.duration_ms / 1000);
}
