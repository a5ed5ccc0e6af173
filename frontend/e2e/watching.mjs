// How a page that watches a collection hears of it, and whether it has heard everything.
import { strict as assert } from "node:assert";
import { administrator, eventually } from "./steps.mjs";

const LOGGED = new Set([
  "device_started",
  "capture_completed",
  "device_completed",
  "collection_error",
  "collection_complete",
]);

export const badge = (page, text) => page.getByText(text, { exact: true });

export function collectionOf(page) {
  return /collections\/([^/?]+)/.exec(page.url())?.[1];
}

/** The log of the page has each event of the server that is worth a line, and no other. */
export async function assertWholeLog(page) {
  const path = `/collections/${collectionOf(page)}/events?after=0&limit=500`;
  const events = (await (await administrator()).get(path)).items;
  const wanted = events.filter((event) => LOGGED.has(event.type)).map((event) => event.seq);
  const lines = page.getByRole("log").locator("[data-seq]");
  await eventually(async () =>
    assert.deepEqual(await lines.evaluateAll((all) => all.map((line) => Number(line.dataset.seq))), wanted),
  );
}

/** The sockets of a page, in a hand that can cut them: what counts as offline for a browser may leave them open. */
export async function withSockets(page) {
  const open = new Set();
  await page.routeWebSocket(/\/progress\?/, (socket) => {
    const server = socket.connectToServer();
    const each = { silent: false, cut: () => undefined };
    each.cut = () => {
      open.delete(each);
      void server.close();
      void socket.close({ code: 4000 });
    };
    open.add(each);
    server.onMessage((message) => {
      if (!each.silent) socket.send(message);
    });
    server.onClose((code, reason) => {
      open.delete(each);
      if (!each.silent) void socket.close({ code, reason });
    });
  });
  return {
    cut: () => [...open].map(({ cut }) => cut()).length,
    /** Those that are open say nothing more, not even that they are closed: so a connection dies in a long sleep. */
    silence: () => {
      for (const each of open) each.silent = true;
    },
  };
}

/**
 * Notes every badge of a page that watches a collection, with how many devices it showed as ended at that moment; and how
 * long the page stood still at most.
 */
export async function noteBadges(page) {
  await page.evaluate(() => {
    const words = ["Live", "Catching up", "Polling", "Ended"];
    const noted = { badges: [], longest: 0 };
    globalThis.noted = noted;
    const note = () => {
      const head = document.querySelector("h1")?.parentElement;
      const text = [...(head?.querySelectorAll("*") ?? [])].map((each) => each.textContent);
      const badge = words.find((word) => text.includes(word));
      const ended = /([\d,]+) of [\d,]+ devices? ended/.exec(
        document.querySelector("main")?.textContent ?? "",
      );
      const last = noted.badges.at(-1);
      if (badge === undefined || last?.badge === badge) return;
      noted.badges.push({ badge, ended: Number(ended?.[1]) });
    };
    note();
    const everything = { subtree: true, childList: true, characterData: true };
    new MutationObserver(note).observe(document.body, everything);
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      noted.longest = Math.max(noted.longest, now - last);
      last = now;
    }, 100);
  });
  return () => page.evaluate(() => globalThis.noted);
}

/**
 * Sends a page to sleep: no script, no timer and no message moves it until it is woken, while its clock goes on. (A browser
 * that is driven counts all its pages as looked at, and freezes none.)
 */
export async function asleep(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Debugger.enable");
  const paused = new Promise((resolve) => session.once("Debugger.paused", resolve));
  await session.send("Debugger.pause");
  await paused;
  return {
    wake: async () => {
      await session.send("Debugger.resume");
      await session.detach();
      // As a browser tells a page that is seen again.
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
    },
  };
}
