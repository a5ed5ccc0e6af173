import { expect, it } from "vitest";
import { NO_PAST, type Past } from "../api/past";
import type { SeenDevice } from "../progress";
import { estimate, expected, range } from "./eta";

function device(id: string, status: string, durationMs?: number): SeenDevice {
  return { id, status, durationMs } as SeenDevice;
}

const past = (durations: Record<string, number>, scale = { low: 1, high: 1 }): Past => ({
  durations: new Map(Object.entries(durations)),
  ...scale,
});
const ended = (n: number, each: number) =>
  Array.from({ length: n }, (_, index) => device(`e${index}`, "succeeded", each));
const queued = (n: number) => Array.from({ length: n }, (_, index) => device(`q${index}`, "queued"));

it("says nothing before enough devices ended, and nothing at the end", () => {
  expect(estimate([...ended(4, 1000), ...queued(100)], 100, 1)).toBeUndefined();
  expect(estimate(queued(3), 3, 1)).toBeUndefined();
  expect(estimate(ended(10, 1000), 0, 1)).toBeUndefined();
});

it("says something early in a small run, with a margin", () => {
  expect(estimate([...ended(1, 1000), ...queued(2)], 2, 1)).toEqual({ low: 2, high: 3 });
});

it("is the rest at the usual pace, shared by the workers, and the wait for the last one", () => {
  expect(estimate([...ended(10, 2000), ...queued(30)], 30, 5)).toEqual({ low: 12, high: 13.6 });
});

it("is never shorter than one device", () => {
  const { low, high } = estimate([...ended(10, 2000), ...queued(1)], 1, 50) ?? { low: 0, high: 0 };
  expect(low).toBe(2);
  expect(high).toBeCloseTo(2);
});

it("goes from the half to the slow tenth", () => {
  const devices = [...ended(9, 1000), device("slow", "failed", 1000), ...queued(10)];
  for (const index of [0, 1]) devices[index] = device(`s${index}`, "failed", 9000);
  expect(estimate(devices, 10, 1)).toEqual({ low: 10, high: 90 });
});

it("takes each device by its own past, before anything has ended", () => {
  const own = past({ q0: 60_000, a: 1000, b: 1000, c: 1000, d: 1000, e: 1000, f: 1000 });
  expect(estimate(queued(3), 3, 1, own)?.low).toBe(62);
  expect(estimate(queued(3), 3, 50, own)?.low, "the slow one holds the end").toBe(60);
});

it("is told by a single device of an earlier collection too", () => {
  expect(estimate(queued(2), 2, 1, past({ a: 1000 }))).toEqual({ low: 2, high: 3 });
});

it("is wider when the earlier collection was of other types", () => {
  const alike = past(Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`d${n}`, 2000])), {
    low: 0.5,
    high: 1,
  });
  expect(estimate(queued(10), 10, 1, alike)).toEqual({ low: 10, high: 20 });
});

it("takes off what a running device has done, but never all", () => {
  const running = { ...device("r", "running"), startedAt: "2026-01-01T00:00:00Z" };
  const devices = [...ended(10, 10_000), running];
  const at = (seconds: number) =>
    estimate(devices, 1, 1, NO_PAST, Date.parse(running.startedAt) + seconds * 1000);
  expect(at(4)?.low).toBe(6);
  expect(at(100)?.low).toBe(1);
  expect(at(-100)?.low, "the clock of this machine is behind").toBe(10);
});

it("counts devices whose rows have not arrived", () => {
  expect(estimate(ended(5, 1000), 100, 10)).toEqual({ low: 10, high: 10.9 });
});

it("can be told before the start", () => {
  const tens = past(Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`d${n}`, 2000])));
  expect(expected(100, 10, tens)).toEqual({ low: 20, high: 21.8 });
  expect(expected(100, 10, NO_PAST)).toBeUndefined();
});

it("reads as a range, and as one number where both ends read the same", () => {
  expect(range({ low: 12, high: 20 })).toBe("12 s to 20 s");
  expect(range({ low: 12.1, high: 12.2 })).toBe("12 s");
  expect(range({ low: 0.02, high: 0.1 })).toBe("1.0 s");
});
