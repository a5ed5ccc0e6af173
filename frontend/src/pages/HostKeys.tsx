import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import { queryClient } from "../api/queries";
import type { HostKey } from "../api/types";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { Confirm } from "../ui/Confirm";
import { type Column, DataTable } from "../ui/DataTable";
import { Facts, Page } from "../ui/Page";
import { Empty } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { Ago } from "../ui/Time";

const route = getRouteApi("/host-keys");

export function HostKeys() {
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  const admin = useCan("admin");
  const list = useList<HostKey>({
    key: ["host-keys", state],
    read: (page) =>
      ask(api.GET("/host-keys", { params: { query: { ...page, ...clean({ state }) } as never } })),
  });
  const columns: Column<HostKey>[] = [
    {
      key: "state",
      title: "State",
      width: "112px",
      cell: (key) =>
        key.state === "changed" ? (
          <Chip word={{ text: "Changed", tone: "bad" }} />
        ) : (
          <Chip word={{ text: "Accepted", tone: "good" }} />
        ),
    },
    {
      key: "device",
      title: "Device",
      width: "minmax(110px, 1.2fr)",
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
      width: "minmax(136px, 0.8fr)",
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
      width: "minmax(230px, 2fr)",
      cell: (key) => <span className="sr-fingerprint">{key.fingerprint}</span>,
    },
    {
      key: "seen",
      title: "Last seen",
      width: "116px",
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
      <Group>
        <SegmentedControl
          aria-label="State"
          value={state ?? "all"}
          onChange={(value) =>
            void navigate({ search: clean({ state: value === "all" ? undefined : value }), replace: true })
          }
          data={[
            { value: "all", label: "All" },
            { value: "changed", label: "Changed" },
            { value: "accepted", label: "Accepted" },
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
          <Empty title={state === "changed" ? "No key changed" : "No host key is known yet"}>
            Keys appear here when devices are first collected.
          </Empty>
        }
      />
    </Page>
  );
}

function RowActions({ hostKey }: { hostKey: HostKey }) {
  const path = { id: hostKey.id };
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
      {hostKey.state === "changed" && (
        <Confirm
          small
          label="Review"
          title="Accept the new host key?"
          confirm="Accept the new key"
          loading={accept.isPending}
          error={accept.error}
          onConfirm={() => accept.mutate()}
        >
          <Stack gap="sm">
            <Text size="sm">
              Accept it only when you know why it changed: the device was replaced or its keys were made anew.
              Compare the fingerprint with the one on the device.
            </Text>
            <Facts
              facts={[
                ["Known", <Fingerprint key="k" algorithm={hostKey.algorithm} value={hostKey.fingerprint} />],
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
