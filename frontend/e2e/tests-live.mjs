// A running collection, watched through reloads, cuts and restarts.
import { strict as assert } from "node:assert";
import {
  administrator,
  ask,
  assertCount,
  assertFigures,
  collected,
  DEVICES,
  ended,
  eventually,
  figures,
  picture,
  prepare,
  signIn,
  start,
} from "./steps.mjs";
import { assertWholeLog, badge, withSockets } from "./watching.mjs";

function assertPicture(page, wanted, what) {
  return eventually(async () => assert.deepEqual(await picture(page), wanted, what));
}

export const live = {
  async "a reload in step 3 loses nothing"(page) {
    await signIn(page);
    await start(page, "slow");
    const log = page.getByRole("log");
    for (const moment of [
      log.getByText("collection", { exact: true }),
      log.locator("[data-seq]"),
      page.getByText(/^[1-5] of 5 devices ended/),
    ]) {
      await moment.first().waitFor({ timeout: 30_000 });
      await page.reload();
      await page.getByRole("progressbar", { name: "Progress" }).waitFor();
      const { Remaining: remaining, Completed: completed } = await figures(page, DEVICES);
      assert.equal(remaining + completed, 5);
    }
    await ended(page);
    await badge(page, "Ended").waitFor();
    const shown = await picture(page);
    await page.reload();
    await ended(page);
    await badge(page, "Ended").waitFor();
    await assertPicture(page, shown, "a reload after the end shows the same");
    await assertWholeLog(page);
  },

  async "how long it takes is told by the last time, and while it runs"(page) {
    await signIn(page);
    await prepare(page, "slow");
    await page.getByText(/^about .+, going by earlier ones$/).waitFor();
    await page.getByRole("button", { name: "Start collection" }).click();
    await page.getByText(/^About .+ left$/).waitFor();
    const range = (await page.getByText(/^About .+ left$/).textContent()) ?? "";
    assert.match(range, /^About [\d.]+ s to [\d.]+ s left$/);
    await ended(page);
    await assertCount(page.getByText(/^About .+ left$/), 0);
  },

  async "a lost connection is caught up with, and the badge says so"(page, context) {
    const sockets = await withSockets(page);
    await signIn(page);
    await start(page, "slow");
    await badge(page, "Live").waitFor();
    await context.setOffline(true);
    assert.equal(sockets.cut(), 1);
    await badge(page, "Catching up").waitFor();
    await page.getByText("No connection to the server").waitFor();
    await context.setOffline(false);
    await badge(page, "Live").waitFor();
    await page.getByText("No connection to the server").waitFor({ state: "detached" });
    await ended(page);
    await assertFigures(page, DEVICES, { Completed: 5, Failed: 0 });
    await assertWholeLog(page);
  },

  async "where no socket gets through it polls, and shows the same"(page) {
    await page.route("**/progress-ticket", (route) => route.abort());
    await signIn(page);
    await start(page, "slow");
    await badge(page, "Polling").waitFor();
    await ended(page);
    await assertFigures(page, DEVICES, { Completed: 5, Failed: 0 });
    await badge(page, "Ended").waitFor();
    await assertWholeLog(page);
  },

  async "a restart of the server in step 3 loses nothing"(page) {
    await signIn(page);
    await start(page, "slow");
    await badge(page, "Live").waitFor();
    await page.getByRole("log").locator("[data-seq]").first().waitFor();
    const away = badge(page, "Catching up").waitFor();
    if (!(await ask("restart"))) return;
    await away;
    await ended(page);
    // Every device was collected, also those that were under way when the server was killed.
    await assertFigures(page, DEVICES, { Completed: 5, Failed: 0 });
    await badge(page, "Ended").waitFor();
    await assertWholeLog(page);
    const shown = await picture(page);
    await page.reload();
    await ended(page);
    await badge(page, "Ended").waitFor();
    await assertPicture(page, shown);
  },

  async "a page that is loaded while the server is away comes by itself"(page) {
    await signIn(page);
    await page.route("**/api/v1/**", (route) => route.abort());
    await page.reload();
    await page.getByText(/^Trying again in \d+ s$/).waitFor();
    await page.unroute("**/api/v1/**");
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    await page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor();
  },

  async "an outage is said on any page, and is over by itself"(page) {
    await signIn(page);
    await page.route("**/api/v1/**", (route) => route.abort());
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Devices" }).click();
    const banner = page.getByRole("status").filter({ hasText: "The server cannot be reached" });
    await banner.waitFor();
    await page.unroute("**/api/v1/**");
    await banner.waitFor({ state: "detached" });
    await page.getByRole("table", { name: "Devices" }).getByRole("row").nth(1).waitFor();
  },

  async "a second tab shows the same"(page, context) {
    await signIn(page);
    await start(page, "slow");
    const other = await context.newPage();
    await other.goto(page.url());
    await Promise.all([ended(page), ended(other)]);
    for (const tab of [page, other]) await badge(tab, "Ended").waitFor();
    await eventually(async () => assert.deepEqual(await picture(other), await picture(page)));
  },

  async "the log stays where it is read, by keys too"(page) {
    const api = await administrator();
    const known = (await api.get("/collections?limit=20")).items.find((each) => each.devices_succeeded === 5);
    const { id } = known ?? (await collected(api, { filters: { site: "slow" } }));
    await page.setViewportSize({ width: 390, height: 700 });
    await signIn(page);
    await page.goto(`/collections/${id}/run`);
    await badge(page, "Ended").waitFor();
    await page.getByRole("switch", { name: "Follow", checked: true }).waitFor();
    await page.getByRole("log").focus();
    await page.keyboard.press("Home");
    await page.getByRole("switch", { name: "Follow", checked: false }).waitFor();
    await page.keyboard.press("End");
    await page.getByRole("switch", { name: "Follow", checked: true }).waitFor();
  },
};
