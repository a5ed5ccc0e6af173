import { expect, it } from "vitest";
import type { Capture } from "../api/types";
import { runsOf } from "./timeline";

let next = 0;
function capture(
  collection: string,
  type: string,
  sha256: string | undefined,
  verdict = "complete",
): Capture {
  next += 1;
  return {
    id: `c${next}`,
    collection_id: collection,
    capture_type: type,
    verdict,
    captured_at: collection,
    ...(sha256 === undefined ? {} : { sha256 }),
  } as unknown as Capture;
}

const history = [
  capture("3", "configs", "b"),
  capture("3", "arp", "x"),
  capture("2", "configs", undefined, "truncated"),
  capture("1", "configs", "a"),
  capture("1", "arp", "x"),
];

it("groups by run and says what changed, passing over what was not complete", () => {
  const runs = runsOf(history, true);
  expect(runs.map((run) => run.collectionId)).toEqual(["3", "2", "1"]);
  expect(runs.map((run) => run.captures.map((each) => each.changed))).toEqual([
    [false, true],
    [undefined],
    [false, false],
  ]);
});

it("calls nothing changed whose predecessor was not loaded yet", () => {
  expect(
    runsOf(history, false)
      .at(-1)
      ?.captures.map((each) => each.changed),
  ).toEqual([undefined, undefined]);
});
