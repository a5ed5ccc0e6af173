/** How the last attempt to collect a device ended, by what its coverage says. Pure. */
import type { Collection, TypeCoverage } from "../api/types";

export interface Attempt {
  /** When it ended. */
  at: string;
  failureKind: string | undefined;
  message: string | undefined;
}

type Tried = Pick<TypeCoverage, "last_tried_at" | "verdict" | "failure_kind" | "message">;

/** The last attempt, if nothing came of it. One that brought some texts is in the timeline with what it did not bring. */
export function failedAttempt(types: readonly Tried[]): Attempt | undefined {
  const tried = types.flatMap(({ last_tried_at: at, ...type }) =>
    at === undefined ? [] : [{ at, ...type }],
  );
  const at = tried
    .map((each) => each.at)
    .sort()
    .at(-1);
  const last = tried.filter((each) => each.at === at);
  if (at === undefined || last.some((each) => each.verdict === "complete")) return undefined;
  // The session is what failed first; what is said of a single command comes after it.
  const first = last.find((each) => each.failure_kind !== undefined) ?? last[0];
  return { at, failureKind: first?.failure_kind, message: first?.message };
}

/** Those among which the attempt was: they had begun by then and had not ended. */
export function mayHaveMade<C extends Pick<Collection, "created_at" | "finished_at">>(
  collections: readonly C[],
  at: string,
): C[] {
  return collections.filter(
    (each) => each.created_at <= at && (each.finished_at === undefined || each.finished_at >= at),
  );
}
