import { expect, it } from "vitest";
import { firstHit, hitsIn, nextHit } from "./textHits";

const lines = ["hostname r1", "NTP server 10.0.0.1", "!", "ntp server 10.0.0.2", "end"];

it("finds lines in upper and lower case, and nothing with nothing", () => {
  expect(hitsIn(lines, "Ntp")).toEqual([1, 3]);
  expect(hitsIn(lines, "")).toEqual([]);
});

it("begins at the line of a link, or at the first hit behind it", () => {
  expect(firstHit([1, 3], 0)).toBe(0);
  expect(firstHit([1, 3], 3)).toBe(1);
  expect(firstHit([1, 3], 2)).toBe(1);
  expect(firstHit([1, 3], 4)).toBe(0);
  expect(firstHit([], 0)).toBe(-1);
});

it("goes round in both directions", () => {
  expect(nextHit([1, 3, 7], 2, 1)).toBe(0);
  expect(nextHit([1, 3, 7], 0, -1)).toBe(2);
  expect(nextHit([1, 3, 7], 0, 1)).toBe(1);
  expect(nextHit([1], 0, 1)).toBe(0);
  expect(nextHit([], -1, 1)).toBe(-1);
});
