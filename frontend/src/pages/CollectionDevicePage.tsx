import { Group, Loader, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { collectionQuery } from "../api/queries";
import type { CollectionDevice } from "../api/types";
import { useCan } from "../app/role";
import { count, duration } from "../format";
import { hasEnded } from "../progress";
import { CaptureTexts } from "../ui/CaptureTexts";
import { Facts, Page, Panel } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { StatusChip } from "../ui/Status";
import { Moment } from "../ui/Time";
import { Transcript } from "../ui/Transcript";
import { Retry } from "../wizard/Retry";
import { failureWord, nameOf } from "../words";

const route = getRouteApi("/collections/$id/devices/$deviceId");

/** One device in one collection, at an address that can go into a ticket. */
export function CollectionDevicePage() {
  const { id, deviceId } = route.useParams();
  const { type } = route.useSearch();
  const navigate = route.useNavigate();
  const admin = useCan("admin");
  const collection = useQuery(collectionQuery(id));
  const ended = collection.data !== undefined && hasEnded(collection.data.status);
  const device = useQuery({
    queryKey: ["collections", id, "devices", "one", deviceId],
    queryFn: () => rowOf(id, deviceId),
    refetchInterval: ended ? false : 2_000,
  });
  const captures = useQuery({
    queryKey: ["collections", id, "captures", deviceId],
    queryFn: async () =>
      (
        await ask(
          api.GET("/captures", {
            params: { query: { collection_id: [id], device_id: [deviceId], limit: 100 } },
          }),
        )
      ).items,
    refetchInterval: ended ? false : 2_000,
  });
  const groups = useQuery({
    queryKey: ["collections", id, "failures"],
    queryFn: async () =>
      (await ask(api.GET("/collections/{id}/failures", { params: { path: { id } } }))).items,
    enabled: device.data?.failure_kind !== undefined,
  });

  if (device.data === undefined || collection.data === undefined) {
    const error = collection.error ?? device.error;
    if (!error) return <Loader aria-label="Loading" />;
    return (
      <Page title="Device">
        <ProblemNotice
          error={error}
          onRetry={() => {
            void collection.refetch();
            void device.refetch();
          }}
        />
      </Page>
    );
  }
  const row = device.data;
  if (row === null) {
    return (
      <Page title="Device">
        <div className="sr-panel">
          <Empty title="This device is not in this collection" />
        </div>
      </Page>
    );
  }
  const hint = groups.data?.find((group) => group.failure_kind === row.failure_kind)?.hint;
  return (
    <Page
      title={row.device_name}
      lead={
        <Group gap="sm" component="span">
          <StatusChip status={row.status} />
          <span>
            in{" "}
            <Link to="/collections/$id" params={{ id }} search={{}}>
              {nameOf(collection.data)}
            </Link>
          </span>
        </Group>
      }
      actions={
        ended &&
        row.status !== "succeeded" && (
          <Retry
            collectionId={id}
            label="Retry this device"
            only={{ device_ids: [deviceId] }}
            includeCancelled={row.status === "cancelled"}
          />
        )
      }
    >
      <Stale of={[collection, device, captures]} />
      {row.failure_kind && (
        <Notice tone="bad" title={failureWord(row.failure_kind)}>
          {row.message && <Text size="sm">{row.message}</Text>}
          {hint && hint !== row.message && <Text size="sm">{hint}</Text>}
        </Notice>
      )}
      <Panel title="Session">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm">
          <Facts
            facts={[
              [
                "Address",
                <span className="sr-mono" key="a">
                  {row.ip_address}
                </span>,
              ],
              ["Platform", row.platform],
              ["Site", row.site],
              [
                "Inventory",
                <Link key="d" to="/devices/$id" params={{ id: row.device_id }}>
                  Page of the device
                </Link>,
              ],
            ]}
          />
          <Facts
            facts={[
              ["Attempt", row.attempt === 0 ? "not started" : count(row.attempt)],
              ["Started", row.started_at ? <Moment key="s" at={row.started_at} /> : "not yet"],
              ["Finished", row.finished_at ? <Moment key="f" at={row.finished_at} /> : "not yet"],
              ["Time", row.duration_ms === undefined ? "" : duration(row.duration_ms / 1000)],
            ]}
          />
        </SimpleGrid>
      </Panel>
      <Panel title="Captures">
        <CaptureTexts
          captures={captures.data}
          loading={captures.isPending}
          error={captures.error}
          outcomes={row.captures}
          chosen={type}
          said={row.message}
          onChoose={(next) => void navigate({ search: { type: next }, replace: true })}
        />
      </Panel>
      {admin && ended && row.status !== "queued" && (
        <Transcript of={`collections/${encodeURIComponent(id)}/devices/${encodeURIComponent(deviceId)}`} />
      )}
    </Page>
  );
}

async function rowOf(id: string, deviceId: string): Promise<CollectionDevice | null> {
  const query = { device_id: [deviceId], limit: 1 };
  const page = await ask(api.GET("/collections/{id}/devices", { params: { path: { id }, query } }));
  return page.items[0] ?? null;
}
