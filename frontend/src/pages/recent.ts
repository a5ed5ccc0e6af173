/** What happened in the last days: collections, and what failed in them. */
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, ask } from "../api/client";
import { failuresQuery } from "../api/queries";
import type { Collection } from "../api/types";
import { hasEnded } from "../progress";
import { causesOf, type Failure, type GroupsOf } from "./failures";

const DAY = 24 * 3600 * 1000;
/** A page must not read for ever; where it stops it says so. */
export const MOST_COLLECTIONS = 2_000;
export const MOST_FAILED = 200;
export const MOST_FAILURES = 20_000;
/** Requests at a time. */
const AT_ONCE = 6;

export interface Lately {
  collections: Collection[];
  /** Whether that is all of the days. */
  whole: boolean;
}

/** The collections that were started in the last days, the newest first. */
export function latelyQuery(days: number) {
  return queryOptions({
    queryKey: ["collections", "lately", days],
    queryFn: async (): Promise<Lately> => {
      const since = new Date(Date.now() - days * DAY).toISOString();
      const collections: Collection[] = [];
      let token: string | undefined;
      do {
        const query = { limit: 200, ...(token === undefined ? {} : { page_token: token }) };
        const page = await ask(api.GET("/collections", { params: { query } }));
        const young = page.items.filter((each) => each.created_at >= since);
        collections.push(...young);
        if (young.length < page.items.length) return { collections, whole: true };
        token = page.next_page_token;
      } while (token !== undefined && collections.length < MOST_COLLECTIONS);
      return { collections, whole: token === undefined };
    },
  });
}

/** Those that still run: the first few, and how many there are. */
export const runningQuery = queryOptions({
  queryKey: ["collections", "running"],
  queryFn: async () => {
    const query = { status: ["queued", "running", "cancelling"], limit: 8, include_total: true };
    const page = await ask(api.GET("/collections", { params: { query } }));
    return { collections: page.items, total: page.total ?? page.items.length };
  },
});

/** In a few requests at a time, in the order of the items. */
async function each<Item, Answer>(items: readonly Item[], read: (item: Item) => Promise<Answer>) {
  const answers: Answer[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    answers.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(read))));
  }
  return answers;
}

function withFailures(lately: Lately): Collection[] {
  return lately.collections.filter((each) => hasEnded(each.status) && each.devices_failed > 0);
}

export interface Looked<Found> {
  found: Found;
  /** Collections with failures that were looked at. */
  collections: number;
  /** Why something may be missing; nothing when all is there. */
  bound: string | undefined;
}

function boundOf(lately: Lately, failed: number): string | undefined {
  if (failed > MOST_FAILED) return `the newest ${MOST_FAILED} of ${failed} collections with failures`;
  return lately.whole ? undefined : `the newest ${lately.collections.length} collections`;
}

/** What a collection that ended failed with never changes. */
async function groupsOf(client: QueryClient, collection: Collection): Promise<GroupsOf> {
  const options = { ...failuresQuery(collection.id), staleTime: Number.POSITIVE_INFINITY };
  return { collection, groups: await client.fetchQuery(options) };
}

export function causesQuery(days: number) {
  return queryOptions({
    queryKey: ["collections", "causes", days],
    queryFn: async ({ client }): Promise<Looked<ReturnType<typeof causesOf>>> => {
      const lately = await client.fetchQuery(latelyQuery(days));
      const failed = withFailures(lately);
      const looked = failed.slice(0, MOST_FAILED);
      const groups = await each(looked, (collection) => groupsOf(client, collection));
      return { found: causesOf(groups), collections: looked.length, bound: boundOf(lately, failed.length) };
    },
  });
}

async function failuresOf(collection: Collection): Promise<Failure[]> {
  const { id } = collection;
  const failures: Failure[] = [];
  let token: string | undefined;
  do {
    const query = {
      status: ["failed", "partially_succeeded", "cancelled"],
      limit: 500,
      ...(token === undefined ? {} : { page_token: token }),
    };
    const page = await ask(api.GET("/collections/{id}/devices", { params: { path: { id }, query } }));
    for (const device of page.items) {
      const at = device.finished_at ?? collection.finished_at ?? collection.created_at;
      failures.push({ collectionId: id, at, device });
    }
    token = page.next_page_token;
  } while (token !== undefined && failures.length < MOST_FAILURES);
  return failures;
}

/** Device by device, for who asks which devices or sites fail. */
export function failuresOfDaysQuery(days: number) {
  return queryOptions({
    queryKey: ["collections", "failed devices", days],
    queryFn: async ({ client }): Promise<Looked<Failure[]>> => {
      const lately = await client.fetchQuery(latelyQuery(days));
      const failed = withFailures(lately);
      const looked: Collection[] = [];
      let expected = 0;
      for (const collection of failed.slice(0, MOST_FAILED)) {
        if (expected >= MOST_FAILURES) break;
        looked.push(collection);
        expected += collection.devices_failed;
      }
      const found = (await each(looked, failuresOf)).flat();
      const bound =
        looked.length < Math.min(failed.length, MOST_FAILED) || found.length < expected
          ? `the newest ${looked.length} of ${failed.length} collections with failures`
          : boundOf(lately, failed.length);
      return { found, collections: looked.length, bound };
    },
    staleTime: 60_000,
  });
}
