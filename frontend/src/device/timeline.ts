/** The captures of a device, newest first, as the runs that made them. Pure. */
import type { Capture } from "../api/types";

export interface Seen extends Capture {
  /** Whether its text is another than the one before; absent while the one before is not known. */
  changed: boolean | undefined;
}

export interface Run {
  collectionId: string;
  at: string;
  captures: Seen[];
}

/**
 * `whole`: there is nothing older. The last complete text of each type in the part that is known cannot be called changed
 * before the one behind it has been seen.
 */
export function runsOf(captures: readonly Capture[], whole: boolean): Run[] {
  const older = new Map<string, string>();
  const changed = new Map<string, boolean | undefined>();
  for (const each of [...captures].reverse()) {
    if (each.verdict !== "complete" || each.sha256 === undefined) continue;
    const before = older.get(each.capture_type);
    changed.set(each.id, before === undefined ? (whole ? false : undefined) : before !== each.sha256);
    older.set(each.capture_type, each.sha256);
  }
  const runs: Run[] = [];
  // Within a run the order is the one in which the commands ran.
  for (const each of captures) {
    let run = runs.find((other) => other.collectionId === each.collection_id);
    if (run === undefined) {
      run = { collectionId: each.collection_id, at: each.captured_at, captures: [] };
      runs.push(run);
    }
    run.captures.unshift({ ...each, changed: changed.get(each.id) });
  }
  return runs;
}
