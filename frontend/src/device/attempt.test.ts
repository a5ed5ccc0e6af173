import { expect, it } from "vitest";
import { failedAttempt, mayHaveMade } from "./attempt";

const EARLY = "2026-02-01T00:00:00.000Z";
const LATE = "2026-02-02T00:00:00.000Z";

it("says why nothing came of the last attempt", () => {
  const refused = { verdict: "not_run", failure_kind: "authentication_failed", message: "Refused" };
  expect(
    failedAttempt([{ last_tried_at: LATE, ...refused }, { last_tried_at: EARLY, verdict: "complete" }, {}]),
  ).toEqual({ at: LATE, failureKind: "authentication_failed", message: "Refused" });
});

it("says nothing where something came of it, or nothing was tried", () => {
  expect(
    failedAttempt([
      { last_tried_at: LATE, verdict: "rejected", failure_kind: "command_rejected" },
      { last_tried_at: LATE, verdict: "complete" },
    ]),
  ).toBeUndefined();
  expect(failedAttempt([{ last_tried_at: EARLY, verdict: "rejected" }])?.at).toBe(EARLY);
  expect(failedAttempt([{}])).toBeUndefined();
});

it("knows the collections that ran then", () => {
  const ended = { created_at: EARLY, finished_at: EARLY };
  const then = { created_at: EARLY, finished_at: LATE };
  const runs = { created_at: EARLY, finished_at: undefined } as unknown as typeof then;
  const later = { created_at: "2026-02-03T00:00:00.000Z", finished_at: "2026-02-03T01:00:00.000Z" };
  expect(mayHaveMade([later, runs, then, ended], LATE)).toEqual([runs, then]);
});
