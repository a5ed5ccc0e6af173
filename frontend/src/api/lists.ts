import {
  type InfiniteData,
  infiniteQueryOptions,
  replaceEqualDeep,
  useInfiniteQuery,
} from "@tanstack/react-query";
import { useMemo } from "react";
import type { Page } from "./types";

/** Something that was read and is read again from time to time. */
export interface Read {
  data: unknown;
  error: unknown;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** A list of the API as it grows by scrolling. */
export interface List<Item, Answer extends Page<Item> = Page<Item>> {
  rows: Item[];
  /** As they were answered, for what the API says beside the rows. */
  pages: Answer[];
  total: number | undefined;
  loading: boolean;
  error: unknown;
  onRetry: () => void;
  /** The last reading of what is loaded, as `Stale` takes it: it says when it failed. */
  refresh: Read;
  /** `error`: of the next page, which is then not asked for again by itself. */
  more: { has: boolean; loading: boolean; load: () => void; error: unknown };
}

interface PageAsked {
  limit: number;
  page_token?: string;
  include_total?: boolean;
}

interface ListOptions<Item, Answer extends Page<Item>> {
  key: readonly unknown[];
  read: (page: PageAsked) => Promise<Answer>;
  refetchInterval?: number;
  enabled?: boolean;
}

/** The beginning is small, because somebody waits for it. */
const FIRST_ROWS = 100;
/** The most that the API gives at once: a long list is read, and read again, in few questions. */
const NEXT_ROWS = 500;

/** A list that was scrolled further is not read again only because somebody looks at its window again. */
const MOST_PAGES_BY_THE_WAY = 3;

/**
 * Reading a list again asks for each of its loaded pages, one after the other: a long one is read less often, so that it
 * costs as much as a short one.
 */
export function refreshes<Item>(interval: number | undefined) {
  type Reading = { state: { data?: InfiniteData<Page<Item>> | undefined } };
  const pages = (list: Reading) => list.state.data?.pages.length ?? 0;
  const short = (list: Reading) => pages(list) <= MOST_PAGES_BY_THE_WAY;
  return {
    refetchInterval: (list: Reading) => interval !== undefined && interval * Math.max(1, pages(list)),
    refetchOnWindowFocus: short,
    refetchOnReconnect: short,
  };
}

/** For so long the rest of a list may stay as it was when its beginning is read again and is the same. */
const REST_STAYS_MS = 2 * 60_000;

/** Of a list in the cache: when all of it was read, and whether its beginning was the same when it was read last. */
const readings = new WeakMap<object, { whole: number; sameStart: boolean }>();

type PageParam = string | undefined;

/**
 * A list is kept as long as somebody may come back to it, all of its pages and with them the place in it. Who comes back
 * soon asks for its first page only; when that has changed, for all of them. So does everybody when somebody changed
 * something, and a list that is read again by itself, in which rows change that are not at its beginning.
 */
export function listOptions<Item, Answer extends Page<Item>>(options: ListOptions<Item, Answer>) {
  const { key, read, refetchInterval, enabled = true } = options;
  return infiniteQueryOptions({
    queryKey: key,
    // The total is asked for once, with the first page.
    queryFn: async ({ client, queryKey, pageParam, signal }) => {
      const kept = client.getQueryCache().find<Answer, Error, InfiniteData<Answer, PageParam>>({ queryKey });
      const before = kept?.state.data;
      if (pageParam !== undefined) {
        // Nobody looks at it any more: the pages that are left need not be read.
        signal.throwIfAborted();
        const at = before?.pageParams.indexOf(pageParam) ?? -1;
        const same = kept !== undefined && readings.get(kept)?.sameStart === true;
        return (same ? before?.pages[at] : undefined) ?? read({ limit: NEXT_ROWS, page_token: pageParam });
      }
      const began = Date.now();
      const first = await read({ limit: FIRST_ROWS, include_total: true });
      if (kept !== undefined) {
        const { whole } = readings.get(kept) ?? { whole: began };
        const start = before?.pages[0];
        const sameStart =
          refetchInterval === undefined &&
          !kept.state.isInvalidated &&
          began - whole < REST_STAYS_MS &&
          start !== undefined &&
          replaceEqualDeep(start, first) === start;
        readings.set(kept, { whole: sameStart ? whole : began, sameStart });
      }
      return first;
    },
    initialPageParam: undefined as PageParam,
    getNextPageParam: (page: Answer) => page.next_page_token,
    enabled,
    ...refreshes<Item>(refetchInterval),
  });
}

/** Errors that came instead of a next page. They stay such while the list is read again. */
const instead = new WeakSet<object>();

export function useList<Item, Answer extends Page<Item> = Page<Item>>(
  options: ListOptions<Item, Answer>,
): List<Item, Answer> {
  const query = useInfiniteQuery(listOptions<Item, Answer>(options));
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const { error } = query;
  if (error !== null && query.isFetchNextPageError) instead.add(error);
  const ofNext = error !== null && instead.has(error);
  return {
    rows,
    pages: pages ?? [],
    total: pages?.[0]?.total,
    loading: query.isPending && options.enabled !== false,
    // A list that is on the screen stays there when a later request fails; the next one may not.
    error: query.data === undefined ? error : undefined,
    onRetry: () => void query.refetch(),
    refresh: {
      data: query.data,
      // That a next page did not come is said at the end of the list.
      error: query.isRefetchError && !ofNext ? error : undefined,
      dataUpdatedAt: query.dataUpdatedAt,
      refetch: query.refetch,
    },
    more: {
      has: query.hasNextPage,
      loading: query.isFetchingNextPage,
      load: () => void query.fetchNextPage(),
      error: ofNext && !query.isFetchingNextPage ? error : undefined,
    },
  };
}
