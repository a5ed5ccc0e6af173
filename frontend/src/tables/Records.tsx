import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, ask } from "../api/client";
import { queryClient } from "../api/queries";
import type { Capture, CaptureRecords } from "../api/types";
import { useCan } from "../app/role";
import { count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { Labelled } from "./Cell";
import { fieldWord, tableFor } from "./tables";

/** As many as the page shows; a text with more is for the table that it is loaded into. */
const MOST = 2_000;

interface Record {
  key: string;
  fields: { [name: string]: unknown };
}

/** What the templates read out of a text, and how much of it they understood. */
export function Records({ capture }: { capture: Capture }) {
  const operator = useCan("operator");
  const { id } = capture;
  const key = ["captures", id, "records"];
  const records = useQuery({
    queryKey: key,
    queryFn: () =>
      ask(api.GET("/captures/{id}/records", { params: { path: { id }, query: { limit: MOST } } })),
    staleTime: 5 * 60_000,
  });
  const again = useMutation({
    mutationFn: () => ask(api.POST("/captures/{id}/reparse", { params: { path: { id } } })),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: key });
      void queryClient.invalidateQueries({ queryKey: ["tables"] });
    },
  });
  const rows = useMemo<Record[]>(
    () =>
      (records.data?.records ?? []).map((fields, index) => ({
        key: String(index),
        fields: fields as Record["fields"],
      })),
    [records.data],
  );
  const narrow = !useMediaQuery("(min-width: 640px)", true);
  const columns = useMemo(() => columnsOf(rows, narrow), [rows, narrow]);
  if (records.data === undefined) {
    return records.error ? (
      <ProblemNotice error={records.error} onRetry={() => void records.refetch()} />
    ) : (
      <Loader size="sm" aria-label="Reading the records" />
    );
  }
  const data = records.data;
  const table = tableFor(data.capture_type);
  return (
    <Stack gap="sm">
      <Stale of={[records]} />
      <Group gap="sm" justify="space-between">
        <Text size="sm">
          <b>{plural(data.records_total, "record")}</b>
          {data.records_total > rows.length && `, the first ${count(rows.length)} are shown`}
          {data.loaded && table && (
            <>
              {", in the table "}
              <Link
                to="/tables/$table"
                params={{ table: table.slug }}
                search={{ device_id: capture.device_id }}
              >
                {table.title}
              </Link>
            </>
          )}
        </Text>
        {operator && (
          <Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate()}>
            Parse again
          </Button>
        )}
      </Group>
      {again.error && <ProblemNotice error={again.error} />}
      {data.message && <Notice tone="idle" title={data.message} />}
      <Understood data={data} />
      {rows.length > 0 && (
        <DataTable
          label={`Records of ${capture.capture_type} of ${capture.device_name}`}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.key}
          rowHeight={36}
          maxHeight="min(70dvh, 720px)"
          empty={<Empty title="There is no record" />}
        />
      )}
      {data.templates.length > 0 && (
        <Text size="xs" c="dimmed" className="sr-any">
          Read by{" "}
          <span className="sr-mono">
            {data.templates.map((template) => `${template.origin}/${template.name}`).join(", ")}
          </span>
        </Text>
      )}
    </Stack>
  );
}

function Understood({ data }: { data: CaptureRecords }) {
  if (data.unknown_lines === 0 && data.incomplete === 0) return null;
  return (
    <Notice
      tone="warn"
      title={[
        ...(data.unknown_lines > 0
          ? [`${count(data.unknown_lines)} of ${plural(data.lines, "line")} not understood`]
          : []),
        ...(data.incomplete > 0
          ? [`${plural(data.incomplete, "record")} without a field that it needs`]
          : []),
      ].join(", ")}
    >
      {data.unknown_examples.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <pre className="sr-code" tabIndex={0} style={{ maxHeight: 160 }}>
          {data.unknown_examples.map((line) => `${String(line.number).padStart(5)}  ${line.text}`).join("\n")}
        </pre>
      )}
    </Notice>
  );
}

/** A column for each field that occurs; what is said as printed too is left to the text beside it. */
function columnsOf(rows: readonly Record[], narrow: boolean): Column<Record>[] {
  const widths = new Map<string, number>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row.fields)) {
      if (name.endsWith("_raw") && name.slice(0, -4) in row.fields) continue;
      const length = Math.min(26, typeof value === "object" ? 26 : String(value).length);
      widths.set(name, Math.max(widths.get(name) ?? fieldWord(name).length, length));
    }
  }
  return [...widths].map(([name, width]) => ({
    key: name,
    title: fieldWord(name),
    width: `minmax(${width * 8 + 4}px, ${width}fr)`,
    cell: (row) => (
      <Labelled
        title={fieldWord(name)}
        value={row.fields[name]}
        look={name.endsWith("_up") ? "state" : "mono"}
        narrow={narrow}
      />
    ),
  }));
}
