import { Button, Group, MultiSelect, TagsInput } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { FiltersOf } from "../api/operations";
import type { Collection } from "../api/types";
import { useCan, useMe } from "../app/role";
import { clean } from "../app/search";
import { count, duration, plural } from "../format";
import { TypeTitles } from "../ui/captureTypes";
import { type Column, DataTable } from "../ui/DataTable";
import { IconRetry, IconSearch } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty } from "../ui/Problem";
import { StatusChip } from "../ui/Status";
import { TextFilter } from "../ui/TextFilter";
import { Ago } from "../ui/Time";
import { ProgressBar } from "../wizard/ProgressBar";
import { COLLECTION_STATUSES, nameOf, statusWord } from "../words";

const route = getRouteApi("/collections");

const columns: Column<Collection>[] = [
  { key: "status", title: "Status", width: "108px", cell: (each) => <StatusChip status={each.status} /> },
  {
    key: "name",
    title: "Collection",
    width: "minmax(150px, 3fr)",
    cell: (each) => (
      <Link title={nameOf(each)} to="/collections/$id" params={{ id: each.id }} search={{}}>
        {each.retry_of && (
          <span className="sr-before" title="Retry of an earlier collection">
            <IconRetry size={13} />
          </span>
        )}
        {nameOf(each)}
      </Link>
    ),
  },
  {
    key: "types",
    title: "Captures",
    width: "minmax(124px, 0.6fr)",
    from: "lg",
    cell: (each) => <TypeTitles slugs={each.capture_types} most={1} />,
  },
  {
    key: "devices",
    title: "Devices",
    width: "minmax(70px, 0.7fr)",
    from: "sm",
    cell: (each) => (
      <div>
        <ProgressBar counts={each.counts} percent={each.progress} label={`Progress of ${nameOf(each)}`} />
      </div>
    ),
  },
  {
    key: "counts",
    title: "OK / failed",
    width: "86px",
    align: "right",
    cell: (each) => {
      const { succeeded, partially_succeeded, failed, cancelled } = each.counts;
      return (
        <>
          <span className="sr-phone">OK / failed </span>
          {`${count(succeeded)} / ${count(partially_succeeded + failed + cancelled)}`}
        </>
      );
    },
  },
  {
    key: "time",
    title: "Time",
    width: "66px",
    align: "right",
    from: "md",
    cell: (each) => (each.execution_time_seconds === undefined ? "" : duration(each.execution_time_seconds)),
  },
  { key: "by", title: "By", width: "minmax(64px, 0.5fr)", from: "lg", cell: (each) => each.created_by },
  { key: "at", title: "Started", width: "128px", from: "sm", cell: (each) => <Ago at={each.created_at} /> },
];

export function Collections() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const operator = useCan("operator");
  const { q, status, created_by } = search;
  const asked = clean<FiltersOf<"/collections">>({ q, status, created_by });
  const list = useList<Collection>({
    key: ["collections", "list", asked],
    read: (page) => ask(api.GET("/collections", { params: { query: { ...asked, ...page } } })),
    refetchInterval: 10_000,
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const me = useMe();
  const people = [...new Set([me.username, ...list.rows.map((each) => each.created_by)])];
  const filtered = Object.keys(search).length > 0;

  return (
    <Page
      title="Collections"
      lead={!list.total ? "Every run, newest first." : `${plural(list.total, "collection")}, newest first.`}
    >
      <Group gap="sm" align="flex-end" className="sr-few">
        <TextFilter
          label="Name"
          leftSection={<IconSearch size={15} />}
          data-search
          value={search.q}
          onFilter={(q) => change({ q })}
        />
        <MultiSelect
          label="Status"
          placeholder={search.status ? "" : "Any"}
          clearable
          data={COLLECTION_STATUSES.map((status) => ({ value: status, label: statusWord(status).text }))}
          value={search.status ?? []}
          onChange={(status) => change({ status })}
          style={{ minWidth: 200 }}
        />
        <TagsInput
          label="Started by"
          placeholder={search.created_by ? "" : "Anybody"}
          clearable
          data={people}
          value={search.created_by ?? []}
          onChange={(created_by) => change({ created_by })}
          style={{ minWidth: 200 }}
        />
      </Group>
      <DataTable
        label="Collections"
        columns={columns}
        {...list}
        rowKey={(each) => each.id}
        onOpen={(each) => void navigate({ to: "/collections/$id", params: { id: each.id }, search: {} })}
        empty={
          filtered ? (
            <Empty
              title="No collection matches"
              action={
                <Button variant="default" onClick={() => void navigate({ search: {} })}>
                  Clear filters
                </Button>
              }
            />
          ) : (
            <Empty
              title="Nothing was collected yet"
              action={
                operator && (
                  <Button component={Link} to="/collect">
                    New collection
                  </Button>
                )
              }
            >
              Each collection stays here with its devices, texts and failures.
            </Empty>
          )
        }
      />
    </Page>
  );
}
