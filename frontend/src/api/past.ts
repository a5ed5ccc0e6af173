/** Which earlier collection says how long the next one takes. Pure. */
import type { Collection, CollectionDevice } from "./types";

export interface Past {
  /** Milliseconds that each device took, by its id. */
  durations: ReadonlyMap<string, number>;
  /** The same would take between so many times as long... */
  low: number;
  /** ...and so many. */
  high: number;
}

export const NO_PAST: Past = { durations: new Map(), low: 1, high: 1 };

type Candidate = Pick<Collection, "id" | "capture_types" | "devices_succeeded" | "finished_at" | "retry_of">;

/** Types that both have, as a share of all that either has. */
function likeness(a: readonly string[], b: readonly string[]): number {
  const both = a.filter((each) => b.includes(each)).length;
  return both / Math.max(1, new Set([...a, ...b]).size);
}

/**
 * The collection that has the most in common with these types, of equals the first. Only one that has ended: one that runs
 * would be its own past, told by its quickest devices. A retry collects less than its types say.
 */
export function mostAlike<C extends Candidate>(
  collections: readonly C[],
  captureTypes: readonly string[],
): C | undefined {
  let best: C | undefined;
  let most = 0;
  for (const each of collections) {
    if (each.finished_at === undefined || each.retry_of !== undefined || each.devices_succeeded === 0)
      continue;
    const alike = likeness(each.capture_types, captureTypes);
    if (alike > most) [best, most] = [each, alike];
  }
  return best;
}

/** Between what logins cost, whatever is collected, and what each type costs: the truth is somewhere there. */
export function scaleOf(past: number, wanted: number): { low: number; high: number } {
  const ratio = wanted / Math.max(1, past);
  return { low: Math.min(1, ratio), high: Math.max(1, ratio) };
}

export function durationsOf(
  rows: readonly Pick<CollectionDevice, "device_id" | "duration_ms">[],
): Map<string, number> {
  const durations = new Map<string, number>();
  for (const row of rows) if (row.duration_ms !== undefined) durations.set(row.device_id, row.duration_ms);
  return durations;
}
