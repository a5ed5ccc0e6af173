import {
  Button,
  Code,
  FileButton,
  Group,
  SegmentedControl,
  Stack,
  Switch,
  Text,
  Textarea,
} from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { authorisedFetch } from "../api/client";
import { problemOf } from "../api/problem";
import { queryClient } from "../api/queries";
import type { DeviceImport } from "../api/types";
import { useCan } from "../app/role";
import { count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { IconUp } from "../ui/icons";
import { Page, Panel } from "../ui/Page";
import { Empty, NotAllowed, Notice, ProblemNotice } from "../ui/Problem";
import { Chip } from "../ui/Status";
import type { Tone } from "../words";
import { ColumnMap } from "./ColumnMap";
import { type Field, guessed, renamed, tableOf } from "./columns";

type Format = "list" | "csv" | "sessions_yaml";

const FORMATS: Record<Format, { label: string; mime: string; hint: string; example: string }> = {
  list: {
    label: "Plain list",
    mime: "text/plain",
    hint: "One device a line: address, or name and address, and a platform if you know it.",
    example: "core-1 192.0.2.1 cisco_ios\ncore-2 192.0.2.2:2222 arista_eos\n192.0.2.3",
  },
  csv: {
    label: "CSV",
    mime: "text/csv",
    hint: "With a line of column names first.",
    example: "name,host,port,platform,site,role\ncore-1,192.0.2.1,22,cisco_ios,ams,core",
  },
  sessions_yaml: {
    label: "sessions.yaml",
    mime: "application/yaml",
    hint: "Folders of sessions, as terminal programs export them.",
    example:
      "- folder_name: ams\n  sessions:\n    - display_name: core-1\n      host: 192.0.2.1\n      port: 22",
  },
};

const ACTION: Record<string, { text: string; tone: Tone }> = {
  created: { text: "New", tone: "good" },
  updated: { text: "Changed", tone: "busy" },
  unchanged: { text: "Unchanged", tone: "idle" },
  failed: { text: "Not taken", tone: "bad" },
};

type Row = DeviceImport["rows"][number];

const columns: Column<Row>[] = [
  { key: "row", title: "Row", width: "60px", align: "right", cell: (row) => count(row.row) },
  {
    key: "action",
    title: "What happens",
    width: "126px",
    cell: (row) => <Chip word={ACTION[row.action] ?? { text: row.action, tone: "idle" }} />,
  },
  { key: "name", title: "Device", width: "minmax(110px, 1.2fr)", cell: (row) => <b>{row.name}</b> },
  {
    key: "address",
    title: "Address",
    width: "minmax(110px, 1fr)",
    from: "sm",
    cell: (row) => <span className="sr-mono">{row.address}</span>,
  },
  {
    key: "message",
    title: "Remarks",
    width: "minmax(110px, 2fr)",
    cell: (row) => {
      const remarks = [row.message, ...row.warnings].filter(Boolean).join(" · ");
      return <span title={remarks}>{remarks}</span>;
    },
  },
];

async function send(text: string, format: Format, update: boolean, dryRun: boolean): Promise<DeviceImport> {
  const url = new URL("/api/v1/device-imports", location.origin);
  url.searchParams.set("format", format);
  url.searchParams.set("dry_run", String(dryRun));
  url.searchParams.set("update", String(update));
  const response = await authorisedFetch(
    new Request(url, { method: "POST", body: text, headers: { "content-type": FORMATS[format].mime } }),
  );
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemOf(body, response);
  return body as DeviceImport;
}

function guess(name: string, text: string): Format {
  if (/\.ya?ml$/i.test(name)) return "sessions_yaml";
  if (/\.csv$/i.test(name) || /[,;\t|]/.test(text.split("\n", 1)[0] ?? "")) return "csv";
  return /^\s*-\s+folder_name:/m.test(text) ? "sessions_yaml" : "list";
}

export function DeviceImportPage() {
  const operator = useCan("operator");
  const [format, setFormat] = useState<Format>("list");
  const [text, setText] = useState("");
  const [update, setUpdate] = useState(false);
  const [said, setSaid] = useState<(Field | undefined)[]>();
  const table = useMemo(() => (format === "csv" ? tableOf(text) : undefined), [format, text]);
  const fields = useMemo(
    () => (table === undefined ? [] : said?.length === table.header.length ? said : guessed(table)),
    [table, said],
  );
  // Columns that nobody said anything about are for the server to understand.
  const sent =
    table !== undefined && (said !== undefined || table.headless) ? renamed(text, table, fields) : text;
  const preview = useMutation({ mutationFn: () => send(sent, format, update, true) });
  const take = useMutation({
    mutationFn: () => send(sent, format, update, false),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["devices"] }),
  });
  if (!operator) {
    return (
      <Page title="Import devices">
        <NotAllowed needs="operator" />
      </Page>
    );
  }
  const forget = () => {
    preview.reset();
    take.reset();
  };
  const result = take.data ?? preview.data;
  const good = preview.data ? preview.data.created + preview.data.updated : 0;

  return (
    <Page
      title="Import devices"
      lead="First you see what would happen, row by row; nothing changes before you say so."
    >
      <Panel title="What to import">
        <Stack>
          <Group justify="space-between">
            <SegmentedControl
              aria-label="Format"
              value={format}
              onChange={(value) => {
                setFormat(value as Format);
                forget();
              }}
              data={Object.entries(FORMATS).map(([value, { label }]) => ({ value, label }))}
            />
            <FileButton
              accept=".csv,.txt,.yaml,.yml,text/plain,text/csv"
              onChange={async (file) => {
                if (!file) return;
                const content = await file.text();
                setText(content);
                setFormat(guess(file.name, content));
                setSaid(undefined);
                forget();
              }}
            >
              {(props) => (
                <Button {...props} variant="default" leftSection={<IconUp size={15} />}>
                  Choose a file
                </Button>
              )}
            </FileButton>
          </Group>
          <Textarea
            label="Devices"
            description={FORMATS[format].hint}
            placeholder={FORMATS[format].example}
            autosize
            minRows={6}
            maxRows={16}
            spellCheck={false}
            value={text}
            onChange={(event) => {
              const content = event.currentTarget.value;
              // What was pasted as a whole says itself what it is.
              if (text === "" && content.includes("\n")) setFormat(guess("", content));
              setText(content);
              forget();
            }}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.82rem" } }}
          />
          {table && (
            <ColumnMap
              table={table}
              fields={fields}
              onChange={(next) => {
                setSaid(next);
                forget();
              }}
            />
          )}
          <details>
            <summary>An example</summary>
            <Code block mt="xs">
              {FORMATS[format].example}
            </Code>
          </details>
          <Switch
            label="Change devices that are already known"
            description="Without this, a device whose name or address is taken stays as it is."
            checked={update}
            onChange={(event) => {
              setUpdate(event.currentTarget.checked);
              forget();
            }}
          />
          <Group>
            <Button
              variant={preview.data ? "default" : "filled"}
              disabled={text.trim() === ""}
              loading={preview.isPending}
              onClick={() => {
                take.reset();
                preview.mutate();
              }}
            >
              Show what would happen
            </Button>
            {preview.data && !take.data && (
              <Button loading={take.isPending} disabled={good === 0} onClick={() => take.mutate()}>
                Import {plural(good, "device")}
              </Button>
            )}
          </Group>
        </Stack>
      </Panel>
      {(preview.error ?? take.error) && <ProblemNotice error={preview.error ?? take.error} />}
      {take.data && (
        <Notice
          tone="good"
          title={`${plural(take.data.created, "device")} added, ${count(take.data.updated)} changed`}
          role="status"
        >
          <Group gap="sm">
            <Button size="xs" component={Link} to="/devices">
              See the devices
            </Button>
            <Button size="xs" variant="default" component={Link} to="/collect">
              New collection
            </Button>
          </Group>
        </Notice>
      )}
      {result && (
        <Panel
          title={result.dry_run ? "What would happen" : "What happened"}
          aside={
            <Text size="sm">
              {count(result.created)} new, {count(result.updated)} changed, {count(result.unchanged)}{" "}
              unchanged, {count(result.failed)} not taken
            </Text>
          }
        >
          {result.warnings.map((warning) => (
            <Text key={warning} size="sm" mb="xs">
              {warning}
            </Text>
          ))}
          <DataTable
            label="Rows of the import"
            columns={columns}
            rows={result.rows}
            rowKey={(row) => String(row.row)}
            maxHeight="460px"
            empty={<Empty title="There was no row" />}
          />
        </Panel>
      )}
    </Page>
  );
}
