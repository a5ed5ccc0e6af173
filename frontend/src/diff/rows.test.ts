import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiffHunk, DiffLine } from "../api/types";
import { parts, sideBySide, unified } from "./rows";

const line = (op: DiffLine["op"], text: string): DiffLine => ({ op, text });
const hunk = (...lines: DiffLine[]): DiffHunk => ({ section: ["interface Vlan10"], severity: "low", lines });

const edited = hunk(
  line("equal", "interface Vlan10"),
  line("removed", " ip address 10.0.0.1"),
  line("removed", " shutdown"),
  line("added", " ip address 10.0.0.2"),
  line("equal", "!"),
);

describe("rows", () => {
  it("put what replaces beside what was", () => {
    const pairs = sideBySide([edited]).slice(1);
    expect(pairs.map((row) => row.kind === "pair" && [row.before?.text, row.after?.text])).toEqual([
      ["interface Vlan10", "interface Vlan10"],
      [" ip address 10.0.0.1", " ip address 10.0.0.2"],
      [" shutdown", undefined],
      ["!", "!"],
    ]);
  });

  it("keep every line of a hunk, in order, in both views", () => {
    const lines = fc.array(
      fc.record({ op: fc.constantFrom("equal", "added", "removed"), text: fc.string() }),
    ) as fc.Arbitrary<DiffLine[]>;
    fc.assert(
      fc.property(lines, (all) => {
        const one = unified([hunk(...all)]).flatMap((row) => (row.kind === "line" ? [row.line] : []));
        const was = (each: readonly DiffLine[]) => each.filter(({ op }) => op !== "added");
        const is = (each: readonly DiffLine[]) => each.filter(({ op }) => op !== "removed");
        expect(was(one)).toEqual(was(all));
        expect(is(one)).toEqual(is(all));
        const pairs = sideBySide([hunk(...all)]).flatMap((row) => (row.kind === "pair" ? [row] : []));
        expect(pairs.flatMap((row) => row.before ?? [])).toEqual(was(all));
        expect(pairs.flatMap((row) => row.after ?? [])).toEqual(is(all));
      }),
    );
  });

  it("show the middle of an edited line", () => {
    expect(parts(" ip address 10.0.0.2 255.0.0.0", " ip address 10.0.0.1 255.0.0.0")).toEqual([
      { text: " ip address 10.0.0.", different: false },
      { text: "2", different: true },
      { text: " 255.0.0.0", different: false },
    ]);
    expect(parts(" shutdown", " description x")).toEqual([{ text: " shutdown", different: false }]);
  });

  it("lose no character of a line", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(
          parts(a, b)
            .map((part) => part.text)
            .join(""),
        ).toBe(a);
      }),
    );
  });
});
