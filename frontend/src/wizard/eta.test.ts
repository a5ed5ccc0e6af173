import { expect, it } from "vitest";
import type { SeenDevice } from "../progress";
import { estimate } from "./eta";

function ended(...durations: number[]): SeenDevice[] {
  return durations.map((durationMs) => ({ durationMs }) as SeenDevice);
}

it("says nothing before enough devices ended, or when none is left", () => {
  expect(estimate(ended(1000, 1000), 10, 5)).toBeUndefined();
  expect(estimate(ended(1, 1, 1, 1, 1, 1), 0, 5)).toBeUndefined();
});

it("gives a range from the median to the slow ones", () => {
  const range = estimate(ended(1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 9000, 9000, 9000), 50, 5);
  expect(range).toEqual({ low: 10, high: 90 });
});

it("is at least one device long", () => {
  expect(estimate(ended(2000, 2000, 2000, 2000, 2000), 1, 50)).toEqual({ low: 2, high: 2 });
});
