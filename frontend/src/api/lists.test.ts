import { expect, it } from "vitest";
import { refreshes } from "./lists";

const list = (pages: number) => ({
  state: { data: { pages: Array.from({ length: pages }, () => ({ items: [] })), pageParams: [] } },
});

it("asks as many times a minute, however long the list is", () => {
  const { refetchInterval } = refreshes(3_000);
  expect(refetchInterval({ state: {} })).toBe(3_000);
  for (const pages of [1, 4, 100]) expect(refetchInterval(list(pages))).toBe(3_000 * pages);
});

it("leaves a list alone that nobody wants to be refreshed", () => {
  expect(refreshes(undefined).refetchInterval(list(5))).toBe(false);
});

it("reads only a short list again when its window is looked at or the line is back", () => {
  const { refetchOnWindowFocus, refetchOnReconnect } = refreshes(undefined);
  for (const by of [refetchOnWindowFocus, refetchOnReconnect]) {
    expect([{ state: {} }, list(3), list(4), list(100)].map(by)).toEqual([true, true, false, false]);
  }
});
