import { Button, Group, Modal, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { credentialsQuery } from "../api/queries";
import type { CollectionCreate, Plan } from "../api/types";
import { Copy } from "../ui/Copy";
import { IconCopy } from "../ui/icons";
import { command, curl, python } from "./recipes";

const KINDS = { curl: "curl", python: "Python", command: "Command line" } as const;

const TOO_MANY =
  "# So many single devices are too long for a command line.\n# Choose them by filters, or take curl or Python.";
/** A command line is read by people. */
const MOST_NAMES = 100;

/** The command line knows devices by name: of those that were chosen or left out one by one, the ones that are collected. */
function namesOf(request: CollectionCreate, plan: Plan | undefined): string[] | undefined {
  if (request.devices === undefined && (request.exclude_devices ?? []).length === 0) return [];
  if (plan === undefined || plan.devices_truncated || plan.devices.length > MOST_NAMES) return undefined;
  return plan.devices.map((device) => device.device_name);
}

/** This very collection for a script, a pipeline or a ticket. */
export function CopyAs({ request, plan }: { request: CollectionCreate; plan: Plan | undefined }) {
  const [open, setOpen] = useState(false);
  const [kind, setKind] = useState<keyof typeof KINDS>("curl");
  const credentials = useQuery({ ...credentialsQuery, enabled: open });
  const saved = credentials.data?.find((each) => each.id === request.credentials?.credential_id)?.name;
  const text = {
    curl: () => curl(location.origin, request),
    python: () => python(location.origin, request),
    command: () => {
      const names = namesOf(request, plan);
      return names === undefined ? TOO_MANY : command(location.origin, request, saved, names);
    },
  }[kind]();
  return (
    <>
      <Button variant="default" leftSection={<IconCopy size={16} />} onClick={() => setOpen(true)}>
        Copy as…
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="The same collection from a script"
        size="xl"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Stack>
          <Group justify="space-between">
            <SegmentedControl
              aria-label="Language"
              value={kind}
              onChange={(value) => setKind(value as keyof typeof KINDS)}
              data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
            />
            <Copy text={text} label="Copy" button />
          </Group>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <pre className="sr-code" tabIndex={0} style={{ maxHeight: "55dvh" }}>
            {text}
          </pre>
          <Text size="sm" c="dimmed">
            Secrets are not written out: the script takes them from its environment.
          </Text>
        </Stack>
      </Modal>
    </>
  );
}
