import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import { type FiltersOf, wordsOf } from "../api/operations";
import { queryClient } from "../api/queries";
import type { HostKey, HostKeyState } from "../api/types";
import { useCan } from "../app/role";
import { clean, oneOf } from "../app/search";
import { Confirm } from "../ui/Confirm";
import { type Column, DataTable } from "../ui/DataTable";
import { DeviceSelect } from "../ui/DeviceSelect";
import { Facts, Page } from "../ui/Page";
import { Empty } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { Ago } from "../ui/Time";
import type { Word } from "../words";

const route = getRouteApi("/host-keys");

const WORDS: { readonly [State in HostKeyState]: Word } = {
  accepted: { text: "Accepted", tone: "good" },
  changed: { text: "Changed", tone: "bad" },
  pending: { text: "Not accepted", tone: "warn" },
};

const STATES = wordsOf<HostKeyState>()("changed", "pending", "accepted");

export function HostKeys() {
  const search = route.useSearch();
  const { device_id } = search;
  const state = oneOf(STATES, search.state);
  const asked = clean<FiltersOf<"/host-keys">>({ state, device_id });
  const navigate = route.useNavigate();
  const admin = useCan("admin");
  const list = useList<HostKey>({
    key: ["host-keys", asked],
    read: (page) => ask(api.GET("/host-keys", { params: { query: { ...asked, ...page } } })),
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const columns: Column<HostKey>[] = [
    {
      key: "state",
      title: "State",
      width: "112px",
      cell: (key) => <Chip word={WORDS[key.state]} />,
    },
    {
      key: "device",
      title: "Device",
      width: "minmax(110px, 1fr)",
      cell: (key) =>
        key.device_id ? (
          <Link to="/devices/$id" params={{ id: key.device_id }}>
            {key.device_name ?? key.address}
          </Link>
        ) : (
          key.address
        ),
    },
    {
      key: "address",
      title: "Address",
      width: "minmax(136px, 0.6fr)",
      from: "lg",
      cell: (key) => (
        <span className="sr-mono">
          {key.address}:{key.port}
        </span>
      ),
    },
    {
      key: "fingerprint",
      title: "Fingerprint",
      // People compare it with what the device says, letter by letter: it is always whole.
      width: "minmax(230px, 3.2fr)",
      cell: (key) => <span className="sr-fingerprint">{key.fingerprint || key.offered_fingerprint}</span>,
    },
    {
      key: "seen",
      title: "Last seen",
      width: "128px",
      from: "lg",
      cell: (key) => <Ago at={key.last_seen_at} />,
    },
    {
      key: "do",
      title: "",
      label: "Actions",
      width: "172px",
      align: "right",
      cell: (key) => admin && <RowActions hostKey={key} />,
    },
  ];
  return (
    <Page
      title="Host keys"
      lead="Remembered when a device is first seen. A device that shows another key is stopped before any secret is sent."
    >
      <Group gap="sm" align="flex-end" className="sr-few">
        <DeviceSelect
          label="Device"
          placeholder="Part of a name"
          data-search
          value={device_id}
          onChoose={(id) => change({ device_id: id ?? "" })}
        />
        <SegmentedControl
          aria-label="State"
          className="sr-segments"
          value={state ?? "all"}
          onChange={(value) => change({ state: value === "all" ? "" : value })}
          data={[
            { value: "all", label: "All" },
            ...STATES.map((value) => ({ value, label: WORDS[value].text })),
          ]}
        />
      </Group>
      <DataTable
        label="Host keys"
        columns={columns}
        {...list}
        rowKey={(key) => key.id}
        rowHeight={60}
        empty={
          device_id === undefined ? (
            <Empty title={state === "changed" ? "No key changed" : "No host key is known yet"}>
              Keys appear here when devices are first collected.
            </Empty>
          ) : (
            <Empty
              title={
                state === undefined ? "No host key of this device is known" : "No key of this device matches"
              }
              action={
                <Button variant="default" onClick={() => void navigate({ search: {} })}>
                  Clear filters
                </Button>
              }
            >
              Where the address of a device is a name, its keys stand in the whole list by IP address.
            </Empty>
          )
        }
      />
    </Page>
  );
}

function RowActions({ hostKey }: { hostKey: HostKey }) {
  const path = { id: hostKey.id };
  const pending = hostKey.state === "pending";
  const done = () => queryClient.invalidateQueries({ queryKey: ["host-keys"] });
  const accept = useMutation({
    mutationFn: () => ask(api.POST("/host-keys/{id}/accept", { params: { path } })),
    onSuccess: done,
  });
  const forget = useMutation({
    mutationFn: () => ask(api.DELETE("/host-keys/{id}", { params: { path } })),
    onSuccess: done,
  });
  return (
    <Group gap={6} wrap="nowrap" justify="flex-end">
      {hostKey.state !== "accepted" && (
        <Confirm
          small
          label="Review"
          title={pending ? "Accept the host key?" : "Accept the new host key?"}
          confirm={pending ? "Accept the key" : "Accept the new key"}
          loading={accept.isPending}
          error={accept.error}
          onConfirm={() => accept.mutate()}
        >
          <Stack gap="sm">
            <Text size="sm">
              {pending
                ? "This server connects only to devices whose key somebody has accepted. "
                : "Accept it only when you know why it changed: the device was replaced or its keys were made anew. "}
              Compare the fingerprint with the one on the device.
            </Text>
            <Facts
              facts={[
                ...(pending
                  ? []
                  : [
                      [
                        "Known",
                        <Fingerprint key="k" algorithm={hostKey.algorithm} value={hostKey.fingerprint} />,
                      ] as const,
                    ]),
                [
                  "Offered now",
                  <Fingerprint
                    key="o"
                    algorithm={hostKey.offered_algorithm ?? ""}
                    value={hostKey.offered_fingerprint ?? ""}
                  />,
                ],
              ]}
            />
          </Stack>
        </Confirm>
      )}
      <Confirm
        small
        label="Forget"
        title="Forget this host key?"
        confirm="Forget it"
        loading={forget.isPending}
        error={forget.error}
        onConfirm={() => forget.mutate()}
      >
        The next login remembers whatever key the device shows then.
      </Confirm>
    </Group>
  );
}

function Fingerprint({ algorithm, value }: { algorithm: string; value: string }) {
  return (
    <span className="sr-fingerprint">
      {algorithm}
      <br />
      {value}
    </span>
  );
}
