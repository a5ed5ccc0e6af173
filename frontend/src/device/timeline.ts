/** What became of a device in the collections that had it, newest first, with what was captured then. Pure. */
import type { Capture, DeviceCollection } from "../api/types";

type Captured = DeviceCollection["device"]["captures"][number];

export interface Seen extends Captured {
  /** Whether its text is another than the one before; absent while the one before is not known. */
  changed: boolean | undefined;
}

export interface Run {
  collectionId: string;
  collectionName: string;
  at: string;
  status: string;
  failureKind: string | undefined;
  message: string | undefined;
  captures: Seen[];
}

/**
 * Which captures have another text than the complete one before, by their ids. `whole`: there is nothing older. The last
 * complete text of each type in the part that is known cannot be called changed before the one behind it has been seen.
 */
export function changesOf(captures: readonly Capture[], whole: boolean): Map<string, boolean> {
  const older = new Map<string, string>();
  const changed = new Map<string, boolean>();
  for (const each of [...captures].reverse()) {
    if (each.verdict !== "complete" || each.sha256 === undefined) continue;
    const before = older.get(each.capture_type);
    if (before !== undefined) changed.set(each.id, before !== each.sha256);
    else if (whole) changed.set(each.id, false);
    older.set(each.capture_type, each.sha256);
  }
  return changed;
}

/** When a device ended in a collection; one that still runs is the latest of all. */
export function endOf({ device }: DeviceCollection): string {
  return device.finished_at ?? device.started_at ?? "9999";
}

/** The runs as they are shown. `since`: no older ones, since it is not known what changed in them. */
export function runsOf(
  collections: readonly DeviceCollection[],
  changed: ReadonlyMap<string, boolean>,
  since: string,
): Run[] {
  return collections
    .filter((each) => endOf(each) >= since)
    .map(({ collection_id, collection_name, device }) => ({
      collectionId: collection_id,
      collectionName: collection_name,
      at: device.finished_at ?? device.started_at ?? "",
      status: device.status,
      failureKind: device.failure_kind,
      message: device.message,
      captures: device.captures.map((each) => ({
        ...each,
        changed: each.id === undefined ? undefined : changed.get(each.id),
      })),
    }));
}

/** The last attempt, if nothing came of it; what still waits or runs says nothing yet. */
export function lastFailed(runs: readonly Run[]): Run | undefined {
  const last = runs.find((run) => run.status !== "queued" && run.status !== "running");
  return last?.status === "failed" ? last : undefined;
}
