// A machine that sleeps while a collection goes on.
import { strict as assert } from "node:assert";
import {
  administrator,
  assertCount,
  assertFigures,
  DEVICES,
  ended,
  figures,
  signIn,
  start,
  whenCollection,
} from "./steps.mjs";
import { asleep, assertWholeLog, badge, collectionOf, noteBadges, withSockets } from "./watching.mjs";

/** A silence of ten seconds is what a page takes for a lost connection when it wakes. */
const LONG_SLEEP = 11_000;

const over = (counts) => counts.total - counts.queued - counts.running;

/** Every device stands in the table as collected, in the numbers, and in the log with its beginning, its texts and its end. */
async function assertNothingLost(page, api) {
  const id = collectionOf(page);
  await assertFigures(page, DEVICES, { Running: 0, Completed: 5, Failed: 0, Remaining: 0, Progress: 100 });
  const rows = page.getByRole("table", { name: DEVICES }).getByRole("row");
  await assertCount(rows.filter({ hasText: "Succeeded" }), 5, "each device has ended");
  await assertWholeLog(page);
  const devices = (await api.get(`/collections/${id}/devices`)).items;
  assert.equal(devices.length, 5);
  for (const { device_name: name, captures } of devices) {
    const lines = page.getByRole("log").locator("[data-seq]").filter({ hasText: name });
    await assertCount(lines, captures.length + 2, `the lines of ${name}`);
  }
}

export const sleep = {
  async "a page that slept for a moment goes on where it was"(page) {
    const api = await administrator();
    await signIn(page);
    await start(page, "slow");
    await badge(page, "Live").waitFor();
    await page.getByRole("log").locator("[data-seq]").first().waitFor();
    const noted = await noteBadges(page);
    const before = over((await api.get(`/collections/${collectionOf(page)}`)).counts);
    const sleeper = await asleep(page);
    const began = Date.now();
    const { counts } = await whenCollection(
      api,
      collectionOf(page),
      (collection) => over(collection.counts) > before,
    );
    assert.ok(over(counts) < 5, "it wakes while others are still to come");
    const slept = Date.now() - began;
    await sleeper.wake();
    await page.getByText(new RegExp(`^[${over(counts)}-5] of 5 devices ended`)).waitFor();
    await badge(page, "Live").waitFor();
    await ended(page);
    await badge(page, "Ended").waitFor();
    const { badges, longest } = await noted();
    assert.ok(longest > slept - 200, `it slept for ${slept} ms, but stood still for ${longest} ms only`);
    // A connection that outlived the sleep is live; one that did not is made anew.
    const words = badges.map((each) => each.badge).join(", ");
    assert.match(words, /^Live(, Catching up, Live)?(, Catching up)?, Ended$/);
    const live = badges.slice(1).filter((each) => each.badge === "Live");
    assert.ok(
      live.every((each) => each.ended >= over(counts)),
      "it says that it is live when it shows what happened in the meantime",
    );
    assert.equal(badges.at(-1)?.ended, 5);
    await assertNothingLost(page, api);
  },

  async "a page whose connection died while it slept sees it, and has lost nothing"(page) {
    const api = await administrator();
    const sockets = await withSockets(page);
    await signIn(page);
    await start(page, "slow", ["Configuration", "Interfaces", "Version"]);
    await badge(page, "Live").waitFor();
    await page.getByRole("log").locator("[data-seq]").first().waitFor();
    const noted = await noteBadges(page);
    const before = await figures(page, DEVICES);
    assert.ok(before.Remaining > 0);
    sockets.silence();
    const sleeper = await asleep(page);
    const began = Date.now();
    await whenCollection(
      api,
      collectionOf(page),
      (collection) => collection.finished_at !== undefined && Date.now() - began > LONG_SLEEP,
    );
    await sleeper.wake();
    await ended(page);
    await badge(page, "Ended").waitFor();
    const { badges, longest } = await noted();
    assert.ok(longest > LONG_SLEEP - 200, `it stood still for ${longest} ms only`);
    assert.deepEqual(
      badges.map((each) => each.badge),
      ["Live", "Catching up", "Ended"],
      "it never said that it was live before it was",
    );
    assert.equal(badges.at(-1)?.ended, 5);
    await assertNothingLost(page, api);
  },
};
