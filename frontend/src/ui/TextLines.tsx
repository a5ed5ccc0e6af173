import { Group, Text } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { plural } from "../format";

const LINE = 20;

interface Props {
  lines: readonly string[];
  find: string;
  label: string;
  /** Counted from 1: shown first, and marked. */
  line?: number | undefined;
}

/** A text of any length; only the lines in sight are in the page. */
export function TextLines({ lines, find, label, line }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const wanted = find.toLowerCase();
  const hits = useMemo(
    () =>
      wanted === ""
        ? []
        : lines.flatMap((line, index) => (line.toLowerCase().includes(wanted) ? [index] : [])),
    [lines, wanted],
  );
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 30,
  });
  const first = line === undefined ? hits[0] : Math.min(Math.max(line, 1), lines.length) - 1;
  useEffect(() => {
    if (first !== undefined) virtual.scrollToIndex(first, { align: "center" });
  }, [first, virtual]);
  const digits = String(lines.length).length;

  return (
    <div>
      {wanted !== "" && (
        <Group mb={6}>
          <Text size="sm" aria-live="polite">
            {plural(hits.length, "line")} found
          </Text>
        </Group>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: the text is a region of its own that scrolls */}
      <div
        ref={box}
        className="sr-text"
        role="region"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        tabIndex={0}
        style={{ maxHeight: "min(70dvh, 720px)", borderRadius: 10, border: "1px solid var(--sr-line)" }}
      >
        <div style={{ height: virtual.getTotalSize(), position: "relative", minWidth: "max-content" }}>
          {virtual.getVirtualItems().map((item) => (
            <div
              key={item.key}
              className="sr-line"
              data-wanted={(line !== undefined && item.index === line - 1) || undefined}
              style={{
                position: "absolute",
                top: 0,
                left: 0,
                height: LINE,
                transform: `translateY(${item.start}px)`,
              }}
            >
              <span className="sr-muted" aria-hidden="true" style={{ userSelect: "none", marginRight: 16 }}>
                {String(item.index + 1).padStart(digits, " ")}
              </span>
              {marked(lines[item.index] ?? "", wanted)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function marked(line: string, wanted: string): ReactNode {
  if (wanted === "") return line;
  const lower = line.toLowerCase();
  const parts: ReactNode[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    parts.push(line.slice(from, at), <mark key={at}>{line.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  return [...parts, line.slice(from)];
}
