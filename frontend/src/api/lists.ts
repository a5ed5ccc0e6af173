import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Page } from "./types";

/** A list of the API as it grows by scrolling. */
export interface List<Item> {
  rows: Item[];
  total: number | undefined;
  loading: boolean;
  error: unknown;
  onRetry: () => void;
  /** `error`: of the next page, which is then not asked for again by itself. */
  more: { has: boolean; loading: boolean; load: () => void; error: unknown };
}

interface ListOptions<Item> {
  key: readonly unknown[];
  read: (page: { limit: number; page_token?: string; include_total?: boolean }) => Promise<Page<Item>>;
  refetchInterval?: number;
  enabled?: boolean;
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
    ...(refetchInterval === undefined ? {} : { refetchInterval }),
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return {
    rows,
    total: query.data?.pages[0]?.total,
    loading: query.isPending && enabled,
    // A list that is on the screen stays there when a later request fails; the next one may not.
    error: query.data === undefined ? query.error : undefined,
    onRetry: () => void query.refetch(),
    more: {
      has: query.hasNextPage,
      loading: query.isFetchingNextPage,
      load: () => void query.fetchNextPage(),
      error: query.isFetchNextPageError ? query.error : undefined,
    },
  };
}
