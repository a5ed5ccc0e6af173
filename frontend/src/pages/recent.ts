import { useQueries } from "@tanstack/react-query";
import { failuresQuery } from "../api/queries";
import type { Collection } from "../api/types";

export interface CauseDevice {
  id: string;
  name: string;
  collectionId: string;
}

export interface Cause {
  kind: string;
  hint: string;
  count: number;
  devices: CauseDevice[];
  firstSeen: string;
  lastSeen: string;
}

const LOOKED_AT = 12;

/** Over the latest collections that had failures; a device stands under a cause once, with its latest collection. */
export function useRecentFailures(collections: readonly Collection[]) {
  const failed = collections.filter((each) => each.devices_failed > 0).slice(0, LOOKED_AT);
  return useQueries({
    queries: failed.map((each) => failuresQuery(each.id)),
    combine: (results) => {
      const causes = new Map<string, Cause & { seen: Set<string> }>();
      results.forEach((result, index) => {
        const collection = failed[index];
        if (!collection || !result.data) return;
        const at = collection.finished_at ?? collection.created_at;
        for (const group of result.data) {
          let cause = causes.get(group.failure_kind);
          if (!cause) {
            const { failure_kind: kind, hint } = group;
            cause = { kind, hint, count: 0, devices: [], firstSeen: at, lastSeen: at, seen: new Set() };
            causes.set(kind, cause);
          }
          cause.count += group.count;
          if (at < cause.firstSeen) cause.firstSeen = at;
          if (at > cause.lastSeen) cause.lastSeen = at;
          for (const [position, id] of group.device_ids.entries()) {
            if (cause.seen.has(id)) continue;
            cause.seen.add(id);
            cause.devices.push({ id, name: group.device_names[position] ?? "", collectionId: collection.id });
          }
        }
      });
      return {
        groups: [...causes.values()].sort((a, b) => b.devices.length - a.devices.length),
        collections: failed.length,
        loading: results.some((result) => result.isPending),
        error: results.find((result) => result.error)?.error,
      };
    },
  });
}
