import { duration } from "../format";
import type { SeenDevice } from "../progress";

export interface Estimate {
  /** Seconds until the end when devices go on as they mostly do. */
  low: number;
  /** When what is left is like the slow ones. */
  high: number;
}

/** Milliseconds that each device took in an earlier collection of the same capture types. */
export type Past = ReadonlyMap<string, number>;

export const NO_PAST: Past = new Map();

/** Before this many devices have ended, their durations say nothing. */
const ENOUGH = 5;

interface Usual {
  half: number;
  most: number;
}

function usual(durations: number[]): Usual | undefined {
  if (durations.length < ENOUGH) return undefined;
  durations.sort((a, b) => a - b);
  const at = (share: number) => durations[Math.floor(share * (durations.length - 1))] ?? 0;
  return { half: at(0.5), most: at(0.9) };
}

/**
 * How long the rest takes, as a range: each device by its own past, one without a past like the half of those that ended
 * in this run (before there are enough, in the earlier one) and, at worst, like the slow tenth of them.
 */
export function estimate(
  devices: Iterable<SeenDevice>,
  remaining: number,
  workers: number,
  past: Past = NO_PAST,
): Estimate | undefined {
  if (remaining === 0) return undefined;
  const durations: number[] = [];
  const open: string[] = [];
  for (const device of devices) {
    if (device.durationMs !== undefined) durations.push(device.durationMs);
    else if (device.status === "queued" || device.status === "running") open.push(device.id);
  }
  const known = usual(durations) ?? usual([...past.values()]);
  if (known === undefined) return undefined;
  let [low, high, longest] = [0, 0, 0];
  for (const id of open) {
    const own = past.get(id);
    low += own ?? known.half;
    high += Math.max(own ?? 0, known.most);
    longest = Math.max(longest, own ?? known.half);
  }
  // Rows that have not arrived yet are still devices that remain.
  const unseen = Math.max(0, remaining - open.length);
  return spread(
    low + unseen * known.half,
    high + unseen * known.most,
    Math.max(longest, known.half),
    workers,
  );
}

/** Before the start: so many devices, like those of an earlier collection. */
export function expected(devices: number, workers: number, past: Past): Estimate | undefined {
  const known = usual([...past.values()]);
  if (known === undefined || devices === 0) return undefined;
  return spread(devices * known.half, devices * known.most, known.half, workers);
}

/** Nothing is quicker than its slowest part, however many work on it. */
function spread(low: number, high: number, longest: number, workers: number): Estimate {
  const at = Math.max(1, workers);
  return { low: Math.max(low / at, longest) / 1000, high: Math.max(high / at, longest) / 1000 };
}

/** `12 s to 20 s`; one number where the two say the same. */
export function range({ low, high }: Estimate): string {
  return high > low * 1.15 ? `${duration(low)} to ${duration(high)}` : duration(low);
}
