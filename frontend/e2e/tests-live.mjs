// A running collection, watched through reloads, cuts and restarts.
import { strict as assert } from "node:assert";
import { administrator, ask, DEVICES, ended, figure, picture, prepare, signIn, start } from "./steps.mjs";

const badge = (page, text) => page.getByText(text, { exact: true });
const LOGGED = new Set([
  "device_started",
  "capture_completed",
  "device_completed",
  "collection_error",
  "collection_complete",
]);

/** The log of the page has each event of the server that is worth a line, and no other. */
async function assertWholeLog(page) {
  const id = /collections\/([^/]+)\/run/.exec(page.url())?.[1];
  const events = (await (await administrator()).get(`/collections/${id}/events?after=0&limit=500`)).items;
  const wanted = events.filter((event) => LOGGED.has(event.type)).map((event) => event.seq);
  const shown = await page
    .getByRole("log")
    .locator("[data-seq]")
    .evaluateAll((lines) => lines.map((line) => Number(line.dataset.seq)));
  assert.deepEqual(shown, wanted);
}

/** The sockets of a page, in a hand that can cut them: what counts as offline for a browser may leave them open. */
async function withSockets(page) {
  const open = new Set();
  await page.routeWebSocket(/\/progress\?/, (socket) => {
    const server = socket.connectToServer();
    const cut = () => {
      open.delete(cut);
      void server.close();
      void socket.close({ code: 4000 });
    };
    open.add(cut);
  });
  return { cut: () => [...open].map((cut) => cut()).length };
}

export const live = {
  async "a reload in step 3 loses nothing"(page) {
    await signIn(page);
    await start(page, "slow");
    for (let n = 0; n < 3; n++) {
      await page.waitForTimeout(300 + Math.random() * 900);
      await page.reload();
      await page.getByRole("progressbar", { name: "Progress" }).waitFor();
      assert.ok(
        (await figure(page, DEVICES, "Remaining")) + (await figure(page, DEVICES, "Completed")) === 5,
      );
    }
    await ended(page);
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    const shown = await picture(page);
    await page.reload();
    await ended(page);
    await badge(page, "Ended").waitFor();
    assert.deepEqual(await picture(page), shown, "a reload after the end shows the same");
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
    assert.equal(await page.getByText(/^About .+ left$/).count(), 0);
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
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    await assertWholeLog(page);
  },

  async "where no socket gets through it polls, and shows the same"(page) {
    await page.route("**/progress-ticket", (route) => route.abort());
    await signIn(page);
    await start(page, "slow");
    await badge(page, "Polling").waitFor();
    await ended(page);
    assert.equal(await figure(page, DEVICES, "Completed"), 5);
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
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    assert.equal(await figure(page, DEVICES, "Completed"), 5, "every device was collected");
    await badge(page, "Ended").waitFor();
    await assertWholeLog(page);
    const shown = await picture(page);
    await page.reload();
    await ended(page);
    await badge(page, "Ended").waitFor();
    assert.deepEqual(await picture(page), shown);
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
    assert.deepEqual(await picture(other), await picture(page));
  },

  async "the log stays where it is read, by keys too"(page) {
    const api = await administrator();
    const newest = (await api.get("/collections?limit=20")).items.find(
      (each) => each.devices_succeeded === 5,
    );
    await page.setViewportSize({ width: 390, height: 700 });
    await signIn(page);
    await page.goto(`/collections/${newest.id}/run`);
    await badge(page, "Ended").waitFor();
    const follow = page.getByRole("switch", { name: "Follow" });
    assert.equal(await follow.isChecked(), true);
    await page.getByRole("log").focus();
    await page.keyboard.press("Home");
    await page.getByRole("switch", { name: "Follow", checked: false }).waitFor();
    await page.keyboard.press("End");
    await page.getByRole("switch", { name: "Follow", checked: true }).waitFor();
  },
};
