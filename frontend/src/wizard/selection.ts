/** Single devices in the address of the wizard. Pure; what is too long for an address is `kept` elsewhere. */

export interface InAddress {
  /** Single devices that were chosen, instead of all that match. */
  device?: string[] | undefined;
  /** Single devices that were left out of all that match. */
  without?: string[] | undefined;
}

export interface Kept {
  only: readonly string[];
  without: readonly string[];
}

/** An address much longer than this is cut or refused by what it is pasted into, and by some proxies. */
export const MOST_IN_ADDRESS = 40;
const NONE = "none";
const KEPT = "kept";

function read(list: readonly string[] | undefined, kept: readonly string[]): string[] | undefined {
  if (list === undefined) return undefined;
  return list[0] === KEPT ? [...kept] : list.filter((id) => id !== NONE);
}

/** `undefined`: all that match. A list: these. */
export function onlyOf(address: InAddress, kept: Kept): string[] | undefined {
  return read(address.device, kept.only);
}

export function withoutOf(address: InAddress, kept: Kept): string[] {
  return read(address.without, kept.without) ?? [];
}

/** The address says that the list is kept, but not here: it was opened from another tab's link. */
export function isLost(address: InAddress, kept: Kept): boolean {
  return (
    (address.device?.[0] === KEPT && kept.only.length === 0) ||
    (address.without?.[0] === KEPT && kept.without.length === 0)
  );
}

interface Change {
  address: InAddress;
  keep?: Partial<Kept>;
}

export function choosing(only: readonly string[]): Change {
  if (only.length > MOST_IN_ADDRESS) return { address: { device: [KEPT] }, keep: { only } };
  return { address: { device: only.length === 0 ? [NONE] : [...only] } };
}

export function leavingOut(without: readonly string[]): Change {
  if (without.length > MOST_IN_ADDRESS) return { address: { without: [KEPT] }, keep: { without } };
  return { address: without.length === 0 ? {} : { without: [...without] } };
}

/** One device more, or one less, in whichever list counts. */
export function flipping(address: InAddress, kept: Kept, id: string): Change {
  const flip = (list: readonly string[]) =>
    list.includes(id) ? list.filter((each) => each !== id) : [...list, id];
  const only = onlyOf(address, kept);
  return only === undefined ? leavingOut(flip(withoutOf(address, kept))) : choosing(flip(only));
}
