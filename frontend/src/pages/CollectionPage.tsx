import { Button, Group, Loader, MultiSelect, SimpleGrid, Stack, Tabs, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import { collectionQuery, failuresQuery, queryClient } from "../api/queries";
import type { Capture, Collection, CollectionDevice } from "../api/types";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { CompareTab } from "../compare/CompareTab";
import { Lineage } from "../compare/Lineage";
import { bytes, count, dateTime, duration, plural } from "../format";
import { hasEnded } from "../progress";
import { Confirm } from "../ui/Confirm";
import { TypeTitles, useTypeTitle } from "../ui/captureTypes";
import { type Column, DataTable } from "../ui/DataTable";
import { Exports } from "../ui/Exports";
import { IconCheck, IconClock, IconCross, IconStop, IconTrash } from "../ui/icons";
import { Facts, Figures, Page, Panel } from "../ui/Page";
import { Empty, ProblemNotice, Stale } from "../ui/Problem";
import { FailureChip, StatusChip, VerdictChip } from "../ui/Status";
import { TextFilter } from "../ui/TextFilter";
import { Ago } from "../ui/Time";
import { FailureGroups } from "../wizard/FailureGroups";
import { ProgressBar } from "../wizard/ProgressBar";
import { Retry } from "../wizard/Retry";
import { failedNote } from "../wizard/Run";
import { DEVICE_STATUSES, FAILURE_KINDS, failureWord, nameOf, statusWord } from "../words";

const route = getRouteApi("/collections/$id");

export function CollectionPage() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const collection = useQuery({
    ...collectionQuery(id),
    refetchInterval: (query) => (query.state.data && !hasEnded(query.state.data.status) ? 2_000 : false),
  });
  const data = collection.data;
  if (data === undefined) {
    return collection.error ? (
      <Page title="Collection">
        <ProblemNotice error={collection.error} onRetry={() => void collection.refetch()} />
      </Page>
    ) : (
      <Loader aria-label="Loading" />
    );
  }
  const ended = hasEnded(data.status);
  const failed = data.devices_failed > 0 || data.counts.failed + data.counts.partially_succeeded > 0;

  return (
    <Page
      title={nameOf(data)}
      lead={
        <Group gap="sm" component="span">
          <StatusChip status={data.status} />
          <span>
            by {data.created_by}, <Ago at={data.created_at} />
          </span>
        </Group>
      }
      actions={<Actions collection={data} ended={ended} />}
    >
      <Stale of={[collection]} />
      <Figures
        label="Devices of this collection"
        figures={[
          { name: "Devices", value: count(data.counts.total) },
          {
            name: "Completed",
            value: count(data.counts.succeeded),
            icon: <IconCheck size={15} />,
            tone: "good",
          },
          {
            name: "Failed",
            value: count(data.counts.failed + data.counts.partially_succeeded + data.counts.cancelled),
            note: failedNote(data.counts.partially_succeeded, data.counts.cancelled),
            icon: <IconCross size={15} />,
            tone: "bad",
          },
          {
            name: "Remaining",
            value: count(data.counts.queued + data.counts.running),
            icon: <IconClock size={15} />,
            tone: "idle",
          },
          {
            name: "Time",
            value: data.execution_time_seconds === undefined ? "–" : duration(data.execution_time_seconds),
          },
        ]}
      />
      <ProgressBar counts={data.counts} percent={data.progress} />
      <Lineage collection={data} />
      <Tabs
        value={search.tab ?? "devices"}
        onChange={(tab) =>
          void navigate({
            search: clean({ tab: tab === "devices" ? undefined : (tab ?? undefined) }),
            replace: true,
          })
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="devices">Devices</Tabs.Tab>
          {failed && <Tabs.Tab value="failures">Failures</Tabs.Tab>}
          <Tabs.Tab value="captures">Captures</Tabs.Tab>
          {ended && <Tabs.Tab value="compare">Compare</Tabs.Tab>}
          <Tabs.Tab value="plan">Commands</Tabs.Tab>
          <Tabs.Tab value="about">About</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="devices">
          <DevicesTab id={id} live={!ended} />
        </Tabs.Panel>
        <Tabs.Panel value="failures">
          <FailuresTab id={id} ended={ended} />
        </Tabs.Panel>
        <Tabs.Panel value="captures">
          <CapturesTab id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="compare">
          <CompareTab collection={data} />
        </Tabs.Panel>
        <Tabs.Panel value="plan">
          <PlanTab id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="about">
          <About collection={data} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Actions({ collection, ended }: { collection: Collection; ended: boolean }) {
  const { id } = collection;
  const operator = useCan("operator");
  const actions = operator ? collection.actions : [];
  const navigate = route.useNavigate();
  const cancel = useMutation({
    mutationFn: () => ask(api.POST("/collections/{id}/cancel", { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["collections"] }),
  });
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/collections/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      void navigate({ to: "/collections", search: {} });
      queryClient.removeQueries({ queryKey: ["collections", id] });
      void queryClient.invalidateQueries({ queryKey: ["collections"] });
    },
  });
  return (
    <>
      {!ended && (
        <Button component={Link} to={`/collections/${encodeURIComponent(id)}/run`}>
          Watch it live
        </Button>
      )}
      {ended && (
        <Button variant="default" component={Link} to={`/collections/${encodeURIComponent(id)}/run`}>
          Map and log
        </Button>
      )}
      {actions.includes("retry") && collection.devices_failed > 0 && (
        <Retry
          collectionId={id}
          label="Retry failed devices"
          primary
          includeCancelled={collection.counts.cancelled > 0}
        />
      )}
      {actions.includes("cancel") && (
        <Confirm
          label="Cancel"
          icon={<IconStop size={16} />}
          title="Cancel this collection?"
          confirm="Cancel it"
          loading={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate()}
        >
          Devices that wait are not started, those that run are stopped. What was recorded stays, and the rest
          can be retried later.
        </Confirm>
      )}
      {actions.includes("delete") && (
        <Confirm
          label="Delete"
          icon={<IconTrash size={16} />}
          title="Delete this collection?"
          confirm="Delete it"
          loading={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
        >
          Its history and its texts go, but the last good text of each device stays.
        </Confirm>
      )}
    </>
  );
}

const deviceColumns: Column<CollectionDevice>[] = [
  { key: "status", title: "Status", width: "118px", cell: (each) => <StatusChip status={each.status} /> },
  { key: "name", title: "Device", width: "minmax(110px, 1.3fr)", cell: (each) => <b>{each.device_name}</b> },
  {
    key: "address",
    title: "Address",
    width: "minmax(110px, 1fr)",
    from: "md",
    cell: (each) => <span className="sr-mono">{each.ip_address}</span>,
  },
  {
    key: "platform",
    title: "Platform",
    width: "minmax(100px, 0.8fr)",
    from: "lg",
    cell: (each) => each.platform,
  },
  {
    key: "cause",
    title: "Cause",
    width: "minmax(120px, 1fr)",
    from: "lg",
    cell: (each) => each.failure_kind && <FailureChip kind={each.failure_kind} />,
  },
  {
    key: "message",
    title: "What happened",
    width: "minmax(110px, 1.8fr)",
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

function DevicesTab({ id, live }: { id: string; live: boolean }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { status, failure_kind, q } = search;
  const list = useList<CollectionDevice>({
    key: ["collections", id, "devices", { status, failure_kind, q }],
    read: (page) =>
      ask(
        api.GET("/collections/{id}/devices", {
          params: { path: { id }, query: { ...clean({ status, failure_kind, q }), ...page } as never },
        }),
      ),
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
        columns={deviceColumns}
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

function FailuresTab({ id, ended }: { id: string; ended: boolean }) {
  const groups = useQuery(failuresQuery(id));
  if (!groups.data) {
    return groups.error ? (
      <ProblemNotice error={groups.error} onRetry={() => void groups.refetch()} />
    ) : (
      <Loader aria-label="Loading failures" />
    );
  }
  return (
    <Panel>
      <Stale of={[groups]} />
      {groups.data.length === 0 ? (
        <Empty title="Nothing failed" />
      ) : (
        <FailureGroups collectionId={id} groups={groups.data} ended={ended} />
      )}
    </Panel>
  );
}

const captureColumns: Column<Capture>[] = [
  {
    key: "verdict",
    title: "Verdict",
    width: "124px",
    cell: (each) => <VerdictChip verdict={each.verdict} />,
  },
  {
    key: "device",
    title: "Device",
    width: "minmax(110px, 1.4fr)",
    cell: (each) => <b>{each.device_name}</b>,
  },
  {
    key: "type",
    title: "Capture type",
    width: "minmax(110px, 1fr)",
    cell: (each) => <TypeTitles slugs={[each.capture_type]} />,
  },
  {
    key: "command",
    title: "Command",
    width: "minmax(120px, 2fr)",
    from: "md",
    cell: (each) => <span className="sr-mono">{each.commands.join(" ; ")}</span>,
  },
  {
    key: "size",
    title: "Size",
    width: "80px",
    align: "right",
    from: "sm",
    cell: (each) => bytes(each.bytes),
  },
];

function CapturesTab({ id }: { id: string }) {
  const navigate = route.useNavigate();
  const list = useList<Capture>({
    key: ["collections", id, "captures"],
    read: (page) => ask(api.GET("/collections/{id}/captures", { params: { path: { id }, query: page } })),
  });
  return (
    <DataTable
      label="Captures of this collection"
      columns={captureColumns}
      {...list}
      rowKey={(each) => each.id}
      onOpen={(each) => void navigate({ to: "/captures/$id", params: { id: each.id }, search: {} })}
      empty={<Empty title="Nothing was captured" />}
    />
  );
}

function PlanTab({ id }: { id: string }) {
  const titleOf = useTypeTitle();
  const plan = useQuery({
    queryKey: ["collections", id, "plan"],
    queryFn: () => ask(api.GET("/collections/{id}/plan", { params: { path: { id } } })),
  });
  if (!plan.data) {
    return plan.error ? (
      <ProblemNotice error={plan.error} onRetry={() => void plan.refetch()} />
    ) : (
      <Loader aria-label="Loading the plan" />
    );
  }
  return (
    <Stack>
      <Stale of={[plan]} />
      <Text size="sm" c="dimmed">
        {plural(plan.data.devices_total, "device")}, {plural(plan.data.operations_total, "operation")},{" "}
        {plural(plan.data.commands_total, "command")}.
      </Text>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {plan.data.platforms.map((platform) => (
          <Panel
            key={platform.platform}
            title={platform.platform || "To be found out at login"}
            aside={<Text size="sm">{plural(platform.devices, "device")}</Text>}
          >
            <dl className="sr-commands">
              {platform.captures.map((capture) => (
                <FactPair
                  key={capture.capture_type}
                  name={titleOf(capture.capture_type)}
                  value={capture.commands.join(" ; ")}
                />
              ))}
            </dl>
          </Panel>
        ))}
      </SimpleGrid>
      {plan.data.capture_types.some((type) => type.skipped > 0) && (
        <Panel title="Skipped">
          <Text size="sm" mb={6}>
            There is no command for these on the platform of some devices.
          </Text>
          <Facts
            facts={plan.data.capture_types
              .filter((type) => type.skipped > 0)
              .map((type) => [titleOf(type.capture_type), plural(type.skipped, "device")] as const)}
          />
        </Panel>
      )}
      {plan.data.warnings.map((warning) => (
        <Text key={warning} size="sm">
          {warning}
        </Text>
      ))}
    </Stack>
  );
}

function FactPair({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{value}</dt>
      <dd>{name}</dd>
    </div>
  );
}

function About({ collection }: { collection: Collection }) {
  const { options } = collection;
  const titleOf = useTypeTitle();
  const filters = (collection.filters ?? {}) as Record<string, string | string[] | null>;
  const chosen = Object.entries(filters).filter(([, value]) => value !== null && value.length > 0);
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title="What was asked for">
          <Facts
            facts={[
              ["Capture types", <TypeTitles key="t" slugs={collection.capture_types} />],
              [
                "Filters",
                chosen.length === 0
                  ? "none"
                  : chosen.map(([key, value]) => `${key}: ${[value].flat().join(", ")}`).join("; "),
              ],
              ["Workers", count(options.max_workers ?? 5)],
              ["Command timeout", `${options.command_timeout_seconds} s`],
              [
                "Command limit",
                options.command_total_seconds ? `${options.command_total_seconds} s` : "as the platform says",
              ],
              ["Connect timeout", `${options.connect_timeout_seconds} s`],
              ["Retries", count(options.retries ?? 0)],
              ["Load into the database", options.auto_load_db ? "yes" : "no"],
              [
                "Id",
                <span className="sr-mono" key="id">
                  {collection.id}
                </span>,
              ],
            ]}
          />
        </Panel>
        <Panel title="What came of it">
          <Facts
            facts={[
              ["Created", dateTime(collection.created_at)],
              ["Started", collection.started_at ? dateTime(collection.started_at) : "not yet"],
              ["Finished", collection.finished_at ? dateTime(collection.finished_at) : "not yet"],
              ["Message", collection.message ?? "none"],
              [
                "Texts recorded",
                Object.entries(collection.captures_created)
                  .map(([type, number]) => `${titleOf(type)} ${count(number)}`)
                  .join(", ") || "none",
              ],
            ]}
          />
        </Panel>
      </SimpleGrid>
      <Exports id={collection.id} name={collection.name} />
    </Stack>
  );
}
