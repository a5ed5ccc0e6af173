import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useRef } from "react";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import { collectionQuery, failuresQuery } from "../api/queries";
import type { Collection, CollectionDevice } from "../api/types";
import { useKeys } from "../app/keys";
import { useCan } from "../app/role";
import { NewestChanges } from "../changes/NewestChanges";
import { count, duration, plural } from "../format";
import { hasEnded } from "../progress";
import { TABLES } from "../tables/tables";
import { type Column, DataTable, type Stepper } from "../ui/DataTable";
import { Exports } from "../ui/Exports";
import { IconCheck, IconClock, IconCross, IconList } from "../ui/icons";
import { Figures, Panel } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { FailureChip, StatusChip, ToneIcon } from "../ui/Status";
import { nameOf } from "../words";
import { FailureGroups } from "./FailureGroups";
import { PausedCredentials } from "./PausedCredentials";
import { Retry } from "./Retry";
import { failedNote } from "./Run";
import { StepHeading, Steps } from "./Steps";

const route = getRouteApi("/collections/$id/results");

/** Whether the tables hold what was captured, with the way to each that was filled. */
function Loaded({ collection }: { collection: Collection }) {
  const { loaded_to_db, captures_created } = collection;
  if (loaded_to_db === undefined || loaded_to_db === null) return null;
  const filled = TABLES.filter((table) => (captures_created[table.captureType] ?? 0) > 0);
  return (
    <Notice
      tone={loaded_to_db ? "good" : "warn"}
      icon={<ToneIcon tone={loaded_to_db ? "good" : "warn"} size={20} />}
      title={
        loaded_to_db
          ? "Everything was loaded into the database"
          : "Not everything was loaded into the database"
      }
    >
      {filled.length > 0 && (
        <Group gap="md">
          {filled.map((table) => (
            <Link key={table.slug} to="/tables/$table" params={{ table: table.slug }} search={{}}>
              {table.title}
            </Link>
          ))}
        </Group>
      )}
    </Notice>
  );
}

const columns: Column<CollectionDevice>[] = [
  {
    key: "name",
    title: "Device",
    width: "minmax(120px, 1.2fr)",
    cell: (device) => (
      <Link
        from="/collections/$id/results"
        to="/collections/$id/devices/$deviceId"
        params={(before) => ({ id: before.id ?? "", deviceId: device.device_id })}
      >
        {device.device_name}
      </Link>
    ),
  },
  {
    key: "status",
    title: "Status",
    width: "110px",
    from: "sm",
    cell: (device) => <StatusChip status={device.status} />,
  },
  {
    key: "kind",
    title: "Cause",
    width: "minmax(232px, 1fr)",
    from: "md",
    cell: (device) => device.failure_kind && <FailureChip kind={device.failure_kind} />,
  },
  {
    key: "message",
    title: "Error",
    width: "minmax(150px, 2.4fr)",
    cell: (device) => <span title={device.message}>{device.message}</span>,
  },
];

export function Results() {
  const { id } = route.useParams();
  const navigate = route.useNavigate();
  const operator = useCan("operator");
  const collection = useQuery(collectionQuery(id));
  const data = collection.data;
  const failed = (data?.devices_failed ?? 0) > 0;
  const stepper = useRef<Stepper>(null);
  useKeys({ n: () => stepper.current?.step(1), p: () => stepper.current?.step(-1) });
  const groups = useQuery({ ...failuresQuery(id), enabled: failed });
  const list = useList<CollectionDevice>({
    key: ["collections", id, "devices", "failed"],
    read: (page) =>
      ask(
        api.GET("/collections/{id}/devices", {
          params: {
            path: { id },
            query: { ...page, status: ["failed", "partially_succeeded", "cancelled"] },
          },
        }),
      ),
    enabled: failed,
  });

  if (data === undefined) {
    return (
      <Stack gap="lg" className="sr-page">
        <Steps current={4} />
        <StepHeading step={4} />
        {collection.error ? (
          <ProblemNotice error={collection.error} onRetry={() => void collection.refetch()} />
        ) : (
          <Loader aria-label="Loading" />
        )}
      </Stack>
    );
  }
  if (!hasEnded(data.status)) {
    return (
      <Stack gap="lg" className="sr-page">
        <Steps current={3} />
        <StepHeading step={3}>{nameOf(data)}</StepHeading>
        <Stale of={[collection]} />
        <Notice tone="busy" title="This collection still runs">
          <Group>
            <Button onClick={() => void navigate({ to: "/collections/$id/run", params: { id }, search: {} })}>
              Watch it
            </Button>
          </Group>
        </Notice>
      </Stack>
    );
  }
  const { counts } = data;
  const captures = Object.values(data.captures_created).reduce((sum, each) => sum + each, 0);

  return (
    <Stack gap="lg" className="sr-page">
      <Steps
        current={4}
        links={{
          3: (
            <Link to="/collections/$id/run" params={{ id }} search={{}}>
              Collecting
            </Link>
          ),
        }}
      />
      <Group justify="space-between" align="flex-start">
        <div style={{ minWidth: 0, flex: "1 1 300px" }}>
          <StepHeading step={4}>{nameOf(data)}</StepHeading>
          <Group gap="sm" mt={6}>
            <StatusChip status={data.status} />
            {data.message && <Text size="sm">{data.message}</Text>}
          </Group>
        </div>
        <Group gap="sm">
          {failed && (
            <Retry
              collectionId={id}
              label="Retry failed devices"
              primary
              includeCancelled={counts.cancelled > 0}
            />
          )}
        </Group>
      </Group>
      <Stale of={[collection, groups]} />
      <Figures
        label="Results"
        figures={[
          {
            name: "Devices succeeded",
            value: count(data.devices_succeeded),
            icon: <IconCheck size={15} />,
            tone: "good",
          },
          {
            name: "Devices failed",
            value: count(data.devices_failed),
            note: failedNote(counts.partially_succeeded, counts.cancelled),
            icon: <IconCross size={15} />,
            tone: "bad",
          },
          {
            name: "Commands executed",
            value: count(data.commands_executed),
            note: `${plural(captures, "text")} recorded`,
            icon: <IconList size={15} />,
            tone: "idle",
          },
          {
            name: "Execution time",
            value: data.execution_time_seconds === undefined ? "–" : duration(data.execution_time_seconds),
            icon: <IconClock size={15} />,
            tone: "idle",
          },
        ]}
      />
      <Loaded collection={data} />

      {failed && (
        <>
          {groups.error && groups.data === undefined && (
            <ProblemNotice error={groups.error} onRetry={() => void groups.refetch()} />
          )}
          {groups.data && <PausedCredentials collectionId={id} groups={groups.data} ended />}
          {groups.data && groups.data.length > 0 && (
            <Panel title="What failed, by cause">
              <FailureGroups collectionId={id} groups={groups.data} ended />
            </Panel>
          )}
          <Panel title="Failed devices">
            <DataTable
              label="Failed devices"
              columns={columns}
              {...list}
              rowKey={(device) => device.device_id}
              stepper={stepper}
              onOpen={(device) =>
                void navigate({
                  to: "/collections/$id/devices/$deviceId",
                  params: { id, deviceId: device.device_id },
                })
              }
              maxHeight="420px"
              empty={<Empty title="No device failed" />}
            />
          </Panel>
        </>
      )}

      {(data.captures_created.configs ?? 0) > 0 && (
        <Panel
          title="What changed"
          aside={
            <Link to="/changes" search={{ collection_id: id }}>
              All changes of this collection
            </Link>
          }
        >
          <NewestChanges
            collectionId={id}
            none="No configuration changed since the last collection"
            refetchInterval={10_000}
          />
        </Panel>
      )}

      <Panel title="Next steps">
        <div className="sr-next">
          {Object.hasOwn(data.captures_created, "arp") ? (
            <Button component={Link} to="/tables/arp" variant="default" fullWidth>
              View ARP catalog
            </Button>
          ) : (
            <Button component={Link} to="/captures" variant="default" fullWidth>
              Read the captured texts
            </Button>
          )}
          <Button
            component={Link}
            to={`/changes?collection_id=${encodeURIComponent(id)}`}
            variant="default"
            fullWidth
          >
            Review configuration changes
          </Button>
          <Button component={Link} to="/devices" variant="default" fullWidth>
            Browse device inventory
          </Button>
          <Button component={Link} to={`/collections/${encodeURIComponent(id)}`} variant="default" fullWidth>
            Details and comparison
          </Button>
          {operator && (
            <Button component={Link} to="/collect" variant="default" fullWidth>
              Run another collection
            </Button>
          )}
        </div>
      </Panel>
      <Exports id={id} name={data.name} />
    </Stack>
  );
}
