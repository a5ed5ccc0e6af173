import { Group, Loader, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { collectionQuery } from "../api/queries";
import { clean, oneOf } from "../app/search";
import { AboutTab } from "../collection/AboutTab";
import { CapturesTab } from "../collection/CapturesTab";
import { CollectionActions } from "../collection/CollectionActions";
import { DevicesTab } from "../collection/DevicesTab";
import { FailuresTab } from "../collection/FailuresTab";
import { PlanTab } from "../collection/PlanTab";
import { CompareTab } from "../compare/CompareTab";
import { Lineage } from "../compare/Lineage";
import { count, duration } from "../format";
import { hasEnded } from "../progress";
import { IconCheck, IconClock, IconCross } from "../ui/icons";
import { Figures, Page } from "../ui/Page";
import { ProblemNotice, Stale } from "../ui/Problem";
import { StatusChip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { ProgressBar } from "../wizard/ProgressBar";
import { failedNote } from "../wizard/Run";
import { nameOf } from "../words";

const route = getRouteApi("/collections/$id");

const TABS = ["devices", "failures", "captures", "compare", "plan", "about"] as const;

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
      actions={<CollectionActions collection={data} ended={ended} />}
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
        value={oneOf(TABS, search.tab) ?? "devices"}
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
          <AboutTab collection={data} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
