import type { SeenDevice } from "../progress";

export interface Estimate {
  /** Seconds until the end when devices go on as they mostly do. */
  low: number;
  /** When what is left is like the slow ones. */
  high: number;
}

/** Before this many devices have ended, their durations say nothing. */
const ENOUGH = 5;

/** How long the rest takes, as a range from the durations of the devices that ended (median and 90th percentile). */
export function estimate(
  devices: Iterable<SeenDevice>,
  remaining: number,
  workers: number,
): Estimate | undefined {
  const durations: number[] = [];
  for (const device of devices) if (device.durationMs !== undefined) durations.push(device.durationMs);
  if (durations.length < ENOUGH || remaining === 0) return undefined;
  durations.sort((a, b) => a - b);
  const at = (share: number) => (durations[Math.floor(share * (durations.length - 1))] ?? 0) / 1000;
  const rounds = Math.max(1, remaining / Math.max(1, workers));
  return { low: at(0.5) * rounds, high: at(0.9) * rounds };
}
