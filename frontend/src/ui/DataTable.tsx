import { Center, Loader, Skeleton, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { ProblemNotice } from "./Problem";

export interface Column<Row> {
  key: string;
  title: ReactNode;
  /** What stands in the head where the title is an element without words. */
  label?: string;
  /** A track of the grid: `2fr`, `120px`, `minmax(140px, 2fr)`. */
  width: string;
  align?: "right";
  /** Left out on screens narrower than this. */
  from?: "sm" | "md" | "lg";
  sort?: string;
  cell: (row: Row) => ReactNode;
}

interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  onOpen?: (row: Row) => void;
  /** A key other than the ones of the table: `x` to select, `r` to retry. */
  onKey?: (key: string, row: Row) => void;
  /** Of the whole list, when the server said it. */
  total?: number | undefined;
  loading?: boolean;
  error?: unknown;
  onRetry?: () => void;
  empty: ReactNode;
  more?: { has: boolean; loading: boolean; load: () => void };
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  rowHeight?: number;
  maxHeight?: string;
}

const QUERIES = { sm: "(min-width: 640px)", md: "(min-width: 900px)", lg: "(min-width: 1180px)" } as const;

/** A list of any length: only the rows in sight are in the page, the rest comes from the server as one scrolls. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, rows, rowKey, onOpen, more, rowHeight = 46 } = props;
  const wide = {
    sm: useMediaQuery(QUERIES.sm, true),
    md: useMediaQuery(QUERIES.md, true),
    lg: useMediaQuery(QUERIES.lg, true),
  };
  const columns = props.columns.filter((column) => column.from === undefined || wide[column.from]);
  const grid = columns.map((column) => column.width).join(" ");
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(-1);
  const narrow = !wide.sm;

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  const wantsMore = more?.has === true && !more.loading && last >= rows.length - 15;
  const load = more?.load;
  useEffect(() => {
    if (wantsMore) load?.();
  }, [wantsMore, load]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current || event.metaKey || event.ctrlKey || event.altKey) return;
    const steps: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
    const step = steps[event.key];
    const row = rows[current];
    if (step !== undefined) {
      const next = Math.min(rows.length - 1, Math.max(0, current + step));
      setCurrent(next);
      virtual.scrollToIndex(next);
    } else if (event.key === "Enter" && row !== undefined && onOpen) {
      onOpen(row);
    } else if (row !== undefined && props.onKey) {
      props.onKey(event.key, row);
      return;
    } else {
      return;
    }
    event.preventDefault();
  };

  if (props.error) return <ProblemNotice error={props.error} onRetry={props.onRetry} />;
  const count = props.total ?? (more?.has ? -1 : rows.length);
  return (
    <div
      role="table"
      aria-label={label}
      aria-rowcount={count < 0 ? -1 : count + 1}
      aria-busy={props.loading}
      data-narrow={narrow || undefined}
      className="sr-table"
      ref={scroller}
      // The region scrolls, so it must be reachable by keyboard; j, k and Enter work on it.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
      tabIndex={0}
      onKeyDown={onKeyDown}
      style={{ maxHeight: props.maxHeight ?? "max(340px, calc(100dvh - 300px))" }}
    >
      <div role="rowgroup" className="sr-table-head">
        <div
          role="row"
          aria-rowindex={1}
          className="sr-table-row"
          style={{ gridTemplateColumns: grid, minHeight: 40 }}
        >
          {columns.map((column) => (
            <Head key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
        </div>
      </div>
      {props.loading ? (
        <div style={{ padding: "8px 16px" }} aria-hidden="true">
          {["a", "b", "c", "d", "e", "f"].map((key) => (
            <Skeleton key={key} height={18} my={14} radius="sm" />
          ))}
        </div>
      ) : rows.length === 0 ? (
        <div role="rowgroup">
          <div role="row">
            <div role="cell">{props.empty}</div>
          </div>
        </div>
      ) : (
        <div
          role="rowgroup"
          className="sr-table-body"
          style={{ height: virtual.getTotalSize(), position: "relative" }}
        >
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the key handler is the table's
              <div
                role="row"
                key={rowKey(row)}
                aria-rowindex={item.index + 2}
                className="sr-table-row"
                data-index={item.index}
                ref={narrow ? virtual.measureElement : undefined}
                data-link={onOpen ? true : undefined}
                data-current={item.index === current || undefined}
                onClick={(event) => {
                  setCurrent(item.index);
                  // A click on a control in the row, or one that ends a selection of text, is not for the row.
                  const control = (event.target as Element).closest("a, button, input, label");
                  if (!control && !getSelection()?.toString()) onOpen?.(row);
                }}
                style={{
                  ...(narrow ? {} : { gridTemplateColumns: grid, height: item.size, minHeight: item.size }),
                  position: "absolute",
                  top: 0,
                  left: 0,
                  right: 0,
                  transform: `translateY(${item.start}px)`,
                  cursor: onOpen ? "pointer" : undefined,
                }}
              >
                {columns.map((column) => (
                  <div role="cell" className="sr-cell" data-align={column.align} key={column.key}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      )}
      {more?.loading && !props.loading && (
        <Center py="xs">
          <Loader size="xs" aria-label="Loading more" />
        </Center>
      )}
      {rows.length > 0 && more?.has === false && rows.length > 200 && (
        <Text size="xs" c="dimmed" ta="center" py="xs">
          That is all.
        </Text>
      )}
    </div>
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const { sort: by, title } = column;
  const direction =
    by === undefined ? undefined : sort === by ? "ascending" : sort === `-${by}` ? "descending" : "none";
  return (
    <div
      role="columnheader"
      className="sr-cell"
      data-align={column.align}
      aria-sort={direction}
      aria-label={column.label}
    >
      {by !== undefined && onSort ? (
        <button
          type="button"
          className="sr-sort"
          onClick={() => onSort(direction === "ascending" ? `-${by}` : by)}
        >
          {title}
          <span aria-hidden="true">
            {direction === "ascending" ? "↑" : direction === "descending" ? "↓" : ""}
          </span>
        </button>
      ) : (
        title
      )}
    </div>
  );
}
