import { NO_PAST, type Past } from "../api/past";
import { duration } from "../format";
import type { SeenDevice } from "../progress";

export interface Estimate {
  /** Seconds until the end when devices go on as they mostly do. */
  low: number;
  /** When what is left is like the slow ones. */
  high: number;
}

/** Of how many devices the durations say enough; of a small run a part does. */
const ENOUGH = 5;
const SHARE = 5;
/** What few durations do not tell about the slow ones. */
const MARGIN = 1.5;
/** A device that takes longer than usual is nearly done, not overdue. */
const NEARLY = 0.9;

interface Usual {
  half: number;
  most: number;
}

function usual(durations: number[], enough: number): Usual | undefined {
  if (durations.length === 0 || durations.length < enough) return undefined;
  durations.sort((a, b) => a - b);
  const at = (share: number) => durations[Math.floor(share * (durations.length - 1))] ?? 0;
  const margin = durations.length < ENOUGH ? MARGIN : 1;
  return { half: at(0.5), most: at(0.9) * margin };
}

/** An earlier collection says something however small it was: it has ended, so its slow devices are in it. */
function usualIn({ durations, low, high }: Past): Usual | undefined {
  const known = usual([...durations.values()], 1);
  return known && { half: known.half * low, most: known.most * high };
}

/**
 * How long the rest takes, as a range: each device by its own past, one without a past like the half of those that ended
 * in this run (before there are enough, in the earlier one) and, at worst, like the slow tenth of them. What a running
 * device has already done is taken off.
 */
export function estimate(
  devices: Iterable<SeenDevice>,
  remaining: number,
  workers: number,
  past: Past = NO_PAST,
  now: number = Date.now(),
): Estimate | undefined {
  if (remaining === 0) return undefined;
  const durations: number[] = [];
  const open: SeenDevice[] = [];
  for (const device of devices) {
    if (device.durationMs !== undefined) durations.push(device.durationMs);
    else if (device.status === "queued" || device.status === "running") open.push(device);
  }
  const enough = Math.min(ENOUGH, Math.ceil((durations.length + remaining) / SHARE));
  const known = usual(durations, enough) ?? usualIn(past);
  if (known === undefined) return undefined;
  let [low, high, longest, longestHigh] = [0, 0, 0, 0];
  for (const device of open) {
    const own = past.durations.get(device.id);
    const [short, long] =
      own === undefined ? [known.half, known.most] : [own * past.low, Math.max(own * past.high, known.most)];
    const done = device.status === "running" ? elapsed(device, now) : 0;
    const [leastLeft, mostLeft] = [
      short - Math.min(done, NEARLY * short),
      long - Math.min(done, NEARLY * long),
    ];
    low += leastLeft;
    high += mostLeft;
    longest = Math.max(longest, leastLeft);
    longestHigh = Math.max(longestHigh, mostLeft);
  }
  // Rows that have not arrived yet are still devices that remain.
  const unseen = Math.max(0, remaining - open.length);
  if (unseen > 0) {
    longest = Math.max(longest, known.half);
    longestHigh = Math.max(longestHigh, known.most);
  }
  return spread(low + unseen * known.half, high + unseen * known.most, longest, longestHigh, workers);
}

function elapsed(device: SeenDevice, now: number): number {
  return device.startedAt === undefined ? 0 : Math.max(0, now - Date.parse(device.startedAt));
}

/** Before the start: so many devices, like those of an earlier collection. */
export function expected(devices: number, workers: number, past: Past): Estimate | undefined {
  const known = usualIn(past);
  if (known === undefined || devices === 0) return undefined;
  return spread(devices * known.half, devices * known.most, known.half, known.most, workers);
}

/**
 * Nothing is quicker than its slowest part, however many work on it; and at the end most workers have nothing to do while
 * the last device is waited for.
 */
function spread(low: number, high: number, longest: number, longestHigh: number, workers: number): Estimate {
  const at = Math.max(1, workers);
  return {
    low: Math.max(low / at, longest) / 1000,
    high: (high / at + longestHigh * (1 - 1 / at)) / 1000,
  };
}

/** `12 s to 20 s`; one number where the two read the same. Below a second nothing can be told. */
export function range({ low, high }: Estimate): string {
  const [from, to] = [duration(Math.max(1, low)), duration(Math.max(1, high))];
  return from === to ? from : `${from} to ${to}`;
}
