import { Button, Group, Modal, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { CollectionCreate } from "../api/types";
import { Copy } from "../ui/Copy";
import { IconCopy } from "../ui/icons";
import { curl, python } from "./recipes";

const KINDS = {
  curl: { name: "curl", text: curl },
  python: { name: "Python", text: python },
} as const;

/** This very collection for a script, a pipeline or a ticket. */
export function CopyAs({ request }: { request: CollectionCreate }) {
  const [open, setOpen] = useState(false);
  const [kind, setKind] = useState<keyof typeof KINDS>("curl");
  const text = KINDS[kind].text(location.origin, request);
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
              data={Object.entries(KINDS).map(([value, { name }]) => ({ value, label: name }))}
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
