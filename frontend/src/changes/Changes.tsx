import { Button, Group, MultiSelect, TextInput } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { FiltersOf } from "../api/operations";
import type { ConfigChange } from "../api/types";
import { clean } from "../app/search";
import { plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { MoreDevices, useDevicesNamed } from "../ui/devicesNamed";
import { FacetFilters } from "../ui/FacetFilters";
import { Filters } from "../ui/Filters";
import { IconSearch } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty } from "../ui/Problem";
import { SeverityChip } from "../ui/Status";
import { TextFilter } from "../ui/TextFilter";
import { Ago } from "../ui/Time";
import { SEVERITIES, severityWord } from "../words";
import { LinesChanged } from "./LinesChanged";

const route = getRouteApi("/changes");

const columns: Column<ConfigChange>[] = [
  {
    key: "severity",
    title: "Severity",
    width: "112px",
    cell: (each) => <SeverityChip severity={each.severity} />,
  },
  { key: "device", title: "Device", width: "minmax(110px, 1fr)", cell: (each) => <b>{each.device_name}</b> },
  {
    key: "lines",
    title: "Lines",
    width: "98px",
    cell: (each) => <LinesChanged change={each} />,
  },
  {
    key: "sections",
    title: "Where",
    width: "minmax(140px, 2.4fr)",
    cell: (each) => (
      <span className="sr-mono" title={each.sections.join("\n")}>
        {each.sections.join(", ") || each.message}
      </span>
    ),
  },
  {
    key: "platform",
    title: "Platform",
    width: "minmax(96px, 0.7fr)",
    from: "lg",
    cell: (each) => each.platform,
  },
  { key: "at", title: "When", width: "126px", from: "sm", cell: (each) => <Ago at={each.changed_at} /> },
];

/** Every difference between a configuration and the one before it, over the whole network. */
export function Changes() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { since, until, q, device, device_id, collection_id, severity, site, platform } = search;
  const named = useDevicesNamed(device, device_id);
  const asked = clean<FiltersOf<"/config-changes">>({
    q,
    severity,
    site,
    platform,
    device: named.query.device,
    device_id: named.query.device_id,
    collection_id: collection_id ? [collection_id] : undefined,
    since: since ? dayOf(since, 0) : undefined,
    until: until ? dayOf(until, 1) : undefined,
  });
  const list = useList<ConfigChange>({
    key: ["changes", "list", asked],
    read: (page) => ask(api.GET("/config-changes", { params: { query: { ...asked, ...page } } })),
    enabled: named.ready,
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const filtered = Object.keys(search).length > 0;
  return (
    <Page
      title="Changes"
      lead={
        !list.total
          ? "Configurations that became different, newest first."
          : `${plural(list.total, "change")} of configurations, newest first.`
      }
      actions={
        <Button variant="default" component={Link} to="/changes/rules">
          Ignored lines
        </Button>
      }
    >
      <Filters
        wide
        moreInUse={[device, search.site, search.platform, since, until].some(Boolean)}
        more={
          <>
            <TextFilter
              label="Device"
              placeholder="Part of a name"
              value={device}
              onFilter={(value) => change({ device: value })}
            />
            <FacetFilters names={["site", "platform"]} chosen={search} onChange={change} />
            <TextInput
              label="From"
              type="date"
              value={since ?? ""}
              onChange={(event) => change({ since: event.currentTarget.value })}
            />
            <TextInput
              label="To"
              type="date"
              value={until ?? ""}
              onChange={(event) => change({ until: event.currentTarget.value })}
            />
          </>
        }
      >
        <TextFilter
          label="Device or section"
          placeholder="interface Vlan10"
          leftSection={<IconSearch size={15} />}
          data-search
          value={q}
          onFilter={(value) => change({ q: value })}
        />
        <MultiSelect
          label="Severity"
          placeholder={search.severity ? "" : "Any"}
          clearable
          data={SEVERITIES.map((value) => ({ value, label: severityWord(value).text }))}
          value={search.severity ?? []}
          onChange={(severity) => change({ severity })}
        />
      </Filters>
      <MoreDevices more={named.more} />
      {filtered && (
        <Group>
          <Button size="xs" variant="default" onClick={() => void navigate({ search: {} })}>
            Clear filters
          </Button>
        </Group>
      )}
      <DataTable
        label="Changes"
        columns={columns}
        {...list}
        loading={list.loading || !named.ready}
        error={named.error ?? list.error}
        rowKey={(each) => each.id}
        onOpen={(each) => void navigate({ to: "/changes/$id", params: { id: each.id } })}
        empty={
          filtered ? (
            <Empty title="No change matches" />
          ) : (
            <Empty title="Nothing changed yet">
              When a configuration is collected that is not the same as before, the difference stands here.
            </Empty>
          )
        }
      />
    </Page>
  );
}

/** The beginning of a day of the reader's calendar, or of the next one. */
function dayOf(date: string, later: number): string | undefined {
  const at = new Date(`${date}T00:00:00`);
  at.setDate(at.getDate() + later);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
