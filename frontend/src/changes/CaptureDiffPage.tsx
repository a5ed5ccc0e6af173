import { Group, Loader, Select, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client";
import type { Capture } from "../api/types";
import { clean } from "../app/search";
import { DiffView } from "../diff/DiffView";
import { dateTime, plural } from "../format";
import { useTypeTitle } from "../ui/captureTypes";
import { useDevicesNamed } from "../ui/devicesNamed";
import { Page, Panel } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { SeverityChip } from "../ui/Status";
import { TextFilter } from "../ui/TextFilter";
import { Moment } from "../ui/Time";
import { CopyDiff, DiffTools, queryOf } from "./DiffTools";

const route = getRouteApi("/captures/$id/diff");

/** A capture beside any other: of another time, or of another device. */
export function CaptureDiffPage() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { against, view, ...options } = search;
  const query = { ...queryOf(options), ...(against ? { against } : {}) };
  const titleOf = useTypeTitle();
  const capture = useQuery({
    queryKey: ["captures", id],
    queryFn: () => ask(api.GET("/captures/{id}", { params: { path: { id } } })),
  });
  const diff = useQuery({
    queryKey: ["captures", id, "diff", query],
    queryFn: () => ask(api.GET("/captures/{id}/diff", { params: { path: { id }, query } })),
    placeholderData: keepPreviousData,
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const data = diff.data;
  return (
    <Page
      title={
        capture.data
          ? `Compare ${titleOf(capture.data.capture_type)} of ${capture.data.device_name}`
          : "Compare"
      }
      lead={
        data && (
          <>
            {data.old.device_name !== data.new.device_name && `${data.old.device_name}, `}
            <Moment at={data.old.captured_at} /> →{" "}
            {data.old.device_name !== data.new.device_name && `${data.new.device_name}, `}
            <Moment at={data.new.captured_at} />
          </>
        )
      }
    >
      <Stale of={[capture, diff]} />
      {capture.error && !capture.data && (
        <ProblemNotice error={capture.error} onRetry={() => void capture.refetch()} />
      )}
      {capture.data && (
        <Other capture={capture.data} against={against} onChange={(next) => change({ against: next })} />
      )}
      {data === undefined ? (
        diff.error ? (
          <ProblemNotice error={diff.error} onRetry={() => void diff.refetch()} />
        ) : (
          <Loader aria-label="Comparing" />
        )
      ) : (
        <>
          {data.truncated && (
            <Notice tone="warn" title="Too long to show as a whole: the patch has all of it" />
          )}
          <Panel>
            {data.hunks.length === 0 ? (
              <Empty title="They are the same">
                {options.all_lines === undefined
                  ? "At most ignored lines are different."
                  : "No line is different."}
              </Empty>
            ) : (
              <>
                <Group gap="sm" mb="sm">
                  {data.severity && <SeverityChip severity={data.severity} />}
                  <Text size="sm">
                    {plural(data.lines_added, "line")} added, {plural(data.lines_removed, "line")} removed
                    {data.masked && "; secrets are shown as tags, the same one has the same tag"}
                  </Text>
                </Group>
                <DiffView
                  hunks={data.hunks}
                  view={view}
                  onView={(next) => change({ view: next })}
                  label={`Differences between two texts of ${titleOf(data.new.capture_type)}`}
                  tools={
                    <>
                      <CopyDiff hunks={data.hunks} />
                      <DiffTools
                        options={options}
                        onChange={change}
                        patch={`/api/v1/captures/${encodeURIComponent(id)}/diff.patch`}
                        query={{ against }}
                        name={`${data.new.device_name}-${data.new.capture_type}.patch`.replaceAll(
                          /[^\w.-]+/g,
                          "_",
                        )}
                      />
                    </>
                  }
                />
              </>
            )}
          </Panel>
          <Text size="sm">
            <Link to="/captures/$id" params={{ id: data.old.capture_id }} search={{}}>
              Text before
            </Link>
            {" · "}
            <Link to="/captures/$id" params={{ id: data.new.capture_id }} search={{}}>
              Text after
            </Link>
          </Text>
        </>
      )}
    </Page>
  );
}

interface OtherProps {
  capture: Capture;
  against: string | undefined;
  onChange: (id: string) => void;
}

function Other({ capture, against, onChange }: OtherProps) {
  const [typed, setTyped] = useState("");
  const named = useDevicesNamed(typed);
  const others = useQuery({
    queryKey: ["captures", "comparable", capture.id, named.query],
    enabled: named.ready,
    queryFn: async () => {
      const whose = typed === "" ? { device_id: [capture.device_id] } : named.query;
      const query = { ...whose, capture_type: [capture.capture_type], limit: 100 };
      return (await ask(api.GET("/captures", { params: { query } }))).items.filter(
        (each) => each.id !== capture.id && each.bytes > 0,
      );
    },
  });
  const known = others.data ?? [];
  return (
    <div className="sr-filters">
      <TextFilter label="Of the device" placeholder={capture.device_name} value={typed} onFilter={setTyped} />
      <Select
        label="Captured at"
        placeholder={against === undefined ? "The last good text" : "Chosen by the address"}
        clearable
        data={known.map((each) => ({
          value: each.id,
          label: `${dateTime(each.captured_at)}${each.device_id === capture.device_id ? "" : `, ${each.device_name}`}${each.current ? ", last good" : ""}`,
        }))}
        value={known.some((each) => each.id === against) ? (against ?? null) : null}
        onChange={(value) => onChange(value ?? "")}
        nothingFoundMessage="Nothing was captured"
      />
    </div>
  );
}
