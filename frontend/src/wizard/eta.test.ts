import { expect, it } from "vitest";
import type { SeenDevice } from "../progress";
import { estimate, expected } from "./eta";

function device(id: string, status: string, durationMs?: number): SeenDevice {
  return { id, status, durationMs } as SeenDevice;
}

const ended = (n: number, each: number) =>
  Array.from({ length: n }, (_, index) => device(`e${index}`, "succeeded", each));
const queued = (n: number) => Array.from({ length: n }, (_, index) => device(`q${index}`, "queued"));

it("says nothing before enough devices ended, and nothing at the end", () => {
  expect(estimate([...ended(4, 1000), ...queued(10)], 10, 1)).toBeUndefined();
  expect(estimate(ended(10, 1000), 0, 1)).toBeUndefined();
});

it("is the rest at the usual pace, shared by the workers", () => {
  expect(estimate([...ended(10, 2000), ...queued(30)], 30, 5)).toEqual({ low: 12, high: 12 });
});

it("is never shorter than one device", () => {
  expect(estimate([...ended(10, 2000), ...queued(1)], 1, 50)).toEqual({ low: 2, high: 2 });
});

it("goes from the half to the slow tenth", () => {
  const devices = [...ended(9, 1000), device("slow", "failed", 1000), ...queued(10)];
  for (const index of [0, 1]) devices[index] = device(`s${index}`, "failed", 9000);
  expect(estimate(devices, 10, 1)).toEqual({ low: 10, high: 90 });
});

it("takes each device by its own past, before anything has ended", () => {
  const past = new Map([
    ["q0", 60_000],
    ["a", 1000],
    ["b", 1000],
    ["c", 1000],
    ["d", 1000],
    ["e", 1000],
    ["f", 1000],
  ]);
  expect(estimate(queued(3), 3, 1, past)?.low).toBe(62);
  expect(estimate(queued(3), 3, 50, past)?.low, "the slow one holds the end").toBe(60);
});

it("counts devices whose rows have not arrived", () => {
  expect(estimate(ended(5, 1000), 100, 10)).toEqual({ low: 10, high: 10 });
});

it("can be told before the start", () => {
  const past = new Map(Array.from({ length: 10 }, (_, n) => [`d${n}`, 2000] as const));
  expect(expected(100, 10, past)).toEqual({ low: 20, high: 20 });
  expect(expected(100, 10, new Map())).toBeUndefined();
});
