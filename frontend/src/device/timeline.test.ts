import { expect, it } from "vitest";
import type { Capture, DeviceCollection } from "../api/types";
import { changesOf, lastFailed, runsOf } from "./timeline";

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
    device_id: "d",
    device_name: "core-1",
    collection_id: collection,
    capture_type: type,
    commands: [],
    bytes: 1,
    lines: 1,
    current: false,
    verdict,
    captured_at: `2026-01-0${collection}T02:00:00Z`,
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

const history = [
  capture("3", "configs", "b"),
  capture("3", "arp", "x"),
  capture("2", "configs", undefined, "truncated"),
  capture("1", "configs", "a"),
  capture("1", "arp", "x"),
];

function run(collection: string, status: string, captures: Capture[] = []): DeviceCollection {
  return {
    collection_id: collection,
    collection_name: `nightly ${collection}`,
    device: {
      device_id: "d",
      device_name: "core-1",
      ip_address: "192.0.2.1",
      platform: "cisco_ios",
      site: "",
      status,
      attempt: 1,
      captures: captures.map(({ id, capture_type, verdict, bytes, lines }) => ({
        id,
        capture_type,
        verdict,
        bytes,
        lines,
      })),
      ...(status === "queued" ? {} : { finished_at: `2026-01-0${collection}T02:00:01Z` }),
      ...(status === "failed" ? { failure_kind: "connect_timeout", message: "No answer" } : {}),
    },
  };
}

const collections = [
  run("5", "queued"),
  run("4", "failed"),
  run("3", "succeeded", history.slice(0, 2)),
  run("2", "partially_succeeded", history.slice(2, 3)),
  run("1", "succeeded", history.slice(3)),
];

it("says what changed, passing over what was not complete", () => {
  const runs = runsOf(collections, changesOf(history, true), "");
  expect(runs.map((each) => each.captures.map(({ changed }) => changed))).toEqual([
    [],
    [],
    [true, false],
    [undefined],
    [false, false],
  ]);
});

it("has the runs of which no session came about, with their reason", () => {
  const failed = runsOf(collections, new Map(), "")[1];
  expect(failed?.failureKind).toBe("connect_timeout");
  expect(failed?.message).toBe("No answer");
  expect(failed?.collectionName).toBe("nightly 4");
});

it("calls nothing changed whose predecessor was not loaded yet, and shows no run before what was loaded", () => {
  const changed = changesOf(history.slice(0, 3), false);
  expect([...changed]).toEqual([]);
  const since = history[2]?.captured_at ?? "";
  expect(runsOf(collections, changed, since).map((each) => each.collectionId)).toEqual(["5", "4", "3", "2"]);
});

it("tells of a last attempt that failed, whatever waits now, and of none that was mended", () => {
  expect(lastFailed(runsOf(collections, new Map(), ""))?.collectionId).toBe("4");
  expect(lastFailed(runsOf(collections.slice(2), new Map(), ""))).toBeUndefined();
});
