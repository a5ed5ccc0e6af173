import { Button, Checkbox, Group, MultiSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import { deviceTotalQuery, facetsQuery, queryClient } from "../api/queries";
import type { Device, DeviceFilters, Facet } from "../api/types";
import { clean } from "../app/search";
import { count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { IconRefresh, IconSearch } from "../ui/icons";
import { Panel } from "../ui/Page";
import { Empty } from "../ui/Problem";
import { Ago } from "../ui/Time";
import { useDraft } from "./store";

const route = getRouteApi("/collect");

export function useFilters(): DeviceFilters {
  const { vendor, platform, site, role, tag, name } = route.useSearch();
  const key = JSON.stringify([vendor, platform, site, role, tag, name]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same filters must be the same object
  return useMemo(() => clean({ vendor, platform, site, role, tag, name: name ? [name] : undefined }), [key]);
}

/** `undefined`: all that match. A list: these. In the address nothing chosen is the word `none`. */
export function useOnly(): string[] | undefined {
  const { device } = route.useSearch();
  return useMemo(() => device?.filter((id) => id !== "none"), [device]);
}

function options(facets: Facet[] | undefined) {
  return (facets ?? [])
    .filter((facet) => facet.value !== "")
    .map((facet) => ({ value: facet.value, label: `${facet.value} (${count(facet.count)})` }));
}

export function DevicePicker({ chosen }: { chosen: number | undefined }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filters = useFilters();
  const only = useOnly();
  const { excluded, toggle, clearExcluded } = useDraft();
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

  const change = (next: Partial<typeof search>) => {
    clearExcluded();
    // Single devices that were picked stay picked; the filters then only help to find more of them.
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  };
  const setOnly = (ids: string[] | undefined) =>
    void navigate({
      search: ({ device: _, ...rest }) =>
        ids === undefined ? rest : { ...rest, device: ids.length === 0 ? ["none"] : ids },
      replace: true,
    });
  const chooseOnly = (ids: string[] | undefined) => {
    clearExcluded();
    setOnly(ids);
  };
  const setFind = useDebouncedCallback((value: string) => {
    void navigate({ search: ({ find: _, ...rest }) => clean({ ...rest, find: value }), replace: true });
  }, 250);
  const setName = useDebouncedCallback((value: string) => change({ name: value }), 300);

  const isChosen = (device: Device) =>
    only === undefined ? excluded[device.id] === undefined : only.includes(device.id);
  const flip = (device: Device) => {
    if (only === undefined) toggle(device.id, device.name);
    else if (only.includes(device.id)) setOnly(only.filter((id) => id !== device.id));
    else setOnly([...only, device.id]);
  };
  const leftOut = Object.keys(excluded).length;
  const all = only === undefined && leftOut === 0;
  const none = only !== undefined && only.length === 0;
  const filtered = Object.keys(filters).length > 0;

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
          onChange={() => chooseOnly(all ? [] : undefined)}
        />
      ),
      width: "28px",
      cell: (device) => (
        <Checkbox
          size="sm"
          tabIndex={-1}
          aria-label={`Collect ${device.name}`}
          checked={isChosen(device)}
          onChange={() => flip(device)}
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
        <div className="sr-filters">
          <FilterField
            label="Vendor"
            facets={facets.data?.vendors}
            value={search.vendor}
            onChange={(vendor) => change({ vendor })}
          />
          <FilterField
            label="Site"
            facets={facets.data?.sites}
            value={search.site}
            onChange={(site) => change({ site })}
          />
          <FilterField
            label="Role"
            facets={facets.data?.roles}
            value={search.role}
            onChange={(role) => change({ role })}
          />
          <FilterField
            label="Platform"
            facets={facets.data?.platforms}
            value={search.platform}
            onChange={(platform) => change({ platform })}
          />
          <FilterField
            label="Tag"
            facets={facets.data?.tags}
            value={search.tag}
            onChange={(tag) => change({ tag })}
          />
          <TextInput
            label="Name"
            placeholder="ams-*"
            defaultValue={search.name ?? ""}
            key={search.name === undefined ? "no-name" : "name"}
            onChange={(event) => setName(event.currentTarget.value.trim())}
          />
        </div>
        <Group justify="space-between" gap="sm">
          <TextInput
            aria-label="Find in this list"
            placeholder="Find in this list"
            leftSection={<IconSearch size={15} />}
            data-search
            defaultValue={find ?? ""}
            onChange={(event) => setFind(event.currentTarget.value.trim())}
            w={{ base: "100%", xs: 260 }}
          />
          <Group gap="xs">
            {!all && (
              <Text size="sm" c="dimmed">
                {only === undefined
                  ? `${plural(leftOut, "device")} left out: ${Object.values(excluded).slice(0, 3).join(", ")}${leftOut > 3 ? ", …" : ""}`
                  : `${plural(only.length, "single device")} chosen`}
              </Text>
            )}
            {!all && (
              <Button variant="subtle" size="xs" onClick={() => chooseOnly(undefined)}>
                Choose all
              </Button>
            )}
            {!none && (
              <Button variant="subtle" size="xs" onClick={() => chooseOnly([])}>
                Choose none
              </Button>
            )}
            {filtered && (
              <Button
                variant="subtle"
                size="xs"
                onClick={() => change({ vendor: [], site: [], role: [], platform: [], tag: [], name: "" })}
              >
                Clear filters
              </Button>
            )}
          </Group>
        </Group>
        <DataTable
          label="Devices to choose from"
          columns={columns}
          {...list}
          rowKey={(device) => device.id}
          onOpen={flip}
          onKey={(key, device) => key === "x" && flip(device)}
          sort={sort}
          onSort={setSort}
          rowHeight={42}
          maxHeight="420px"
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
