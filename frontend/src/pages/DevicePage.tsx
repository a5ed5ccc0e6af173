import { Badge, Button, Group, Loader, SimpleGrid, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { captureTypesQuery, deviceQuery, platformsQuery, queryClient } from "../api/queries";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { Timeline } from "../device/Timeline";
import { bytes } from "../format";
import { tableFor } from "../tables/tables";
import { Confirm } from "../ui/Confirm";
import { IconCheck, IconPlay, IconTrash } from "../ui/icons";
import { Facts, Page, Panel } from "../ui/Page";
import { ProblemNotice, Stale } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { Ago, Moment } from "../ui/Time";
import { CheckActions, ConnectionCheck, useConnectionCheck } from "../wizard/ConnectionCheck";
import { DeviceForm } from "./DeviceForm";

const route = getRouteApi("/devices/$id");

export function DevicePage() {
  const { id } = route.useParams();
  const navigate = route.useNavigate();
  const operator = useCan("operator");
  const { check: shownCheck } = route.useSearch();
  const setCheck = (check: string | undefined) =>
    void navigate({ search: (before) => clean({ ...before, check }), replace: true });
  const check = useConnectionCheck(setCheck);
  const checkNow = () => check.mutate({ devices: [id] });
  const device = useQuery(deviceQuery(id));
  const platforms = useQuery(platformsQuery);
  const types = useQuery(captureTypesQuery);
  const current = useQuery({
    queryKey: ["captures", "current", id],
    queryFn: async () =>
      (await ask(api.GET("/captures", { params: { query: { device_id: [id], current: true, limit: 100 } } })))
        .items,
  });
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/devices/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      void navigate({ to: "/devices", search: {} });
      queryClient.removeQueries({ queryKey: ["devices", id] });
      void queryClient.invalidateQueries({ queryKey: ["devices"] });
    },
  });
  const data = device.data;
  if (data === undefined) {
    return device.error ? (
      <Page title="Device">
        <ProblemNotice error={device.error} onRetry={() => void device.refetch()} />
      </Page>
    ) : (
      <Loader aria-label="Loading" />
    );
  }
  const offered = platforms.data?.find((platform) => platform.name === data.platform)?.captures ?? [];
  const shown = (types.data ?? []).filter(
    (type) =>
      // The further types are many; they are listed once there is a text of them.
      (type.wizard && offered.some((capture) => capture.capture_type === type.name)) ||
      current.data?.some((capture) => capture.capture_type === type.name),
  );

  return (
    <Page
      title={data.name}
      lead={
        <span className="sr-mono">
          {data.address}
          {data.port !== 22 && `:${data.port}`}
        </span>
      }
      actions={
        operator && (
          <>
            <Button
              leftSection={<IconPlay size={15} />}
              disabled={!data.enabled}
              onClick={() => void navigate({ to: "/collect", search: { device: [id] } })}
            >
              Collect now
            </Button>
            <Button
              variant="default"
              leftSection={<IconCheck size={15} />}
              loading={check.isPending}
              disabled={!data.enabled}
              onClick={checkNow}
            >
              Check connection
            </Button>
            <DeviceForm device={data} key={data.updated_at} />
            <Confirm
              label="Delete"
              icon={<IconTrash size={16} />}
              title={`Delete ${data.name}?`}
              confirm="Delete it"
              loading={remove.isPending}
              error={remove.error}
              onConfirm={() => remove.mutate()}
            >
              The device leaves the inventory. Earlier collections keep what they recorded of it.
            </Confirm>
          </>
        )
      }
    >
      <Stale of={[device, current]} />
      {check.error && <ProblemNotice error={check.error} onRetry={checkNow} />}
      {shownCheck && (
        <Panel
          title="Connection"
          aside={
            <CheckActions
              again={operator && data.enabled ? checkNow : undefined}
              loading={check.isPending}
              onClose={() => setCheck(undefined)}
            />
          }
        >
          <ConnectionCheck key={shownCheck} id={shownCheck} />
        </Panel>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title="Facts">
          <Facts
            facts={[
              ["Platform", data.platform],
              ["Vendor", data.vendor],
              ["Model", data.model],
              ["OS version", data.os_version],
              ["Serial", data.serial],
              ["Site", data.site],
              ["Role", data.role],
              [
                "Tags",
                data.tags.length === 0 ? (
                  "none"
                ) : (
                  <Group gap={6} key="tags">
                    {data.tags.map((tag) => (
                      <Badge key={tag} variant="default" tt="none" fw={500}>
                        {tag}
                      </Badge>
                    ))}
                  </Group>
                ),
              ],
              [
                "State",
                data.enabled ? "enabled" : <Chip key="s" word={{ text: "Disabled", tone: "idle" }} />,
              ],
              [
                "Host key",
                <Link key="h" to="/host-keys" search={{ device_id: id }}>
                  Keys it is known by
                </Link>,
              ],
              ["SSH algorithms", data.legacy_algorithms ? "modern and legacy" : "modern only"],
              ["Last collected", <Ago key="l" at={data.last_collected_at} />],
              ["Added", <Moment key="a" at={data.created_at} />],
            ]}
          />
        </Panel>
        <Panel title="Last good texts and tables">
          {current.error && current.data === undefined ? (
            <ProblemNotice error={current.error} onRetry={() => void current.refetch()} />
          ) : shown.length === 0 ? (
            <Text c="dimmed">
              {data.platform === "" ? "The platform is not known yet." : "Nothing was captured yet."}
            </Text>
          ) : (
            <Facts
              facts={shown.map((type) => {
                const capture = current.data?.find((each) => each.capture_type === type.name);
                const table = tableFor(type.name);
                return [
                  type.title,
                  capture ? (
                    <span key={type.name}>
                      <Link to="/captures/$id" params={{ id: capture.id }} search={{}}>
                        {bytes(capture.bytes)}
                      </Link>
                      , <Ago at={capture.captured_at} />
                      {table && (
                        <>
                          {", "}
                          <Link to="/tables/$table" params={{ table: table.slug }} search={{ device_id: id }}>
                            {table.title}
                          </Link>
                        </>
                      )}
                    </span>
                  ) : (
                    <span key={type.name} className="sr-muted">
                      never
                    </span>
                  ),
                ] as const;
              })}
            />
          )}
        </Panel>
      </SimpleGrid>
      <Panel
        title="Timeline"
        aside={
          <Link to="/changes" search={{ device_id: id }}>
            Changes of its configuration
          </Link>
        }
      >
        <Timeline device={data} />
      </Panel>
    </Page>
  );
}
