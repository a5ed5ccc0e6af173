/** Reads that several pages share. Keys begin with the noun, so that a change of a noun refreshes all of it. */
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { api, ask } from "./client";
import { durationsOf, mostAlike, NO_PAST, type Past, scaleOf } from "./past";
import { asProblem } from "./problem";
import type { DeviceFilters } from "./types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it refuses again; only a server that was away may answer later.
      retry: (failures, error) => asProblem(error).unreachable && failures < 3,
    },
  },
});

export const facetsQuery = queryOptions({
  queryKey: ["devices", "facets"],
  queryFn: () => ask(api.GET("/devices/facets")),
});

/** The catalogue changes when the server starts with other platform files, hardly ever while a page is open. */
const CATALOGUE = 5 * 60_000;

export const captureTypesQuery = queryOptions({
  queryKey: ["capture-types"],
  queryFn: async () => (await ask(api.GET("/capture-types"))).items,
  staleTime: CATALOGUE,
});

export const platformsQuery = queryOptions({
  queryKey: ["platforms"],
  queryFn: async () => (await ask(api.GET("/platforms"))).items,
  staleTime: CATALOGUE,
});

export const credentialsQuery = queryOptions({
  queryKey: ["credentials", "all"],
  queryFn: async () => (await ask(api.GET("/credentials", { params: { query: { limit: 500 } } }))).items,
});

export function collectionQuery(id: string) {
  return queryOptions({
    queryKey: ["collections", id],
    queryFn: () => ask(api.GET("/collections/{id}", { params: { path: { id } } })),
  });
}

export function failuresQuery(id: string) {
  return queryOptions({
    queryKey: ["collections", id, "failures"],
    queryFn: async () =>
      (await ask(api.GET("/collections/{id}/failures", { params: { path: { id } } }))).items,
  });
}

export function deviceQuery(id: string) {
  return queryOptions({
    queryKey: ["devices", id],
    queryFn: () => ask(api.GET("/devices/{id}", { params: { path: { id } } })),
  });
}

/** How many devices match; with no filter, all of them. */
export function deviceTotalQuery(filters: DeviceFilters) {
  return queryOptions({
    queryKey: ["devices", "total", filters],
    queryFn: async () => {
      const query = { ...filters, enabled: true, limit: 1, include_total: true } as Record<string, unknown>;
      const page = await ask(api.GET("/devices", { params: { query } }));
      return page.total ?? 0;
    },
  });
}

export const versionQuery = queryOptions({
  queryKey: ["version"],
  queryFn: () => ask(api.GET("/version")),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The newest collections, for what looks back a little: the dashboard, failures, estimates. */
export const recentQuery = queryOptions({
  queryKey: ["collections", "recent"],
  queryFn: async () => (await ask(api.GET("/collections", { params: { query: { limit: 50 } } }))).items,
});

/** How long devices took in the ended collection whose capture types are the most alike. */
export function pastQuery(captureTypes: readonly string[]) {
  return queryOptions({
    queryKey: ["collections", "past", [...captureTypes].sort().join(" ")],
    queryFn: async ({ client }): Promise<Past> => {
      const alike = mostAlike(await client.fetchQuery(recentQuery), captureTypes);
      if (alike === undefined) return NO_PAST;
      const rows = await ask(
        api.GET("/collections/{id}/devices", {
          params: { path: { id: alike.id }, query: { limit: 500, status: ["succeeded"] } },
        }),
      );
      return {
        durations: durationsOf(rows.items),
        ...scaleOf(alike.capture_types.length, captureTypes.length),
      };
    },
    staleTime: 5 * 60_000,
  });
}
