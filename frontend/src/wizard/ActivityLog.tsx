import { Box, Button, Group, Switch } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { api, ask } from "../api/client";
import type { ProgressEvent } from "../api/types";
import { bothTimes, clock } from "../format";
import type { LogLine } from "../progress";
import { saveAs } from "../ui/Copy";
import { useTypeTitle } from "../ui/captureTypes";
import { IconDown } from "../ui/icons";
import { Panel } from "../ui/Page";
import { ProblemNotice } from "../ui/Problem";

/** More would be laid out four times a second for nobody to read. */
const SHOWN = 150;
/** So near to the end counts as being there. */
const END_PIXELS = 24;

const TONE = { info: "idle", good: "good", bad: "bad", warn: "warn" } as const;

export function ActivityLog({ id, log }: { id: string; log: readonly LogLine[] }) {
  /** The first line in the box when somebody scrolled away from the end: what is read must not move. */
  const [held, setHeld] = useState<number>();
  const follow = held === undefined;
  const titleOf = useTypeTitle();
  const box = useRef<HTMLDivElement>(null);

  const lines = follow ? log.slice(-SHOWN) : log.filter((line) => line.seq >= held);
  const hold = () => setHeld(log.at(-SHOWN)?.seq ?? log[0]?.seq ?? 0);

  // Before the page is painted, so that a scroll event never finds the box away from its end by itself.
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what this is about
  useLayoutEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [log, follow]);

  // By whatever means somebody scrolls: wheel, keys, a finger, the bar.
  const onScroll = () => {
    if (!box.current) return;
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    const atEnd = scrollHeight - scrollTop - clientHeight < END_PIXELS;
    if (atEnd && !follow) setHeld(undefined);
    if (!atEnd && follow) hold();
  };

  const save = useMutation({
    mutationFn: async () => saveAs(await wholeLog(id), `collection-${id}.jsonl`),
  });

  return (
    <Panel
      title="Activity"
      aside={
        <Group gap="md">
          <Switch
            size="xs"
            label="Follow"
            checked={follow}
            onChange={(event) => (event.currentTarget.checked ? setHeld(undefined) : hold())}
          />
          <Button
            variant="subtle"
            size="xs"
            leftSection={<IconDown size={14} />}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Download all
          </Button>
        </Group>
      }
    >
      {save.error && (
        <Box mb="sm">
          <ProblemNotice error={save.error} onRetry={() => save.mutate()} />
        </Box>
      )}
      <div
        className="sr-log"
        role="log"
        aria-label="Activity"
        // Hundreds of lines a second would drown a reader; the summary above is the live region.
        aria-live="off"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        tabIndex={0}
        onScroll={onScroll}
      >
        {log.length === 0 && <span className="sr-muted">Nothing happened yet.</span>}
        {lines.map((line) => (
          <div key={line.seq} data-seq={line.seq} data-tone={TONE[line.kind]}>
            {line.at === undefined ? (
              <span aria-hidden="true">…</span>
            ) : (
              <time dateTime={line.at} title={bothTimes(line.at)}>
                {clock(line.at)}
              </time>
            )}
            <span className="sr-log-device sr-any">
              {line.device ?? (line.at === undefined ? "" : "collection")}
            </span>
            <span className="sr-log-text">
              {line.captureType && `${titleOf(line.captureType)} `}
              {line.text}
            </span>
          </div>
        ))}
      </div>
    </Panel>
  );
}

async function wholeLog(id: string): Promise<string> {
  const lines: string[] = [];
  let after = 0;
  for (;;) {
    const page: { items: ProgressEvent[]; last_seq: number } = await ask(
      api.GET("/collections/{id}/events", { params: { path: { id }, query: { after, limit: 500 } } }),
    );
    for (const event of page.items) lines.push(JSON.stringify(event));
    after = page.items.at(-1)?.seq ?? page.last_seq;
    if (page.items.length === 0 || after >= page.last_seq) return `${lines.join("\n")}\n`;
  }
}
