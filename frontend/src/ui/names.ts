/** Names of devices as people type them into a filter. Pure. */

export interface DeviceQuery {
  device_id?: string[];
  device?: string[];
}

/** `cph, *-core-01` → the patterns of the API, in which `*` stands for any characters: a word alone is a part of a name. */
export function patternsOf(text: string): string[] {
  return namesIn(text).map((each) => (each.includes("*") ? each : `*${each}*`));
}

function namesIn(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** What a list is asked: by the ids that were found, where none was by the names, with `within` for that device alone. */
export function queryOf(text: string, ids: readonly string[], within: string | undefined): DeviceQuery {
  const names = namesIn(text);
  if (names.length === 0) return within === undefined ? {} : { device_id: [within] };
  if (within !== undefined) {
    return ids.includes(within) ? { device_id: [within] } : { device_id: [within], device: names };
  }
  return ids.length > 0 ? { device_id: [...ids] } : { device: names };
}
