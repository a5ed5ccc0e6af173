/** What happened in the last days: collections that run, and what failed. */
import { queryOptions } from "@tanstack/react-query";
import { api, ask } from "../api/client";
import type { FailureBy } from "../api/types";

const DAY = 24 * 3600 * 1000;
/** Groups of failures that are shown; what is more is said. */
const MOST_GROUPS = 1_000;

/** Those that still run: the first few, and how many there are. */
export const runningQuery = queryOptions({
  queryKey: ["collections", "running"],
  queryFn: async () => {
    const query = { status: ["queued", "running", "cancelling"], limit: 8, include_total: true };
    const page = await ask(api.GET("/collections", { params: { query } }));
    return { collections: page.items, total: page.total ?? page.items.length };
  },
});

/** What failed in the collections that were started in the last days, in groups, and what came of all of them. */
export function failedQuery(days: number, by: FailureBy) {
  return queryOptions({
    queryKey: ["collections", "failed", days, by],
    queryFn: () => {
      const since = new Date(Date.now() - days * DAY).toISOString();
      return ask(api.GET("/failures", { params: { query: { since, by, limit: MOST_GROUPS } } }));
    },
  });
}
