import { Button, Loader, SegmentedControl, SimpleGrid } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { queryClient } from "../api/queries";
import type { Capture } from "../api/types";
import { useCan } from "../app/role";
import { bothTimes } from "../format";
import { Records } from "../tables/Records";
import { tableFor } from "../tables/tables";
import { CaptureText } from "../ui/CaptureText";
import { Confirm } from "../ui/Confirm";
import { useTypeTitle } from "../ui/captureTypes";
import { IconTrash } from "../ui/icons";
import { Facts, Page, Panel } from "../ui/Page";
import { ProblemNotice, Stale } from "../ui/Problem";
import { Transcript } from "../ui/Transcript";

const route = getRouteApi("/captures/$id");

export function CapturePage() {
  const { id } = route.useParams();
  const navigate = route.useNavigate();
  const admin = useCan("admin");
  const operator = useCan("operator");
  const capture = useQuery({
    queryKey: ["captures", id],
    queryFn: () => ask(api.GET("/captures/{id}", { params: { path: { id } } })),
  });
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/captures/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      void navigate({ to: "/captures", search: {} });
      queryClient.removeQueries({ queryKey: ["captures", id] });
      void queryClient.invalidateQueries({ queryKey: ["captures"] });
    },
  });
  const titleOf = useTypeTitle();
  const data = capture.data;
  if (data === undefined) {
    return capture.error ? (
      <Page title="Capture">
        <ProblemNotice error={capture.error} onRetry={() => void capture.refetch()} />
      </Page>
    ) : (
      <Loader aria-label="Loading" />
    );
  }
  return (
    <Page
      title={`${titleOf(data.capture_type)} of ${data.device_name}`}
      lead={bothTimes(data.captured_at)}
      actions={
        <>
          <Button variant="default" component={Link} to={`/captures/${encodeURIComponent(id)}/diff`}>
            Compare
          </Button>
          {admin && (
            <Confirm
              label="Delete"
              icon={<IconTrash size={16} />}
              title="Delete this capture?"
              confirm="Delete it"
              loading={remove.isPending}
              error={remove.error}
              onConfirm={() => remove.mutate()}
            >
              The row and its text go. The last good text of a device is never removed.
            </Confirm>
          )}
        </>
      }
    >
      <Stale of={[capture]} />
      <Reading capture={data} />
      <Panel title="Where it comes from">
        <Facts
          facts={[
            [
              "Device",
              <Link key="d" to="/devices/$id" params={{ id: data.device_id }}>
                {data.device_name}
              </Link>,
            ],
            [
              "Collection",
              <Link
                key="c"
                to="/collections/$id/devices/$deviceId"
                params={{ id: data.collection_id, deviceId: data.device_id }}
              >
                This device in the collection
              </Link>,
            ],
            // Without the right to secrets it is another value, the same for the same text.
            [
              operator ? "SHA-256" : "Fingerprint",
              data.sha256 && <span className="sr-mono">{data.sha256}</span>,
            ],
          ]}
        />
      </Panel>
      {admin && <Transcript of={`captures/${encodeURIComponent(id)}`} />}
    </Page>
  );
}

type View = "text" | "records" | "both";

/** The text as it was captured, what was read out of it, or both beside each other where there is room. */
function Reading({ capture }: { capture: Capture }) {
  const { view, find, line } = route.useSearch();
  const navigate = route.useNavigate();
  const roomy = useMediaQuery("(min-width: 1180px)", true);
  const usual: View = tableFor(capture.capture_type) === undefined ? "text" : roomy ? "both" : "text";
  const chosen: View = view === "text" || view === "records" || view === "both" ? view : usual;
  const shown = chosen === "both" && !roomy ? "text" : chosen;
  return (
    <>
      <SegmentedControl
        aria-label="What is shown"
        style={{ alignSelf: "flex-start" }}
        value={shown}
        onChange={(value) =>
          void navigate({ search: (before) => ({ ...before, view: value }), replace: true })
        }
        data={[
          { value: "text", label: "Text" },
          { value: "records", label: "Records" },
          ...(roomy ? [{ value: "both", label: "Side by side" }] : []),
        ]}
      />
      <SimpleGrid cols={shown === "both" ? 2 : 1}>
        {shown !== "records" && (
          <Panel title={shown === "both" ? "Text" : undefined}>
            <CaptureText
              capture={capture}
              linked={false}
              wanted={find}
              line={line ? Number(line) : undefined}
            />
          </Panel>
        )}
        {shown !== "text" && (
          <Panel title={shown === "both" ? "Records" : undefined}>
            <Records capture={capture} />
          </Panel>
        )}
      </SimpleGrid>
    </>
  );
}
