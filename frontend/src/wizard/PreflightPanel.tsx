import { Button, Group, Progress, Stack, Text, Tooltip } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { Page, PreflightDevice, PreflightStep } from "../api/types";
import { count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { IconStop } from "../ui/icons";
import { Panel } from "../ui/Page";
import { Empty, Notice, ProblemNotice } from "../ui/Problem";
import { ToneIcon } from "../ui/Status";
import { failureWord, stepWord } from "../words";

const STEPS: PreflightStep["step"][] = ["dns", "tcp", "host_key", "login", "platform", "privilege"];

interface Props {
  id: string;
  /** Start without these devices. */
  onDrop: (devices: { id: string; name: string }[]) => void;
  onClose: () => void;
}

/** What would go wrong, before anything is collected: one row per device, one column per hurdle. */
export function PreflightPanel({ id, onDrop, onClose }: Props) {
  const preflight = useQuery({
    queryKey: ["preflights", id],
    queryFn: () => ask(api.GET("/preflights/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data?.status === "running" ? 1_000 : false),
  });
  const running = preflight.data?.status === "running";
  const list = useList<PreflightDevice>({
    key: ["preflights", id, "devices", preflight.data?.status],
    read: (page) => readDevices(id, page),
    enabled: preflight.data !== undefined,
    ...(running ? { refetchInterval: 2_000 } : {}),
  });
  // What needs a person stands first, among the rows that are here.
  const rows = useMemo(() => [...list.rows].sort((a, b) => Number(a.ok) - Number(b.ok)), [list.rows]);
  const drop = useMutation({ mutationFn: () => allNotReady(id), onSuccess: onDrop });

  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    panel.current?.scrollIntoView({ block: "start" });
  }, []);

  if (preflight.error)
    return <ProblemNotice error={preflight.error} onRetry={() => void preflight.refetch()} />;
  const counts = preflight.data?.counts;
  const ended = counts ? counts.total - counts.queued - counts.running : 0;
  const columns: Column<PreflightDevice>[] = [
    { key: "name", title: "Device", width: "minmax(110px, 1.4fr)", cell: (row) => <b>{row.device_name}</b> },
    ...STEPS.map(
      (step): Column<PreflightDevice> => ({
        key: step,
        title: stepWord(step),
        width: "74px",
        ...(step === "login" || step === "tcp" ? {} : { from: "sm" as const }),
        cell: (row) => (
          <StepCell
            device={row.device_name}
            step={step}
            result={row.steps.find((each) => each.step === step)}
          />
        ),
      }),
    ),
    {
      key: "message",
      title: "What happened",
      width: "minmax(120px, 2fr)",
      cell: (row) =>
        row.ok ? (
          <span className="sr-muted">Ready</span>
        ) : (
          <span title={row.message}>
            {row.message ?? (row.failure_kind ? failureWord(row.failure_kind) : "")}
          </span>
        ),
    },
  ];

  return (
    <div ref={panel} style={{ scrollMarginTop: 72 }}>
      <Panel
        title="Check before collecting"
        aside={
          <Button variant="subtle" size="xs" onClick={onClose}>
            Close
          </Button>
        }
      >
        <Stack gap="sm">
          {counts && running && (
            <Stack gap={4}>
              <Progress
                value={counts.total === 0 ? 0 : (100 * ended) / counts.total}
                aria-label="Devices checked"
              />
              <Text size="sm" aria-live="polite">
                {count(ended)} of {plural(counts.total, "device")} checked. No command is run.
              </Text>
            </Stack>
          )}
          {counts && !running && counts.succeeded === counts.total && (
            <Notice
              tone="good"
              role="status"
              title={`All ${plural(counts.total, "device")} are ready`}
              icon={<ToneIcon tone="good" size={20} />}
            />
          )}
          {counts && !running && counts.succeeded < counts.total && (
            <Notice
              tone="warn"
              role="status"
              title={`${count(counts.succeeded)} of ${plural(counts.total, "device")} are ready, ${counts.total - counts.succeeded === 1 ? "1 is" : `${count(counts.total - counts.succeeded)} are`} not`}
            >
              {counts.succeeded > 0 && (
                <Group>
                  <Button size="xs" loading={drop.isPending} onClick={() => drop.mutate()}>
                    {counts.total - counts.succeeded === 1
                      ? "Continue without it"
                      : `Continue without the ${count(counts.total - counts.succeeded)}`}
                  </Button>
                </Group>
              )}
              {drop.error && <ProblemNotice error={drop.error} />}
            </Notice>
          )}
          <DataTable
            label="Check of each device"
            columns={columns}
            {...list}
            rows={rows}
            rowKey={(row) => row.device_id}
            maxHeight="380px"
            empty={<Empty title="No device was checked yet" />}
          />
        </Stack>
      </Panel>
    </div>
  );
}

function readDevices(
  id: string,
  page: { limit: number; page_token?: string; status?: string[] },
): Promise<Page<PreflightDevice>> {
  return ask(api.GET("/preflights/{id}/devices", { params: { path: { id }, query: page } }));
}

const NOT_READY = ["failed", "partially_succeeded", "cancelled"];

async function allNotReady(id: string): Promise<{ id: string; name: string }[]> {
  const found: { id: string; name: string }[] = [];
  let token: string | undefined;
  do {
    const page = await readDevices(id, {
      limit: 500,
      status: NOT_READY,
      ...(token ? { page_token: token } : {}),
    });
    for (const row of page.items) if (!row.ok) found.push({ id: row.device_id, name: row.device_name });
    token = page.next_page_token;
  } while (token !== undefined);
  return found;
}

function StepCell(props: { device: string; step: string; result: PreflightStep | undefined }) {
  const { result } = props;
  const status = result?.status ?? "skipped";
  const tone = status === "ok" ? "good" : status === "failed" ? "bad" : "idle";
  const word = status === "ok" ? "passed" : status === "failed" ? "failed" : "not tried";
  const label = `${stepWord(props.step)}: ${word}${result?.message ? `, ${result.message}` : ""}`;
  return (
    <Tooltip label={label} multiline maw={360}>
      <span className="sr-matrix-cell" data-tone={tone} role="img" aria-label={label}>
        {status === "skipped" ? <IconStop size={14} /> : <ToneIcon tone={tone} size={16} />}
      </span>
    </Tooltip>
  );
}
