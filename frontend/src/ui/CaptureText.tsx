import { Button, Group, Loader, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { api, ask, askText } from "../api/client";
import { queryClient } from "../api/queries";
import type { Capture } from "../api/types";
import { useCan } from "../app/role";
import { bytes, count, plural } from "../format";
import { Copy, saveAs } from "./Copy";
import type { Stepper } from "./DataTable";
import { IconDown } from "./icons";
import { Notice, ProblemNotice } from "./Problem";
import { VerdictChip } from "./Status";
import { TextLines } from "./TextLines";

/** Longer texts are for a pager of one's own: the page would not stay quick. */
const MOST_SHOWN = 8_000_000;

interface Props {
  capture: Capture;
  linked?: boolean;
  /** What is looked for at first. */
  wanted?: string | undefined;
  /** The line, counted from 1, at which the text is opened. */
  line?: number | undefined;
  /** What the page says already. */
  said?: string | undefined;
}

export function CaptureText({ capture, linked = true, wanted = "", line, said }: Props) {
  const operator = useCan("operator");
  const [find, setFind] = useState(wanted);
  const hits = useRef<Stepper>(null);
  const none = capture.sha256 === undefined && capture.bytes === 0;
  const text = useQuery({
    queryKey: ["captures", capture.id, "content"],
    queryFn: () => askText(`/api/v1/captures/${encodeURIComponent(capture.id)}/content`),
    enabled: !none && capture.bytes <= MOST_SHOWN,
    // A recorded text never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const accept = useMutation({
    mutationFn: () => ask(api.POST("/captures/{id}/accept", { params: { path: { id: capture.id } } })),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["captures"] });
      void queryClient.invalidateQueries({ queryKey: ["collections"] });
    },
  });
  const lines = useMemo(() => (text.data ?? "").replace(/\n$/, "").split("\n"), [text.data]);
  const name = `${capture.device_name}-${capture.capture_type}.txt`.replaceAll(/[^\w.-]+/g, "_");

  return (
    <Stack gap="sm">
      <Group gap="sm">
        <VerdictChip verdict={capture.verdict} />
        {capture.current && (
          <Text size="sm" c="dimmed">
            last good text
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {bytes(capture.bytes)}, {plural(capture.lines, "line")}
        </Text>
        {linked && (
          <Text size="sm" span>
            <Link to="/captures/$id" params={{ id: capture.id }} search={{}}>
              Open
            </Link>
          </Text>
        )}
      </Group>
      <Text size="sm" className="sr-any">
        <span className="sr-muted">Command </span>
        <span className="sr-mono">{capture.commands.join(" ; ")}</span>
      </Text>
      {capture.message && capture.message !== said && <Notice tone="warn" title={capture.message} />}
      {capture.verdict === "suspicious" && !capture.current && operator && (
        <Notice tone="warn" title="Much shorter than the last good text">
          <Text size="sm">If that is right, make it the last good one.</Text>
          <Group>
            <Button size="xs" loading={accept.isPending} onClick={() => accept.mutate()}>
              Accept this text
            </Button>
          </Group>
          {accept.error && <ProblemNotice error={accept.error} />}
        </Notice>
      )}
      {none ? (
        <Text c="dimmed">There is no text.</Text>
      ) : capture.bytes > MOST_SHOWN ? (
        <Notice tone="idle" title="This text is too long to show here">
          <Group>
            <Button size="xs" variant="default" onClick={() => void downloadText(capture.id, name)}>
              Download it
            </Button>
          </Group>
        </Notice>
      ) : text.data === undefined ? (
        text.error ? (
          <ProblemNotice error={text.error} onRetry={() => void text.refetch()} />
        ) : (
          <Loader size="sm" aria-label="Loading the text" />
        )
      ) : (
        <>
          <Group justify="space-between" gap="sm">
            <TextInput
              size="xs"
              aria-label="Find in the text"
              placeholder="Find in the text"
              title="Enter goes to the next line found, Shift and Enter to the one before"
              data-search
              value={find}
              onChange={(event) => setFind(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                hits.current?.step(event.shiftKey ? -1 : 1);
              }}
              w={220}
            />
            <Group gap={4}>
              <Copy text={text.data} label="Copy the text" />
              <Button
                variant="subtle"
                size="xs"
                leftSection={<IconDown size={14} />}
                onClick={() => saveAs(text.data, name)}
              >
                Download
              </Button>
            </Group>
          </Group>
          <TextLines
            lines={lines}
            find={find}
            stepper={hits}
            // Whoever looks for something else has left the line of the link.
            line={find === wanted ? line : undefined}
            label={`${capture.capture_type} of ${capture.device_name}, ${count(lines.length)} lines`}
          />
        </>
      )}
    </Stack>
  );
}

async function downloadText(id: string, name: string): Promise<void> {
  saveAs(await askText(`/api/v1/captures/${encodeURIComponent(id)}/content`), name);
}
