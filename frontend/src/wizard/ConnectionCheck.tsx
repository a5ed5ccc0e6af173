import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { api, ask, idempotencyKey } from "../api/client";
import { queryClient } from "../api/queries";
import type { CollectionCreate, PreflightDevice } from "../api/types";
import { duration } from "../format";
import { Notice, ProblemNotice, Stale } from "../ui/Problem";
import { FailureChip, ToneIcon } from "../ui/Status";
import { stepWord } from "../words";
import { UNREACHABLE } from "./causes";
import { preflightQuery, readDevices, STEPS, StepIcon, stepResult } from "./preflight";

type Asked = Pick<CollectionCreate, "devices" | "credentials">;

/** Begins a preflight of a single device; `onStarted` gets its id. */
export function useConnectionCheck(onStarted: (id: string) => void) {
  return useMutation({
    mutationFn: (asked: Asked) =>
      ask(api.POST("/preflights", { body: { capture_types: [], ...asked }, headers: idempotencyKey() })),
    onSuccess: ({ id }) => onStarted(id),
  });
}

/** How far one device comes, hurdle by hurdle, as it happens. `amongCredentials`: they are on the page already. */
export function ConnectionCheck({ id, amongCredentials }: { id: string; amongCredentials?: boolean }) {
  const preflight = useQuery(preflightQuery(id));
  const running = preflight.data?.status === "running";
  const device = useQuery({
    queryKey: ["preflights", id, "device", preflight.data?.status],
    queryFn: async () => (await readDevices(id, { limit: 1 })).items[0] ?? null,
    enabled: preflight.data !== undefined,
    placeholderData: (before) => before,
    refetchInterval: running ? 1_000 : false,
  });
  const ended = preflight.data !== undefined && !running;
  useEffect(() => {
    // A refused login counts against its credential, a new host key is remembered, a platform is found out.
    if (!ended) return;
    for (const key of ["credentials", "host-keys", "devices"]) {
      void queryClient.invalidateQueries({ queryKey: [key] });
    }
  }, [ended]);
  const error = preflight.data === undefined ? preflight.error : device.data === undefined && device.error;
  if (error) {
    return <ProblemNotice error={error} onRetry={() => void preflight.refetch()} />;
  }
  return (
    <Stack gap="sm">
      <Stale of={[preflight, device]} />
      <Verdict device={device.data ?? undefined} running={!ended} amongCredentials={amongCredentials} />
      <ol className="sr-check" aria-label="Steps of the check">
        {STEPS.map((step) => {
          const result = device.data?.steps.find((each) => each.step === step);
          const word = stepResult(result);
          return (
            <li key={step}>
              <span className="sr-matrix-cell" data-tone={word.tone}>
                <StepIcon word={word} />
              </span>
              <span>
                <b>{stepWord(step)}</b>
                <span className="sr-check-what">
                  {running && result === undefined ? "waits" : word.text}
                  {/* What is said of the device as a whole stands above. */}
                  {result?.message && result.message !== device.data?.message && (
                    <span className="sr-any">, {result.message}</span>
                  )}
                </span>
              </span>
            </li>
          );
        })}
      </ol>
    </Stack>
  );
}

interface VerdictProps {
  device: PreflightDevice | undefined;
  running: boolean;
  amongCredentials: boolean | undefined;
}

function Verdict({ device, running, amongCredentials }: VerdictProps) {
  if (running || device === undefined) {
    return (
      <Notice tone="busy" role="status" title="Checking…" icon={<ToneIcon tone="busy" size={20} />}>
        <Text size="sm">The device is connected and logged in to. No command is run.</Text>
      </Notice>
    );
  }
  const took = device.duration_ms === undefined ? "" : ` in ${duration(device.duration_ms / 1000)}`;
  if (device.ok) {
    return (
      <Notice
        tone="good"
        role="status"
        title={`${device.device_name} is ready`}
        icon={<ToneIcon tone="good" size={20} />}
      >
        <Text size="sm">
          Connected and logged in{took}
          {device.platform && `, platform ${device.platform}`}.
        </Text>
      </Notice>
    );
  }
  const kind = device.failure_kind ?? "internal";
  return (
    <Notice tone="bad" role="status" title={`${device.device_name} is not ready`}>
      <Group gap="xs">
        <FailureChip kind={kind} />
      </Group>
      {device.message && (
        <Text size="sm" className="sr-any">
          {device.message}
        </Text>
      )}
      <Remedy kind={kind} device={device} amongCredentials={amongCredentials} />
    </Notice>
  );
}

/** Where a person goes on. */
function Remedy(props: { kind: string; device: PreflightDevice; amongCredentials: boolean | undefined }) {
  const { kind, device, amongCredentials } = props;
  if (kind.startsWith("host_key")) {
    return (
      <Text size="sm">
        <Link to="/host-keys" search={{ device_id: device.device_id }}>
          See its host keys
        </Link>
      </Text>
    );
  }
  if ((kind === "authentication_failed" || kind === "credential_paused") && !amongCredentials) {
    return (
      <Text size="sm">
        <Link to="/credentials">See the credentials</Link>
      </Text>
    );
  }
  if (UNREACHABLE.has(kind)) {
    return (
      <Text size="sm">
        Tried was <span className="sr-mono">{device.ip_address}</span>: is the address right, and does the
        device answer on its port?
      </Text>
    );
  }
  return null;
}

/** Whether it is done once more, or put away. */
export function CheckActions(props: {
  again: (() => void) | undefined;
  loading: boolean;
  onClose: () => void;
}) {
  return (
    <Group gap="xs">
      {props.again && (
        <Button variant="default" size="xs" loading={props.loading} onClick={props.again}>
          Check again
        </Button>
      )}
      <Button variant="subtle" size="xs" onClick={props.onClose}>
        Close
      </Button>
    </Group>
  );
}
