import { describe, expect, it } from "vitest";
import { clean, parseSearch, searchOf, stringifySearch } from "./search";

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
});
