import { Button, Checkbox, Group, MultiSelect, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import { deviceTotalQuery, facetsQuery, queryClient } from "../api/queries";
import type { Device, Facet } from "../api/types";
import { clean } from "../app/search";
import { count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { IconRefresh, IconSearch } from "../ui/icons";
import { Panel } from "../ui/Page";
import { Empty } from "../ui/Problem";
import { TextFilter } from "../ui/TextFilter";
import { Ago } from "../ui/Time";
import { LostDevices } from "./LostDevices";
import { useFilters, useSelection } from "./useSelection";

const route = getRouteApi("/collect");

function options(facets: Facet[] | undefined) {
  return (facets ?? [])
    .filter((facet) => facet.value !== "")
    .map((facet) => ({ value: facet.value, label: `${facet.value} (${count(facet.count)})` }));
}

export function DevicePicker({ chosen }: { chosen: number | undefined }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filters = useFilters();
  const { only, excluded, lost, isChosen, nameOf, chooseAll, chooseNone, flip, filter } = useSelection();
  const [sort, setSort] = useState("name");
  const facets = useQuery(facetsQuery);
  const matching = useQuery({ ...deviceTotalQuery(filters), placeholderData: keepPreviousData });
  const find = search.find;
  const list = useList<Device>({
    key: ["devices", "pick", filters, find, sort],
    read: (page) =>
      ask(
        api.GET("/devices", {
          params: { query: { ...filters, ...page, ...(find ? { q: find } : {}), sort, enabled: true } },
        }),
      ),
  });

  const leftOut = excluded.length;
  const all = only === undefined && leftOut === 0;
  const none = only !== undefined && only.length === 0;
  const filtered = Object.keys(filters).length > 0;
  const some = excluded.slice(0, 3).flatMap((id) => nameOf(id) ?? []);

  const columns: Column<Device>[] = [
    {
      key: "chosen",
      label: "Chosen",
      title: (
        <Checkbox
          size="sm"
          aria-label="Choose all matching devices"
          checked={all}
          indeterminate={!all && !none}
          onChange={all ? chooseNone : chooseAll}
        />
      ),
      width: "28px",
      cell: (device) => (
        <Checkbox
          size="sm"
          tabIndex={-1}
          aria-label={`Collect ${device.name}`}
          checked={isChosen(device.id)}
          onChange={() => flip(device.id, device.name)}
        />
      ),
    },
    {
      key: "name",
      title: "Device",
      sort: "name",
      width: "minmax(120px, 2fr)",
      cell: (device) => <b>{device.name}</b>,
    },
    {
      key: "address",
      title: "Address",
      width: "minmax(110px, 1.2fr)",
      cell: (device) => <span className="sr-mono">{device.address}</span>,
    },
    {
      key: "platform",
      title: "Platform",
      from: "sm",
      width: "minmax(110px, 1.1fr)",
      cell: (device) => device.platform,
    },
    {
      key: "vendor",
      title: "Vendor",
      from: "lg",
      width: "minmax(80px, 1fr)",
      cell: (device) => device.vendor,
    },
    { key: "site", title: "Site", from: "md", width: "minmax(70px, 1fr)", cell: (device) => device.site },
    { key: "role", title: "Role", from: "md", width: "minmax(80px, 1fr)", cell: (device) => device.role },
    {
      key: "last",
      title: "Last collected",
      from: "lg",
      width: "130px",
      cell: (device) => <Ago at={device.last_collected_at} />,
    },
  ];

  return (
    <Panel
      title="Devices"
      aside={
        <Group gap="sm">
          <Text size="sm" aria-live="polite">
            <b>{matching.data === undefined ? "…" : plural(matching.data, "device")}</b>{" "}
            {filtered ? "match" : "in all"}
            {chosen !== undefined && chosen !== matching.data && `, ${count(chosen)} chosen`}
          </Text>
          {!all && (
            <Text size="sm" c="dimmed">
              {only === undefined
                ? `${plural(leftOut, "device")} left out${some.length > 0 ? `: ${some.join(", ")}` : ""}${some.length > 0 && leftOut > some.length ? ", …" : ""}`
                : `${plural(only.length, "single device")} chosen`}
            </Text>
          )}
          {!all && (
            <Button variant="subtle" size="xs" onClick={chooseAll}>
              Choose all
            </Button>
          )}
          {!none && (
            <Button variant="subtle" size="xs" onClick={chooseNone}>
              Choose none
            </Button>
          )}
          {filtered && (
            <Button
              variant="subtle"
              size="xs"
              onClick={() => filter({ vendor: [], site: [], role: [], platform: [], tag: [], name: "" })}
            >
              Clear filters
            </Button>
          )}
          <Button
            variant="default"
            size="xs"
            leftSection={<IconRefresh size={14} />}
            loading={list.loading || facets.isFetching}
            onClick={() => void queryClient.invalidateQueries({ queryKey: ["devices"] })}
          >
            Refresh
          </Button>
        </Group>
      }
    >
      <Stack gap="sm">
        {lost && <LostDevices />}
        <div className="sr-filters" data-many>
          <FilterField
            label="Vendor"
            facets={facets.data?.vendors}
            value={search.vendor}
            onChange={(vendor) => filter({ vendor })}
          />
          <FilterField
            label="Site"
            facets={facets.data?.sites}
            value={search.site}
            onChange={(site) => filter({ site })}
          />
          <FilterField
            label="Role"
            facets={facets.data?.roles}
            value={search.role}
            onChange={(role) => filter({ role })}
          />
          <FilterField
            label="Platform"
            facets={facets.data?.platforms}
            value={search.platform}
            onChange={(platform) => filter({ platform })}
          />
          <FilterField
            label="Tag"
            facets={facets.data?.tags}
            value={search.tag}
            onChange={(tag) => filter({ tag })}
          />
          <TextFilter
            label="Name"
            placeholder="ams-*"
            value={search.name}
            onFilter={(name) => filter({ name })}
          />
          <TextFilter
            label="Find in this list"
            placeholder="Any word"
            leftSection={<IconSearch size={15} />}
            data-search
            value={find}
            onFilter={(value) =>
              void navigate({ search: (before) => clean({ ...before, find: value }), replace: true })
            }
          />
        </div>
        <DataTable
          label="Devices to choose from"
          columns={columns}
          {...list}
          rowKey={(device) => device.id}
          onOpen={(device) => flip(device.id, device.name)}
          onKey={(key, device) => key === "x" && flip(device.id, device.name)}
          sort={sort}
          onSort={setSort}
          rowHeight={42}
          maxHeight="max(214px, min(420px, 30dvh))"
          empty={
            facets.data?.total === 0 ? (
              <Empty
                title="No devices yet"
                action={
                  <Button component={Link} to="/devices/import">
                    Import devices
                  </Button>
                }
              >
                Paste a list, or import a CSV or a sessions.yaml.
              </Empty>
            ) : (
              <Empty title="No device matches">Clear a filter to see more.</Empty>
            )
          }
        />
      </Stack>
    </Panel>
  );
}

interface FilterFieldProps {
  label: string;
  facets: Facet[] | undefined;
  value: string[] | undefined;
  onChange: (value: string[]) => void;
}

export function FilterField({ label, facets, value = [], onChange }: FilterFieldProps) {
  const known = options(facets);
  // A filter from a link may name what no device has any more; it must still be seen to be cleared.
  for (const each of value) {
    if (!known.some((option) => option.value === each)) known.push({ value: each, label: each });
  }
  return (
    <MultiSelect
      label={label}
      placeholder={value.length === 0 ? "Any" : ""}
      data={known}
      value={value}
      onChange={onChange}
      searchable
      clearable
      hidePickedOptions
      nothingFoundMessage="Nothing found"
      clearButtonProps={{ "aria-label": `Clear ${label}` }}
    />
  );
}
