import { Button, Group, SegmentedControl, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";
import type { DiffHunk, DiffLine } from "../api/types";
import { count, plural } from "../format";
import { SeverityChip } from "../ui/Status";
import "./diff.css";
import { parts, type Row, sideBySide, unified } from "./rows";

export type View = "unified" | "side";

const KEY = "showrun.diff";

interface Props {
  hunks: readonly DiffHunk[];
  label: string;
  tools?: ReactNode;
  /** As the address says; otherwise as it was chosen last. */
  view?: string | undefined;
  onView: (view: View) => void;
}

/** A diff of any length; only the rows in sight are in the page. `n` and `p` go from one hunk to the next. */
export function DiffView({ hunks, label, tools, view: asked, onView }: Props) {
  const roomy = useMediaQuery("(min-width: 900px)", true);
  const wanted: View = (asked ?? localStorage.getItem(KEY)) === "side" ? "side" : "unified";
  const view: View = roomy ? wanted : "unified";
  const rows = useMemo(() => (view === "side" ? sideBySide(hunks) : unified(hunks)), [hunks, view]);
  const heads = useMemo(() => rows.flatMap((row, index) => (row.kind === "hunk" ? [index] : [])), [rows]);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => (rows[index]?.kind === "hunk" ? 40 : 21),
    overscan: 30,
  });
  const go = (step: 1 | -1) => {
    const next = Math.min(heads.length - 1, Math.max(0, at + step));
    setAt(next);
    virtual.scrollToIndex(heads[next] ?? 0, { align: "start" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "n") go(1);
    else if (event.key === "p") go(-1);
    else return;
    event.preventDefault();
  };
  return (
    <div>
      <Group justify="space-between" mb="sm" gap="sm">
        <Group gap="sm">
          {roomy && (
            <SegmentedControl
              size="xs"
              aria-label="How the diff is shown"
              value={view}
              onChange={(value) => {
                localStorage.setItem(KEY, value);
                onView(value as View);
                setAt(0);
              }}
              data={[
                { value: "unified", label: "Unified" },
                { value: "side", label: "Side by side" },
              ]}
            />
          )}
          <Button size="xs" variant="default" onClick={() => go(-1)} disabled={at === 0}>
            Previous
          </Button>
          <Button size="xs" variant="default" onClick={() => go(1)} disabled={at >= heads.length - 1}>
            Next
          </Button>
          <Text size="sm" c="dimmed" aria-live="polite">
            {count(Math.min(at + 1, heads.length))} of {plural(heads.length, "hunk")}
          </Text>
        </Group>
        <Group gap="sm">{tools}</Group>
      </Group>
      {/* biome-ignore lint/a11y/useSemanticElements: the diff is a region of its own that scrolls */}
      <div
        ref={box}
        className="sr-diff"
        role="region"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={row.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="sr-diff-row"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <RowView row={row} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function RowView({ row }: { row: Row }) {
  if (row.kind === "hunk") {
    return (
      <div className="sr-diff-head">
        <SeverityChip severity={row.severity} />
        <span className="sr-mono sr-any">{row.section.join(" › ") || "top level"}</span>
      </div>
    );
  }
  if (row.kind === "line") {
    return (
      <div className="sr-diff-line" data-op={row.line.op}>
        <LineNumber value={row.line.old_line} />
        <LineNumber value={row.line.new_line} />
        <Sign op={row.line.op} />
        <LineText line={row.line} other={row.other} />
      </div>
    );
  }
  return (
    <div className="sr-diff-pair">
      <Half line={row.before} other={row.after} number={row.before?.old_line} />
      <Half line={row.after} other={row.before} number={row.after?.new_line} />
    </div>
  );
}

function Half(props: {
  line: DiffLine | undefined;
  other: DiffLine | undefined;
  number: number | undefined;
}) {
  const { line, other, number } = props;
  return (
    <div className="sr-diff-line" data-op={line?.op ?? "none"} data-half>
      <LineNumber value={number} />
      {line && <Sign op={line.op} />}
      {line && <LineText line={line} other={other?.op === line.op ? undefined : other} />}
    </div>
  );
}

function LineNumber({ value }: { value: number | undefined }) {
  return (
    <span className="sr-diff-number" aria-hidden="true">
      {value}
    </span>
  );
}

const SIGNS: Record<string, { sign: string; word: string }> = {
  added: { sign: "+", word: "added: " },
  removed: { sign: "−", word: "removed: " },
};

/** Added and removed are told by a sign and, to a reader of the screen, by a word; colour comes on top. */
function Sign({ op }: { op: string }) {
  const known = SIGNS[op];
  return (
    <span className="sr-diff-sign">
      <span aria-hidden="true">{known?.sign ?? " "}</span>
      {known && <span className="sr-unseen">{known.word}</span>}
    </span>
  );
}

function LineText({ line, other }: { line: DiffLine; other: DiffLine | undefined }) {
  return (
    <span className="sr-diff-text">
      {line.op === "equal"
        ? line.text
        : parts(line.text, other?.text).map((part, index) =>
            part.different ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line have no other name
              <mark key={index}>{part.text}</mark>
            ) : (
              part.text
            ),
          )}
    </span>
  );
}
