import { Button, Group, Loader, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { clean } from "../app/search";
import { DiffView } from "../diff/DiffView";
import { bothTimes } from "../format";
import { Page, Panel } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { SeverityChip } from "../ui/Status";
import { Moment } from "../ui/Time";
import { CopyDiff, DiffTools, queryOf } from "./DiffTools";
import { LinesChanged } from "./LinesChanged";

const route = getRouteApi("/changes/$id");

export function ChangePage() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { view, ...options } = search;
  const query = queryOf(options);
  const change = useQuery({
    queryKey: ["changes", id, query],
    queryFn: () => ask(api.GET("/config-changes/{id}", { params: { path: { id }, query } })),
    placeholderData: keepPreviousData,
  });
  const data = change.data;
  if (data === undefined) {
    return change.error ? (
      <Page title="Change">
        <ProblemNotice error={change.error} onRetry={() => void change.refetch()} />
      </Page>
    ) : (
      <Loader aria-label="Loading" />
    );
  }
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  return (
    <Page
      title={`Change of ${data.device_name}`}
      lead={
        <Group gap="sm" component="span">
          <SeverityChip severity={data.severity} />
          <LinesChanged change={data} />
          <span>
            Changed between <Moment at={data.previous_captured_at} /> and <Moment at={data.changed_at} />
          </span>
        </Group>
      }
      actions={
        <>
          <Button
            variant="default"
            component={Link}
            to={`/captures/${encodeURIComponent(data.previous_capture_id)}`}
          >
            Text before
          </Button>
          <Button variant="default" component={Link} to={`/captures/${encodeURIComponent(data.capture_id)}`}>
            Text after
          </Button>
        </>
      }
    >
      <Stale of={[change]} />
      {data.message && <Notice tone="idle" title={data.message} />}
      {data.truncated && <Notice tone="warn" title="Too long to show as a whole: the patch has all of it" />}
      {data.masked && (
        <Text size="sm" c="dimmed">
          Secrets are shown as tags; the same secret has the same tag.
        </Text>
      )}
      <Panel>
        {data.hunks.length === 0 ? (
          <Empty title="There are no lines to show" />
        ) : (
          <DiffView
            hunks={data.hunks}
            view={view}
            onView={(next) => set({ view: next })}
            label={`What changed in the configuration of ${data.device_name}, ${bothTimes(data.changed_at)}`}
            tools={
              <>
                <CopyDiff hunks={data.hunks} />
                <DiffTools
                  options={options}
                  onChange={set}
                  patch={`/api/v1/config-changes/${encodeURIComponent(id)}/diff.patch`}
                  query={{}}
                  name={`${data.device_name.replaceAll(/[^\w.-]+/g, "_")}.patch`}
                />
              </>
            }
          />
        )}
      </Panel>
      <Text size="sm">
        <Link to="/devices/$id" params={{ id: data.device_id }}>
          {data.device_name}
        </Link>
        {" · "}
        <Link to="/changes" search={{ device_id: data.device_id }}>
          all its changes
        </Link>
        {" · "}
        <Link to="/collections/$id" params={{ id: data.collection_id }} search={{}}>
          the collection that found it
        </Link>
      </Text>
    </Page>
  );
}
