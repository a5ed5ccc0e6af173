import { afterEach, expect, it, vi } from "vitest";
import { servedNow } from "./served";

const page = (entry: string) => new Response(`<script type="module" src="${entry}"></script>`);

afterEach(() => vi.unstubAllGlobals());

it("tells a server that is away from one that has other pages now", async () => {
  const answers: (() => Promise<Response>)[] = [
    () => Promise.reject(new TypeError("Failed to fetch")),
    () => Promise.resolve(new Response("", { status: 502 })),
    () => Promise.resolve(page("/assets/index-new.js")),
    () => Promise.resolve(page("/assets/index-old.js")),
  ];
  const found = [];
  for (const answer of answers) {
    vi.stubGlobal("fetch", answer);
    found.push(await servedNow("/assets/index-old.js"));
  }
  expect(found).toEqual(["away", "away", "updated", "same"]);
});
