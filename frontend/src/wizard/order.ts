import { byName } from "../format";
import type { SeenDevice } from "../progress";

/** What needs a person first. */
const URGENCY: Record<SeenDevice["status"], number> = {
  failed: 0,
  partially_succeeded: 1,
  running: 2,
  queued: 3,
  cancelled: 4,
  succeeded: 5,
};

export function byUrgency(a: SeenDevice, b: SeenDevice): number {
  return URGENCY[a.status] - URGENCY[b.status] || byName(a.name, b.name);
}

export function matches(device: SeenDevice, status: string | undefined, find: string | undefined): boolean {
  if (status !== undefined && device.status !== status) return false;
  if (find === undefined) return true;
  const text = find.toLowerCase();
  return [device.name, device.address, device.site, device.platform, device.message ?? ""].some((value) =>
    value.toLowerCase().includes(text),
  );
}
