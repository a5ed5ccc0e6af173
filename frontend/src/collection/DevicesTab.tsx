import { Group, MultiSelect, Stack, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { FiltersOf } from "../api/operations";
import type { CollectionDevice } from "../api/types";
import { clean } from "../app/search";
import { duration, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { Empty } from "../ui/Problem";
import { FailureChip, StatusChip } from "../ui/Status";
import { TextFilter } from "../ui/TextFilter";
import { DEVICE_STATUSES, FAILURE_KINDS, failureWord, statusWord } from "../words";

const route = getRouteApi("/collections/$id");

const columns: Column<CollectionDevice>[] = [
  { key: "status", title: "Status", width: "118px", cell: (each) => <StatusChip status={each.status} /> },
  { key: "name", title: "Device", width: "minmax(110px, 1.2fr)", cell: (each) => <b>{each.device_name}</b> },
  {
    key: "address",
    title: "Address",
    width: "minmax(110px, 0.8fr)",
    from: "md",
    cell: (each) => <span className="sr-mono">{each.ip_address}</span>,
  },
  {
    key: "platform",
    title: "Platform",
    width: "minmax(100px, 0.7fr)",
    from: "lg",
    cell: (each) => each.platform,
  },
  {
    key: "cause",
    title: "Cause",
    width: "minmax(190px, 1.3fr)",
    from: "lg",
    cell: (each) => each.failure_kind && <FailureChip kind={each.failure_kind} />,
  },
  {
    key: "message",
    title: "What happened",
    width: "minmax(140px, 2.4fr)",
    cell: (each) => <span title={each.message}>{each.message}</span>,
  },
  {
    key: "time",
    title: "Time",
    width: "84px",
    align: "right",
    from: "sm",
    cell: (each) => (each.duration_ms === undefined ? "" : duration(each.duration_ms / 1000)),
  },
];

/** The devices of a collection, with what became of each. */
export function DevicesTab({ id, live }: { id: string; live: boolean }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { status, failure_kind, q } = search;
  const asked = clean<FiltersOf<"/collections/{id}/devices">>({ status, failure_kind, q });
  const list = useList<CollectionDevice>({
    key: ["collections", id, "devices", asked],
    read: (page) =>
      ask(api.GET("/collections/{id}/devices", { params: { path: { id }, query: { ...asked, ...page } } })),
    ...(live ? { refetchInterval: 3_000 } : {}),
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end" className="sr-few">
        <TextFilter label="Find a device" data-search value={q} onFilter={(value) => change({ q: value })} />
        <MultiSelect
          label="Status"
          clearable
          placeholder={status ? "" : "Any"}
          data={DEVICE_STATUSES.map((value) => ({ value, label: statusWord(value).text }))}
          value={status ?? []}
          onChange={(value) => change({ status: value })}
          style={{ minWidth: 160 }}
        />
        <MultiSelect
          label="Cause"
          clearable
          searchable
          placeholder={failure_kind ? "" : "Any"}
          data={FAILURE_KINDS.map((value) => ({ value, label: failureWord(value) }))}
          value={failure_kind ?? []}
          onChange={(value) => change({ failure_kind: value })}
          style={{ minWidth: 200 }}
        />
        {list.total !== undefined && (
          <Text size="sm" c="dimmed" pb={8}>
            {plural(list.total, "device")}
          </Text>
        )}
      </Group>
      <DataTable
        label="Devices of this collection"
        columns={columns}
        {...list}
        rowKey={(each) => each.device_id}
        onOpen={(each) =>
          void navigate({
            to: "/collections/$id/devices/$deviceId",
            params: { id, deviceId: each.device_id },
          })
        }
        empty={<Empty title="No device matches" />}
      />
    </Stack>
  );
}
