/** Failures of many collections, by what people look for: the cause, the device, the site. Pure. */
import type { Collection, CollectionDevice, FailureGroup } from "../api/types";

export interface CauseDevice {
  id: string;
  name: string;
  collectionId: string;
}

export interface Cause {
  kind: string;
  hint: string;
  /** Each device of each collection counts. */
  failures: number;
  /** Each device once, with its latest collection. */
  devices: CauseDevice[];
  /** A group was longer than the list of its devices, so that there may be more of them. */
  more: boolean;
  firstSeen: string;
  lastSeen: string;
}

export interface GroupsOf {
  collection: Collection;
  groups: readonly FailureGroup[];
}

/** The newest collection comes first. */
export function causesOf(all: readonly GroupsOf[]): Cause[] {
  const causes = new Map<string, Cause>();
  const seen = new Set<string>();
  for (const { collection, groups } of all) {
    const at = collection.finished_at ?? collection.created_at;
    for (const { failure_kind: kind, hint, count, device_ids, device_names } of groups) {
      const cause = causes.get(kind) ?? {
        kind,
        hint,
        failures: 0,
        devices: [],
        more: false,
        firstSeen: at,
        lastSeen: at,
      };
      causes.set(kind, cause);
      cause.failures += count;
      cause.more ||= count > device_ids.length;
      if (at < cause.firstSeen) cause.firstSeen = at;
      if (at > cause.lastSeen) cause.lastSeen = at;
      for (const [position, id] of device_ids.entries()) {
        if (seen.has(`${kind} ${id}`)) continue;
        seen.add(`${kind} ${id}`);
        cause.devices.push({ id, name: device_names[position] ?? "", collectionId: collection.id });
      }
    }
  }
  return [...causes.values()].sort((a, b) => b.failures - a.failures);
}

export interface Failure {
  collectionId: string;
  at: string;
  device: CollectionDevice;
}

export interface Kind {
  kind: string;
  failures: number;
}

export interface Grouped {
  key: string;
  failures: number;
  kinds: Kind[];
  firstSeen: string;
  lastSeen: string;
  /** The latest one. */
  last: Failure;
  devices: number;
}

/** By any word of a failure; those with the most failures first. */
export function grouped(failures: readonly Failure[], keyOf: (failure: Failure) => string): Grouped[] {
  const groups = new Map<string, { all: Failure[] }>();
  for (const failure of failures) {
    const key = keyOf(failure);
    const group = groups.get(key) ?? { all: [] };
    groups.set(key, group);
    group.all.push(failure);
  }
  return [...groups]
    .flatMap(([key, { all }]): Grouped[] => {
      const sorted = [...all].sort((a, b) => (a.at < b.at ? 1 : -1));
      const [last, first] = [sorted[0], sorted.at(-1)];
      if (last === undefined || first === undefined) return [];
      const kinds = new Map<string, number>();
      for (const { device } of all) {
        const kind = device.failure_kind ?? "internal";
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      return [
        {
          key,
          failures: all.length,
          kinds: [...kinds]
            .map(([kind, number]) => ({ kind, failures: number }))
            .sort((a, b) => b.failures - a.failures),
          firstSeen: first.at,
          lastSeen: last.at,
          last,
          devices: new Set(all.map(({ device }) => device.device_id)).size,
        },
      ];
    })
    .sort((a, b) => b.failures - a.failures || (a.lastSeen < b.lastSeen ? 1 : -1));
}
