import { describe, expect, it } from "vitest";
import { fitting, leastOf } from "./columns";

describe("columns", () => {
  it("reads the least width of a track", () => {
    expect(leastOf("120px")).toBe(120);
    expect(leastOf("minmax(140px, 2fr)")).toBe(140);
    expect(leastOf("2fr")).toBe(0);
  });

  it("leaves out what is for wide screens first, and never what has no such mark", () => {
    const name = { width: "minmax(150px, 2fr)" };
    const user = { width: "minmax(90px, 1fr)", from: "sm" as const };
    const holds = { width: "100px", from: "md" as const };
    const refused = { width: "120px", from: "lg" as const };
    const actions = { width: "200px" };
    const all = [name, user, holds, refused, actions];
    expect(fitting(all, 900)).toEqual(all);
    expect(fitting(all, 700)).toEqual([name, user, holds, actions]);
    expect(fitting(all, 520)).toEqual([name, user, actions]);
    expect(fitting(all, 100)).toEqual([name, actions]);
  });
});
