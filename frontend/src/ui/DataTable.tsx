import { Center, Loader, NativeSelect, Skeleton, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { Read } from "../api/lists";
import { type From, fitting } from "./columns";
import { MoreProblem } from "./MoreProblem";
import { ProblemNotice, Stale } from "./Problem";

export interface Column<Row> {
  key: string;
  title: ReactNode;
  /** What stands in the head where the title is an element without words. */
  label?: string;
  /** A track of the grid: `2fr`, `120px`, `minmax(140px, 2fr)`. */
  width: string;
  align?: "right";
  /** Left out on screens narrower than this, and where the table has no room for it. */
  from?: From;
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
  /** That the rows could not be read again is said above them. */
  refresh?: Read;
  empty: ReactNode;
  more?: { has: boolean; loading: boolean; load: () => void; error?: unknown };
  /** Takes the focus to the next row or the one before, for keys of the page. */
  stepper?: RefObject<Stepper | null>;
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  rowHeight?: number;
  maxHeight?: string;
}

export interface Stepper {
  step: (by: 1 | -1) => void;
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
  const narrow = !wide.sm;
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState<number>();
  const attach = useCallback((element: HTMLDivElement) => {
    scroller.current = element;
    // Before the first picture of it, so that no column is seen to go.
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => {
      observer.disconnect();
      scroller.current = null;
    };
  }, []);
  const wanted = props.columns.filter((column) => column.from === undefined || wide[column.from]);
  // On a phone a row has no columns.
  const columns = narrow || width === undefined ? wanted : fitting(wanted, width);
  const grid = columns.map((column) => column.width).join(" ");
  // By its key: rows that are sorted anew while they are looked at must not put another one under the cursor.
  const [currentKey, setCurrentKey] = useState<string>();
  const current = currentKey === undefined ? -1 : rows.findIndex((row) => rowKey(row) === currentKey);

  const keyOf = useRef(rowKey);
  keyOf.current = rowKey;
  const virtual = useVirtualizer({
    count: rows.length,
    // A row takes its measured height along when rows are sorted anew; by its place it would lie over the next one.
    getItemKey: useCallback(
      (index: number) => {
        const row = rows[index];
        return row === undefined ? index : keyOf.current(row);
      },
      [rows],
    ),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    // The row with the focus stays in the page when it is scrolled out of sight: the focus would be lost with it.
    rangeExtractor: useCallback(
      (range: Range) => {
        const indexes = defaultRangeExtractor(range);
        if (current < 0 || current >= range.count || indexes.includes(current)) return indexes;
        return [...indexes, current].sort((a, b) => a - b);
      },
      [current],
    ),
  });
  // What was measured on the narrow side of a turned phone or a drawn window is no height on the other.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the change is what this is about
  useLayoutEffect(() => virtual.measure(), [narrow]);
  const items = virtual.getVirtualItems();
  const last = Math.max(-1, ...items.filter((item) => item.index !== current).map((item) => item.index));
  const wantsMore = more?.has === true && !more.loading && !more.error && last >= rows.length - 15;
  const load = more?.load;
  useEffect(() => {
    if (wantsMore) load?.();
  }, [wantsMore, load]);

  const [focusing, setFocusing] = useState(0);
  useEffect(() => {
    if (focusing > 0) scroller.current?.querySelector<HTMLElement>("[data-current]")?.focus();
  }, [focusing]);
  const step = (by: 1 | -1) => {
    const next = Math.min(rows.length - 1, Math.max(0, current + by));
    const row = rows[next];
    if (row === undefined) return;
    setCurrentKey(rowKey(row));
    virtual.scrollToIndex(next);
    setFocusing((before) => before + 1);
  };
  useImperativeHandle(props.stepper, () => ({ step }));

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const here = target === scroller.current || target.dataset.index !== undefined;
    if (!here || event.metaKey || event.ctrlKey || event.altKey) return;
    const steps: Record<string, 1 | -1> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
    const by = steps[event.key];
    const row = rows[current];
    if (by !== undefined) {
      step(by);
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

  // What a column cuts off is read by pointing at it, in every table.
  const onPointerOver = (event: PointerEvent) => {
    const cell = (event.target as Element).closest<HTMLElement>(".sr-cell");
    if (cell === null || cell.querySelector("[title]") !== null) return;
    const parts = [cell, ...cell.querySelectorAll<HTMLElement>(".sr-cut")];
    const cut = parts.some((part) => part.scrollWidth > part.clientWidth + 1);
    cell.title = cut ? (cell.textContent ?? "") : "";
  };

  if (props.error) return <ProblemNotice error={props.error} onRetry={props.onRetry} />;
  const count = props.total ?? (more?.has ? -1 : rows.length);
  const table = (
    <div
      role="table"
      aria-label={label}
      aria-rowcount={count < 0 ? -1 : count + 1}
      aria-busy={props.loading}
      data-narrow={narrow || undefined}
      className="sr-table"
      ref={attach}
      // The region scrolls, so it must be reachable by keyboard; j, k and Enter work on it.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerOver={onPointerOver}
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
            <Head
              key={column.key}
              column={column}
              sort={props.sort}
              onSort={props.onSort}
              // Heard, not seen: nothing in it may take the focus.
              plain={narrow}
            />
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
                tabIndex={-1}
                onClick={(event) => {
                  setCurrentKey(rowKey(row));
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
      {more?.error !== undefined && more.error !== null && (
        <div style={{ padding: 12 }}>
          <MoreProblem what="rows" error={more.error} onRetry={more.load} />
        </div>
      )}
      {rows.length > 0 && more?.has === false && rows.length > 200 && (
        <Text size="xs" c="dimmed" ta="center" py="xs">
          That is all.
        </Text>
      )}
    </div>
  );
  const sortable = props.columns.filter((column) => column.sort !== undefined);
  return (
    <>
      {props.refresh && <Stale of={[props.refresh]} />}
      {narrow && sortable.length > 0 && props.onSort !== undefined && (
        <SortBy label={label} columns={sortable} sort={props.sort} onSort={props.onSort} />
      )}
      {table}
    </>
  );
}

/** Where the head of the table has no room. */
function SortBy<Row>(props: {
  label: string;
  columns: readonly Column<Row>[];
  sort: string | undefined;
  onSort: (sort: string) => void;
}) {
  const choices = props.columns.flatMap(({ sort = "", title, label }) => [
    { value: sort, label: `${label ?? String(title)}, ascending` },
    { value: `-${sort}`, label: `${label ?? String(title)}, descending` },
  ]);
  const known = choices.some((choice) => choice.value === props.sort);
  return (
    <NativeSelect
      size="xs"
      label="Sort by"
      aria-label={`Sort ${props.label} by`}
      data={known ? choices : [{ value: "", label: "As they come" }, ...choices]}
      value={known ? props.sort : ""}
      onChange={(event) => props.onSort(event.currentTarget.value)}
    />
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
  plain: boolean;
}

function Head<Row>({ column, sort, onSort, plain }: HeadProps<Row>) {
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
      {plain ? (
        (column.label ?? title)
      ) : by !== undefined && onSort ? (
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
