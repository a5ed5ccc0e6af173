import { Button, Group, Menu, Select } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask, askBlob } from "../api/client";
import { useList } from "../api/lists";
import type { FiltersOf } from "../api/operations";
import { facetsQuery } from "../api/queries";
import type { Device } from "../api/types";
import { useCan } from "../app/role";
import { clean, oneOf, stringifySearch } from "../app/search";
import { plural } from "../format";
import { saveAs } from "../ui/Copy";
import { type Column, DataTable } from "../ui/DataTable";
import { FacetFilters } from "../ui/FacetFilters";
import { Filters } from "../ui/Filters";
import { IconDown, IconPlay, IconSearch, IconUp } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty, ProblemNotice } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { TextFilter } from "../ui/TextFilter";
import { Ago } from "../ui/Time";
import { DeviceForm } from "./DeviceForm";

const route = getRouteApi("/devices");

/** As the API sorts them. */
const SORTS = ["name", "-name"] as const;

const columns: Column<Device>[] = [
  {
    key: "name",
    title: "Device",
    sort: "name",
    width: "minmax(120px, 1.6fr)",
    cell: (device) => (
      <Link to="/devices/$id" params={{ id: device.id }}>
        {device.name}
      </Link>
    ),
  },
  {
    key: "address",
    title: "Address",
    width: "minmax(118px, 1.1fr)",
    cell: (device) => (
      <span className="sr-mono">
        {device.address}
        {device.port !== 22 && `:${device.port}`}
      </span>
    ),
  },
  {
    key: "platform",
    title: "Platform",
    width: "minmax(110px, 1fr)",
    from: "sm",
    cell: (device) => device.platform,
  },
  { key: "site", title: "Site", width: "minmax(56px, 0.6fr)", from: "md", cell: (device) => device.site },
  { key: "role", title: "Role", width: "minmax(94px, 0.7fr)", from: "md", cell: (device) => device.role },
  { key: "model", title: "Model", width: "minmax(90px, 1.4fr)", from: "lg", cell: (device) => device.model },
  {
    key: "os",
    title: "OS version",
    width: "minmax(90px, 1fr)",
    from: "lg",
    cell: (device) => device.os_version,
  },
  {
    key: "last",
    title: "Last collected",
    width: "128px",
    from: "sm",
    cell: (device) =>
      device.enabled ? (
        <Ago at={device.last_collected_at} />
      ) : (
        <Chip word={{ text: "Disabled", tone: "idle" }} bare />
      ),
  },
];

export function Devices() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const operator = useCan("operator");
  const facets = useQuery(facetsQuery);
  const { q, vendor, platform, site, role, tag } = search;
  const sort = oneOf(SORTS, search.sort) ?? "name";
  const enabled = oneOf(["true", "false"], search.enabled);
  const selectable = clean({ vendor, platform, site, role, tag });
  const narrowing = clean({ ...selectable, q, enabled });
  const asked = clean<FiltersOf<"/devices">>({
    q,
    vendor,
    platform,
    site,
    role,
    tag,
    enabled: enabled === undefined ? undefined : enabled === "true",
    sort,
  });
  const list = useList<Device>({
    key: ["devices", "list", asked],
    read: (page) => ask(api.GET("/devices", { params: { query: { ...asked, ...page } } })),
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const filtered = Object.keys(narrowing).length > 0;
  const inventory = facets.data?.total;

  const save = useMutation({
    mutationFn: async (format: "csv" | "list" | "sessions_yaml") => {
      const file = { csv: "devices.csv", list: "devices.txt", sessions_yaml: "sessions.yaml" }[format];
      saveAs(await askBlob(`/api/v1/device-exports${stringifySearch({ ...narrowing, format })}`), file);
    },
  });

  return (
    <Page
      title="Devices"
      lead={
        list.total === undefined
          ? "The inventory."
          : `${plural(list.total, "device")}${filtered ? (list.total === 1 ? " matches" : " match") : ""}.`
      }
      actions={
        <>
          <Menu>
            <Menu.Target>
              <Button variant="default" leftSection={<IconDown size={15} />} loading={save.isPending}>
                Export
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => save.mutate("csv")}>CSV</Menu.Item>
              <Menu.Item onClick={() => save.mutate("list")}>Plain list</Menu.Item>
              <Menu.Item onClick={() => save.mutate("sessions_yaml")}>sessions.yaml</Menu.Item>
            </Menu.Dropdown>
          </Menu>
          {operator && (
            <>
              <Button
                variant="default"
                component={Link}
                to="/devices/import"
                leftSection={<IconUp size={15} />}
              >
                Import
              </Button>
              <DeviceForm />
            </>
          )}
        </>
      }
    >
      {save.error && <ProblemNotice error={save.error} />}
      <Filters
        moreInUse={[search.vendor, search.platform, search.role, search.tag, enabled].some(Boolean)}
        more={
          <>
            <FacetFilters names={["vendor", "platform", "role", "tag"]} chosen={search} onChange={change} />
            <Select
              label="State"
              placeholder="Any"
              clearable
              data={[
                { value: "true", label: "Enabled" },
                { value: "false", label: "Disabled" },
              ]}
              value={enabled ?? null}
              onChange={(value) => change({ enabled: value ?? "" })}
            />
          </>
        }
      >
        <TextFilter
          label="Search"
          placeholder="Name, serial, …"
          leftSection={<IconSearch size={15} />}
          data-search
          value={q}
          onFilter={(text) => change({ q: text })}
        />
        <FacetFilters names={["site"]} chosen={search} onChange={change} />
      </Filters>
      {operator && filtered && q === undefined && enabled !== "false" && (list.total ?? 0) > 0 && (
        <Group>
          <Button
            size="xs"
            leftSection={<IconPlay size={14} />}
            onClick={() => void navigate({ to: "/collect", search: selectable })}
          >
            Collect {list.total === undefined ? "these" : plural(list.total, "device")}
          </Button>
        </Group>
      )}
      <DataTable
        label="Devices"
        columns={columns}
        {...list}
        rowKey={(device) => device.id}
        onOpen={(device) => void navigate({ to: "/devices/$id", params: { id: device.id } })}
        sort={sort}
        onSort={(next) => change({ sort: next })}
        empty={
          inventory === 0 ? (
            <Empty
              title="No devices yet"
              action={
                operator && (
                  <Button component={Link} to="/devices/import">
                    Import devices
                  </Button>
                )
              }
            >
              Paste a list, or import a CSV or a sessions.yaml.
            </Empty>
          ) : (
            <Empty
              title="No device matches"
              action={
                <Button variant="default" onClick={() => void navigate({ search: {} })}>
                  Clear filters
                </Button>
              }
            />
          )
        }
      />
    </Page>
  );
}
