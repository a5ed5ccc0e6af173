import { InfiniteQueryObserver, QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listOptions, refreshes } from "./lists";

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

describe("a list that somebody comes back to", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A server with rows, which takes 100 ms for each page, and what it was asked. */
  function server(rows: string[]) {
    const asked: string[] = [];
    const read = async ({ limit, page_token = "0" }: { limit: number; page_token?: string }) => {
      asked.push(page_token);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const from = Number(page_token);
      const more = from + limit < rows.length;
      return {
        items: rows.slice(from, from + limit),
        ...(more ? { next_page_token: String(from + limit) } : {}),
      };
    };
    return { asked, read };
  }

  /** A list that was scrolled to its end and left. */
  async function left(refetchInterval?: number) {
    const rows = Array.from({ length: 1_300 }, (_, index) => `row ${index}`);
    const { asked, read } = server(rows);
    const client = new QueryClient({ defaultOptions: { queries: { staleTime: 10_000 } } });
    const interval = refetchInterval === undefined ? {} : { refetchInterval };
    const options = listOptions({ key: ["list"], read, ...interval });
    const come = async (forMs = 1_000) => {
      const observer = new InfiniteQueryObserver(client, options);
      const go = observer.subscribe(() => {});
      const shown = () => observer.getCurrentResult().data?.pages.flatMap((page) => page.items) ?? [];
      const atOnce = shown();
      await vi.advanceTimersByTimeAsync(forMs);
      return { observer, go, shown, atOnce };
    };
    const { observer, go } = await come();
    while (observer.getCurrentResult().hasNextPage) {
      void observer.fetchNextPage();
      await vi.advanceTimersByTimeAsync(100);
    }
    go();
    return { client, rows, asked, come };
  }

  it("asks for a long list in few questions", async () => {
    const { asked } = await left();
    expect(asked).toEqual(["0", "100", "600", "1100"]);
  });

  it("asks for the beginning only, and stands where it stood", async () => {
    const { rows, asked, come } = await left();
    asked.length = 0;
    await vi.advanceTimersByTimeAsync(30_000);
    const { shown, atOnce } = await come();
    expect(atOnce).toEqual(rows);
    expect(asked).toEqual(["0"]);
    expect(shown()).toEqual(rows);
  });

  it("asks for all of it when the beginning has changed", async () => {
    const { rows, asked, come } = await left();
    asked.length = 0;
    await vi.advanceTimersByTimeAsync(30_000);
    rows.unshift("new row");
    const { shown, atOnce } = await come();
    expect(atOnce).toHaveLength(1_300);
    expect(asked).toEqual(["0", "100", "600", "1100"]);
    expect(shown()).toEqual(rows);
  });

  it("asks for all of it when somebody changed something", async () => {
    const { client, rows, asked, come } = await left();
    asked.length = 0;
    rows[900] = "changed";
    void client.invalidateQueries({ queryKey: ["list"] });
    const { shown } = await come();
    expect(asked).toHaveLength(4);
    expect(shown()).toEqual(rows);
  });

  it("asks for all of it when a while has passed, however often somebody came", async () => {
    const { asked, come } = await left();
    for (const questions of [1, 1, 4, 1]) {
      asked.length = 0;
      await vi.advanceTimersByTimeAsync(50_000);
      (await come()).go();
      expect(asked).toHaveLength(questions);
    }
  });

  it("asks for all of it where rows change that are not at the beginning", async () => {
    const { rows, asked, come } = await left(60_000);
    asked.length = 0;
    await vi.advanceTimersByTimeAsync(30_000);
    rows[900] = "ended";
    const { shown, go } = await come();
    expect(asked).toHaveLength(4);
    expect(shown()).toEqual(rows);
    go();
  });

  it("asks for no more once nobody looks at it, and for all of it the next time", async () => {
    const { client, asked, come } = await left();
    asked.length = 0;
    void client.invalidateQueries({ queryKey: ["list"] });
    (await come(150)).go();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toEqual(["0", "100"]);
    (await come()).go();
    expect(asked.slice(2)).toEqual(["0", "100", "600", "1100"]);
  });
});
