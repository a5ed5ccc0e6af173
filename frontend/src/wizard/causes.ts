import type { PreflightDevice } from "../api/types";

/** Devices that are not ready for the same reason. */
export interface Cause {
  kind: string;
  devices: PreflightDevice[];
}

/** Nothing of these devices answered, so nothing that a person enters here would help. */
export const UNREACHABLE: ReadonlySet<string> = new Set([
  "dns_failed",
  "connection_refused",
  "connect_timeout",
  "no_route",
]);

/** The most frequent cause first. */
export function causesOf(devices: readonly PreflightDevice[]): Cause[] {
  const causes = new Map<string, PreflightDevice[]>();
  for (const device of devices) {
    const kind = device.failure_kind ?? "internal";
    const same = causes.get(kind);
    if (same) same.push(device);
    else causes.set(kind, [device]);
  }
  return [...causes]
    .map(([kind, list]) => ({ kind, devices: list }))
    .sort((a, b) => b.devices.length - a.devices.length);
}
