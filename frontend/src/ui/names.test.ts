import { expect, it } from "vitest";
import { patternsOf, queryOf } from "./names";

it("takes a word as a part of a name, and a pattern as it stands", () => {
  expect(patternsOf(" cph,*-core-01,, ")).toEqual(["*cph*", "*-core-01"]);
  expect(patternsOf("")).toEqual([]);
});

it("asks by the ids that were found, and by the name where none was", () => {
  expect(queryOf("cph", ["a", "b"], undefined)).toEqual({ device_id: ["a", "b"] });
  expect(queryOf("gone-01", [], undefined)).toEqual({ device: ["gone-01"] });
  expect(queryOf("", [], undefined)).toEqual({});
});

it("keeps to the one device of a link", () => {
  expect(queryOf("", [], "a")).toEqual({ device_id: ["a"] });
  expect(queryOf("cph", ["a", "b"], "a")).toEqual({ device_id: ["a"] });
  // Both filters hold: the list is empty.
  expect(queryOf("vie", ["c"], "a")).toEqual({ device_id: ["a"], device: ["vie"] });
});
