import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
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
export interface List<Item> {
  rows: Item[];
  total: number | undefined;
  loading: boolean;
  error: unknown;
  onRetry: () => void;
  /** The last reading of what is loaded, as `Stale` takes it: it says when it failed. */
  refresh: Read;
  /** `error`: of the next page, which is then not asked for again by itself. */
  more: { has: boolean; loading: boolean; load: () => void; error: unknown };
}

interface ListOptions<Item> {
  key: readonly unknown[];
  read: (page: { limit: number; page_token?: string; include_total?: boolean }) => Promise<Page<Item>>;
  refetchInterval?: number;
  enabled?: boolean;
}

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

/** The total is asked for once, with the first page. */
export function useList<Item>({ key, read, refetchInterval, enabled = true }: ListOptions<Item>): List<Item> {
  const query: UseInfiniteQueryResult<InfiniteData<Page<Item>>> = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      read(
        pageParam === undefined ? { limit: 100, include_total: true } : { limit: 100, page_token: pageParam },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Item>) => page.next_page_token,
    enabled,
    ...refreshes<Item>(refetchInterval),
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return {
    rows,
    total: query.data?.pages[0]?.total,
    loading: query.isPending && enabled,
    // A list that is on the screen stays there when a later request fails; the next one may not.
    error: query.data === undefined ? query.error : undefined,
    onRetry: () => void query.refetch(),
    refresh: {
      data: query.data,
      // That a next page did not come is said at the end of the list.
      error: query.isRefetchError ? query.error : undefined,
      dataUpdatedAt: query.dataUpdatedAt,
      refetch: query.refetch,
    },
    more: {
      has: query.hasNextPage,
      loading: query.isFetchingNextPage,
      load: () => void query.fetchNextPage(),
      error: query.isFetchNextPageError ? query.error : undefined,
    },
  };
}
