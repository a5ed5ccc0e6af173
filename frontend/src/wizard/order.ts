import { byName } from "../format";
import type { SeenDevice } from "../progress";

/** What needs a person first. */
const URGENCY = ["failed", "partially_succeeded", "running", "queued", "cancelled", "succeeded"];

/** By site and name, as people count. Costly for ten thousand names, so it is done when the set changes, not the statuses. */
export function byPlace(devices: Iterable<SeenDevice>): string[] {
  return [...devices]
    .sort((a, b) => byName(a.site, b.site) || byName(a.name, b.name))
    .map((device) => device.id);
}

/** In the order given, the ones that need a person first. */
export function byUrgency(devices: readonly SeenDevice[]): SeenDevice[] {
  const shelves = new Map<string, SeenDevice[]>(URGENCY.map((status) => [status, []]));
  for (const device of devices) {
    const shelf = shelves.get(device.status);
    if (shelf) shelf.push(device);
    else shelves.set(device.status, [device]);
  }
  return [...shelves.values()].flat();
}

/** The next of these after the one that is open, or the one before; round at the ends. */
export function stepAmong(ids: readonly string[], open: string | undefined, by: 1 | -1): string | undefined {
  const at = open === undefined ? -1 : ids.indexOf(open);
  if (at === -1) return by === 1 ? ids[0] : ids.at(-1);
  return ids[(at + by + ids.length) % ids.length];
}

export function matches(device: SeenDevice, status: string | undefined, find: string | undefined): boolean {
  if (status !== undefined && device.status !== status) return false;
  if (find === undefined) return true;
  const text = find.toLowerCase();
  return [device.name, device.address, device.site, device.platform, device.message ?? ""].some((value) =>
    value.toLowerCase().includes(text),
  );
}
