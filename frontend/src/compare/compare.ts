/** Two collections beside each other, device by device. Pure. */
import type { Capture, CollectionDevice } from "../api/types";

export type Difference =
  | "failed_now"
  | "recovered"
  | "still_failing"
  | "changed"
  | "added"
  | "missing"
  | "same";

export interface Compared {
  id: string;
  name: string;
  before: CollectionDevice | undefined;
  now: CollectionDevice | undefined;
  difference: Difference;
  /** Capture types whose text is another one. */
  changed: readonly string[];
}

const ORDER: readonly Difference[] = [
  "failed_now",
  "still_failing",
  "recovered",
  "changed",
  "added",
  "missing",
  "same",
];

/** Texts that both collections have complete and that differ, by device. */
function changes(before: readonly Capture[], now: readonly Capture[]): Map<string, string[]> {
  const known = new Map(before.map((each) => [`${each.device_id} ${each.capture_type}`, each.sha256]));
  const found = new Map<string, string[]>();
  for (const each of now) {
    const was = known.get(`${each.device_id} ${each.capture_type}`);
    if (was === undefined || each.sha256 === undefined || was === each.sha256) continue;
    found.set(each.device_id, [...(found.get(each.device_id) ?? []), each.capture_type]);
  }
  return found;
}

export function compare(
  before: { devices: readonly CollectionDevice[]; captures: readonly Capture[] },
  now: { devices: readonly CollectionDevice[]; captures: readonly Capture[] },
): Compared[] {
  const changed = changes(before.captures, now.captures);
  const old = new Map(before.devices.map((each) => [each.device_id, each]));
  const rows: Compared[] = [];
  const add = (id: string, was: CollectionDevice | undefined, is: CollectionDevice | undefined) => {
    const types = changed.get(id) ?? [];
    const name = is?.device_name ?? was?.device_name ?? id;
    rows.push({ id, name, before: was, now: is, difference: differenceOf(was, is, types), changed: types });
  };
  for (const each of now.devices) {
    add(each.device_id, old.get(each.device_id), each);
    old.delete(each.device_id);
  }
  for (const each of old.values()) add(each.device_id, each, undefined);
  const place = (row: Compared) => ORDER.indexOf(row.difference);
  return rows.sort((a, b) => place(a) - place(b));
}

function differenceOf(
  was: CollectionDevice | undefined,
  is: CollectionDevice | undefined,
  changed: readonly string[],
): Difference {
  if (is === undefined) return "missing";
  if (was === undefined) return "added";
  const [good, better] = [was.status === "succeeded", is.status === "succeeded"];
  if (good && !better) return "failed_now";
  if (!good && better) return "recovered";
  if (!better) return "still_failing";
  return changed.length > 0 ? "changed" : "same";
}
