import fc from "fast-check";
import { expect, it } from "vitest";
import {
  choosing,
  flipping,
  type InAddress,
  isLost,
  type Kept,
  MOST_IN_ADDRESS,
  onlyOf,
  withoutOf,
} from "./selection";

const EMPTY: Kept = { only: [], without: [] };
const ids = (n: number) => Array.from({ length: n }, (_, index) => `d${index}`);

it("holds any list, in the address or beside it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 * MOST_IN_ADDRESS }), (n) => {
      const { address, keep } = choosing(ids(n));
      expect(onlyOf(address, { ...EMPTY, ...keep })).toEqual(ids(n));
      expect(address.device?.length).toBeLessThanOrEqual(MOST_IN_ADDRESS);
    }),
  );
});

it("flips devices as a set does, across the border of what an address holds", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.nat({ max: 60 }), { maxLength: 120 }), (single, flips) => {
      let address: InAddress = single ? choosing([]).address : {};
      let kept = EMPTY;
      const wanted = new Set<string>();
      for (const n of flips) {
        const change = flipping(address, kept, `d${n}`);
        address = change.address;
        kept = { ...kept, ...change.keep };
        if (!wanted.delete(`d${n}`)) wanted.add(`d${n}`);
      }
      expect(onlyOf(address, kept)).toEqual(single ? [...wanted] : undefined);
      expect(withoutOf(address, kept)).toEqual(single ? [] : [...wanted]);
    }),
  );
});

it("knows a list that another tab holds", () => {
  const { address, keep } = choosing(ids(MOST_IN_ADDRESS + 1));
  expect(isLost(address, EMPTY)).toBe(true);
  expect(isLost(address, { ...EMPTY, ...keep })).toBe(false);
  expect(isLost({ device: ["none"] }, EMPTY)).toBe(false);
});
