import { ActionIcon, Group, Text } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type ReactNode,
  type RefObject,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import { count, plural } from "../format";
import type { Stepper } from "./DataTable";
import { IconBefore, IconNext } from "./icons";
import { firstHit, hitsIn, nextHit } from "./textHits";

const LINE = 20;

interface Props {
  lines: readonly string[];
  find: string;
  label: string;
  /** Counted from 1: shown first, and marked. */
  line?: number | undefined;
  /** Goes to the next hit or the one before, for the keys of the field. */
  stepper?: RefObject<Stepper | null>;
}

/** A text of any length; only the lines in sight are in the page. */
export function TextLines({ lines, find, label, line, stepper }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const wanted = find.toLowerCase();
  const hits = useMemo(() => hitsIn(lines, wanted), [lines, wanted]);
  // Whoever looks for something else begins anew.
  const [stepped, setStepped] = useState<{ among: readonly number[]; at: number }>();
  const linked = line === undefined ? undefined : Math.min(Math.max(line, 1), lines.length) - 1;
  const begun = firstHit(hits, linked ?? 0);
  const walked = stepped?.among === hits;
  const at = walked ? stepped.at : begun;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 30,
  });
  const first = linked ?? hits[begun];
  const current = walked ? hits[at] : first;
  const step = (by: 1 | -1) => {
    // From the line of a link that is no hit itself, the one behind it comes next.
    const next = by === 1 && hits[at] !== current ? at : nextHit(hits, at, by);
    const hit = hits[next];
    if (hit === undefined) return;
    setStepped({ among: hits, at: next });
    // Also where it is the same one again: somebody may have scrolled away from it.
    virtual.scrollToIndex(hit, { align: "center" });
  };
  useImperativeHandle(stepper, () => ({ step }));
  useEffect(() => {
    if (first !== undefined) virtual.scrollToIndex(first, { align: "center" });
  }, [first, virtual]);
  const digits = String(lines.length).length;

  return (
    <div>
      {wanted !== "" && (
        <Group mb={6} gap={6}>
          <Text size="sm" aria-live="polite">
            {hits.length === 0
              ? "Found in no line"
              : `${count(at + 1)} of ${plural(hits.length, "line")} found`}
          </Text>
          {hits.length > 1 && (
            <>
              <ActionIcon variant="default" size="sm" aria-label="Line found before" onClick={() => step(-1)}>
                <IconBefore size={14} />
              </ActionIcon>
              <ActionIcon variant="default" size="sm" aria-label="Next line found" onClick={() => step(1)}>
                <IconNext size={14} />
              </ActionIcon>
            </>
          )}
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
              data-wanted={item.index === current || undefined}
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
