import { describe, expect, it } from "vitest";
import { clean, oneOf, parseSearch, searchOf, stringifySearch, timeOf, wholeOf } from "./search";

describe("search", () => {
  it("goes there and back, also for what looks like JSON", () => {
    const search = { site: ["ams", "fra"], q: "5", name: "true & {x}" };
    expect(parseSearch(stringifySearch(search))).toEqual({ ...search });
  });

  it("leaves out what says nothing", () => {
    expect(stringifySearch({ a: undefined, b: "", c: false, d: [] })).toBe("");
    expect(clean({ a: undefined, b: "", c: [], d: "x" })).toEqual({ d: "x" });
  });

  it("takes the keys of a page only", () => {
    const read = searchOf(["q"], ["site"]);
    expect(read({ q: ["a", "b"], site: "ams", other: "x" })).toEqual({ q: "a", site: ["ams"] });
  });

  it("takes only what it can use", () => {
    expect(oneOf(["fresh", "stale"], "stale")).toBe("stale");
    for (const none of [undefined, "", "foo", "Stale"])
      expect(oneOf(["fresh", "stale"], none)).toBeUndefined();
    expect(timeOf("2026-01-31T07:30:00+01:00")).toBe("2026-01-31T06:30:00.000Z");
    for (const none of [undefined, "", "yesterday", "2026-13-01"]) expect(timeOf(none)).toBeUndefined();
    expect(wholeOf("26", 1, 100)).toBe(26);
    for (const none of [undefined, "", "a day", "1.5", "0", "101", "-1"]) {
      expect(wholeOf(none, 1, 100)).toBeUndefined();
    }
  });
});
