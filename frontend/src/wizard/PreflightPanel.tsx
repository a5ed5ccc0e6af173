import { Button, Group, Progress, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useList } from "../api/lists";
import type { PreflightDevice } from "../api/types";
import { count, plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { Panel } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { FailureChip, ToneIcon } from "../ui/Status";
import { failureWord, stepWord } from "../words";
import { type Cause, causesOf, UNREACHABLE } from "./causes";
import { preflightQuery, readDevices, STEPS, StepCell } from "./preflight";

interface Props {
  id: string;
  /** Start without the devices of these ids. */
  onDrop: (ids: string[]) => void;
  starting: boolean;
  /** Why nothing can be started yet. */
  missing: string | undefined;
  onClose: () => void;
}

/** What would go wrong, before anything is collected: one row per device, one column per hurdle. */
export function PreflightPanel({ id, onDrop, starting, missing, onClose }: Props) {
  const preflight = useQuery(preflightQuery(id));
  const running = preflight.data?.status === "running";
  const counts = preflight.data?.counts;
  const ended = counts ? counts.total - counts.queued - counts.running : 0;
  const notReady = counts ? ended - counts.succeeded : 0;
  const [chosen, setChosen] = useState<"all" | "not_ready">();
  // What needs a person stands there first; among ten thousand that are ready it would not be found.
  const view = notReady === 0 ? "all" : (chosen ?? "not_ready");
  const list = useList<PreflightDevice>({
    key: ["preflights", id, "devices", view, preflight.data?.status],
    read: (page) => readDevices(id, view === "all" ? page : { ...page, status: NOT_READY }),
    enabled: preflight.data !== undefined,
    ...(running ? { refetchInterval: 2_000 } : {}),
  });
  const rest = useQuery({
    queryKey: ["preflights", id, "not ready"],
    queryFn: () => allNotReady(id),
    enabled: counts !== undefined && !running && notReady > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const causes = causesOf(rest.data ?? []);

  const panel = useRef<HTMLDivElement>(null);
  const known = counts !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each makes the panel higher, and only then it can come up
  useEffect(() => {
    panel.current?.scrollIntoView({ block: "start" });
  }, [known, running]);

  if (preflight.error && preflight.data === undefined)
    return <ProblemNotice error={preflight.error} onRetry={() => void preflight.refetch()} />;
  const columns: Column<PreflightDevice>[] = [
    { key: "name", title: "Device", width: "minmax(110px, 1.4fr)", cell: (row) => <b>{row.device_name}</b> },
    ...STEPS.map(
      (step): Column<PreflightDevice> => ({
        key: step,
        title: stepWord(step),
        width: "74px",
        ...(step === "login" || step === "tcp" ? {} : { from: "sm" as const }),
        cell: (row) => (
          <>
            <span className="sr-phone">{stepWord(step)} </span>
            <StepCell
              device={row.device_name}
              step={step}
              result={row.steps.find((each) => each.step === step)}
            />
          </>
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
          <Stale of={[preflight]} />
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
              {rest.error && <ProblemNotice error={rest.error} onRetry={() => void rest.refetch()} />}
              {causes.length > 0 && <Causes causes={causes} />}
              {counts.succeeded > 0 && causes.length > 0 && (
                <Without causes={causes} starting={starting} onDrop={onDrop} />
              )}
              {missing && (
                <Text c="var(--sr-bad)" size="sm" role="alert">
                  {missing} What was typed is not kept when a page is loaded again.
                </Text>
              )}
            </Notice>
          )}
          {counts && notReady > 0 && (
            <SegmentedControl
              size="xs"
              aria-label="Which devices are listed"
              style={{ alignSelf: "flex-start" }}
              value={view}
              onChange={(value) => setChosen(value as typeof view)}
              data={[
                { value: "not_ready", label: `Not ready (${count(notReady)})` },
                { value: "all", label: `All (${count(counts.total)})` },
              ]}
            />
          )}
          <DataTable
            label="Check of each device"
            columns={columns}
            {...list}
            rowKey={(row) => row.device_id}
            maxHeight="380px"
            empty={<Empty title="No device was checked yet" />}
          />
        </Stack>
      </Panel>
    </div>
  );
}

const NOT_READY = ["failed", "partially_succeeded", "cancelled"];

async function allNotReady(id: string): Promise<PreflightDevice[]> {
  const found: PreflightDevice[] = [];
  let token: string | undefined;
  do {
    const page = await readDevices(id, {
      limit: 500,
      status: NOT_READY,
      ...(token ? { page_token: token } : {}),
    });
    found.push(...page.items.filter((row) => !row.ok));
    token = page.next_page_token;
  } while (token !== undefined);
  return found;
}

const NAMES_SHOWN = 5;

function Causes({ causes }: { causes: readonly Cause[] }) {
  return (
    <Stack gap={8} component="ul" m={0} p={0} style={{ listStyle: "none" }} aria-label="Not ready, by cause">
      {causes.map(({ kind, devices }) => (
        <Group component="li" key={kind} gap="4px 10px">
          <FailureChip kind={kind} />
          <Text size="sm" fw={600}>
            {plural(devices.length, "device")}
          </Text>
          <Text size="sm" className="sr-any">
            {devices
              .slice(0, NAMES_SHOWN)
              .map((device) => device.device_name)
              .join(", ")}
            {devices.length > NAMES_SHOWN && ` and ${count(devices.length - NAMES_SHOWN)} more`}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

interface WithoutProps {
  causes: readonly Cause[];
  starting: boolean;
  onDrop: (ids: string[]) => void;
}

/** Without all that are not ready; or, where there are others among them, without those that cannot be reached. */
function Without({ causes, starting, onDrop }: WithoutProps) {
  const idsOf = (some: readonly Cause[]) =>
    some.flatMap((cause) => cause.devices.map((device) => device.device_id));
  const all = idsOf(causes);
  const unreachable = idsOf(causes.filter((cause) => UNREACHABLE.has(cause.kind)));
  const words = (ids: readonly string[], what: string) =>
    ids.length === 1 && all.length === 1
      ? "Continue without it"
      : `Continue without the ${count(ids.length)}${what}`;
  return (
    <Group gap="sm">
      <Button size="xs" loading={starting} onClick={() => onDrop(all)}>
        {words(all, unreachable.length === all.length ? " unreachable" : "")}
      </Button>
      {unreachable.length > 0 && unreachable.length < all.length && (
        <Button size="xs" variant="default" loading={starting} onClick={() => onDrop(unreachable)}>
          {words(unreachable, " unreachable")}
        </Button>
      )}
    </Group>
  );
}
