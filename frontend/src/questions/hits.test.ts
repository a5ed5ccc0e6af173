import { expect, it } from "vitest";
import type { SearchHit } from "../api/types";
import { byText, passages, pieces } from "./hits";

const line = (text: string) => ({ number: 1, text, cut: false });

it("marks what was found, by characters and not by code units", () => {
  expect(pieces(line("😀 ntp server 10.0.0.1"), [{ start: 2, end: 5 }])).toEqual([
    { text: "😀 ", found: false },
    { text: "ntp", found: true },
    { text: " server 10.0.0.1", found: false },
  ]);
});

it("shows a line whole whatever its ranges say", () => {
  const ranges = [
    { start: 0, end: 2 },
    { start: 1, end: 3 },
    { start: 4, end: 99 },
  ];
  expect(
    pieces(line("abcdef"), ranges)
      .map((piece) => piece.text)
      .join(""),
  ).toBe("abcdef");
});

it("puts the hits of one text together", () => {
  const hit = (capture: string, number: number) =>
    ({ capture_id: capture, device_id: "d", device_name: "sw", line: { number } }) as unknown as SearchHit;
  expect(byText([hit("a", 1), hit("a", 2), hit("b", 1)]).map((text) => text.hits.length)).toEqual([2, 1]);
});

it("shows each line once, however the lines around two hits overlap", () => {
  const at = (number: number) => ({ number, text: `line ${number}`, cut: false });
  const hit = (number: number, section: string) =>
    ({
      line: at(number),
      before: [at(number - 2), at(number - 1)],
      after: [at(number + 1), at(number + 2)],
      ranges: [{ start: 0, end: 4 }],
      section: [section],
    }) as unknown as SearchHit;
  const found = passages([hit(10, "a"), hit(11, "a"), hit(15, "b"), hit(40, "c")]);
  expect(found.map((each) => each.lines.map(({ line }) => line.number))).toEqual([
    [8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
    [38, 39, 40, 41, 42],
  ]);
  const marked = found.map((each) =>
    each.lines.filter(({ ranges }) => ranges).map(({ line }) => line.number),
  );
  expect(marked).toEqual([[10, 11, 15], [40]]);
  expect(found.map((each) => each.section)).toEqual([["a"], ["c"]]);
});
