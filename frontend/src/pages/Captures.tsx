import { Button, Group, MultiSelect, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { FiltersOf } from "../api/operations";
import { captureTypesQuery } from "../api/queries";
import type { Capture } from "../api/types";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { plural } from "../format";
import { captureColumns } from "../ui/captureColumns";
import { type Column, DataTable } from "../ui/DataTable";
import { MoreDevices, useDevicesNamed } from "../ui/devicesNamed";
import { IconSearch } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty } from "../ui/Problem";
import { TextFilter } from "../ui/TextFilter";
import { Ago } from "../ui/Time";
import { VERDICTS, verdictWord } from "../words";

const route = getRouteApi("/captures");

const columns: Column<Capture>[] = [
  ...captureColumns,
  {
    key: "current",
    title: "",
    label: "Last good",
    width: "84px",
    from: "lg",
    cell: (each) => each.current && <span className="sr-muted">last good</span>,
  },
  { key: "at", title: "When", width: "126px", from: "sm", cell: (each) => <Ago at={each.captured_at} /> },
];

export function Captures() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const operator = useCan("operator");
  const types = useQuery(captureTypesQuery);
  // What people look for is nearly always the last good text; the history is one switch away.
  const current = search.current !== "all";
  const { device, capture_type, verdict } = search;
  const named = useDevicesNamed(device);
  const asked = clean<FiltersOf<"/captures">>({
    device: named.query.device,
    device_id: named.query.device_id,
    capture_type,
    verdict,
    current: current ? true : undefined,
  });
  const list = useList<Capture>({
    key: ["captures", "list", asked],
    read: (page) => ask(api.GET("/captures", { params: { query: { ...asked, ...page } } })),
    enabled: named.ready,
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const filtered = Object.keys(search).length > 0;
  return (
    <Page
      title="Captures"
      lead={!list.total ? "The texts that were captured." : `${plural(list.total, "text")}, newest first.`}
    >
      <Group gap="sm" align="flex-end" className="sr-few">
        <TextFilter
          label="Device name"
          placeholder="Part of a name"
          leftSection={<IconSearch size={15} />}
          data-search
          value={device}
          onFilter={(value) => change({ device: value })}
        />
        <MultiSelect
          label="Capture type"
          placeholder={capture_type ? "" : "Any"}
          clearable
          searchable
          data={(types.data ?? []).map((type) => ({ value: type.name, label: type.title }))}
          value={capture_type ?? []}
          onChange={(value) => change({ capture_type: value })}
          style={{ minWidth: 190 }}
        />
        <MultiSelect
          label="Verdict"
          placeholder={verdict ? "" : "Any"}
          clearable
          data={VERDICTS.map((value) => ({ value, label: verdictWord(value).text }))}
          value={verdict ?? []}
          onChange={(value) => change({ verdict: value })}
          style={{ minWidth: 170 }}
        />
        <Switch
          label="Last good texts only"
          checked={current}
          onChange={(event) => change({ current: event.currentTarget.checked ? "" : "all" })}
          pb={8}
        />
      </Group>
      <MoreDevices more={named.more} />
      <DataTable
        label="Captures"
        columns={current ? columns.filter((column) => column.key !== "current") : columns}
        {...list}
        loading={list.loading || !named.ready}
        error={named.error ?? list.error}
        rowKey={(each) => each.id}
        onOpen={(each) => void navigate({ to: "/captures/$id", params: { id: each.id }, search: {} })}
        empty={
          filtered ? (
            <Empty
              title="No text matches"
              action={
                <Button variant="default" onClick={() => void navigate({ search: {} })}>
                  Clear filters
                </Button>
              }
            />
          ) : (
            <Empty
              title="Nothing was captured yet"
              action={
                operator && (
                  <Button variant="default" component={Link} to="/collect">
                    New collection
                  </Button>
                )
              }
            >
              Texts appear here as soon as a collection records them.
            </Empty>
          )
        }
      />
    </Page>
  );
}
