import { strict as assert } from "node:assert";
import { ask, DEVICES, ended, figure, HOSTILE, picture, prepare, signIn, start } from "./steps.mjs";
import { rooms } from "./tests-rooms.mjs";

export const tests = {
  async "from login to 3 succeeded, 0 failed"(page) {
    await signIn(page);
    await start(page, "good");
    await ended(page);
    await page.getByText("Collection complete! 3 succeeded, 0 failed").waitFor();
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    assert.equal(await figure(page, DEVICES, "Running"), 0);
    assert.equal(await figure(page, DEVICES, "Completed"), 3);
    assert.equal(await figure(page, DEVICES, "Failed"), 0);
    assert.match(page.url(), /\/run/, "it stays on step 3 when done");
    await page.getByRole("link", { name: "View final results" }).click();
    await page.waitForURL(/\/results/);
    assert.equal(await figure(page, "Results", "Devices succeeded"), 3);
    assert.equal(await page.getByRole("heading", { name: "Failed devices" }).count(), 0);
  },

  async "the text of a capture can be read"(page) {
    await signIn(page);
    await page.goto("/captures?capture_type=configs");
    await page.getByRole("table", { name: "Captures" }).getByRole("row").nth(1).click();
    await page.waitForURL(/\/captures\/[^/?]+/);
    const text = page.getByRole("region", { name: /^configs of / });
    await text.waitFor();
    assert.ok(((await text.textContent()) ?? "").length > 20);
  },

  async "failures with their reasons, and a retry of just those"(page) {
    await signIn(page);
    await start(page, "bad");
    await ended(page);
    const failed = await figure(page, DEVICES, "Failed");
    const completed = await figure(page, DEVICES, "Completed");
    assert.ok(failed > 0 && completed > 0, `${completed} completed, ${failed} failed`);
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    await page.getByRole("link", { name: "View final results" }).click();
    const table = page.getByRole("table", { name: "Failed devices" });
    await table.getByRole("row").nth(1).waitFor();
    assert.equal(await table.getByRole("row").count(), failed + 1);
    const reason = table.getByRole("row").nth(1).getByRole("cell").last();
    assert.ok(((await reason.textContent()) ?? "").length > 5, "a failed device says why");
    await page.getByRole("button", { name: "Retry failed devices" }).click();
    const before = page.url();
    await page.getByRole("dialog").getByRole("button", { name: "Start the retry" }).click();
    await page.waitForURL((url) => /\/run/.test(url.pathname) && url.href !== before);
    await page.getByRole("link", { name: "Retry of an earlier collection" }).waitFor();
    await ended(page);
    const [again, good] = [await figure(page, DEVICES, "Failed"), await figure(page, DEVICES, "Completed")];
    assert.equal(again + good, failed, "only the devices that failed are collected again");
  },

  async "a reload in step 3 loses nothing"(page) {
    await signIn(page);
    await start(page, "slow");
    for (let n = 0; n < 3; n++) {
      await page.waitForTimeout(300 + Math.random() * 900);
      await page.reload();
      await page.getByRole("progressbar", { name: "Progress" }).waitFor();
    }
    await ended(page);
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    const shown = await picture(page);
    await page.reload();
    await ended(page);
    await page.getByText("Ended", { exact: true }).waitFor();
    assert.deepEqual(await picture(page), shown, "a reload after the end shows the same");
  },

  async "a lost connection is caught up with"(page, context) {
    await signIn(page);
    await start(page, "slow");
    await context.setOffline(true);
    await page.waitForTimeout(2_500);
    await context.setOffline(false);
    await ended(page);
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
  },

  async "a restart of the server in step 3 loses nothing"(page) {
    await signIn(page);
    await start(page, "slow");
    await page.getByText("Live", { exact: true }).waitFor();
    if (!(await ask("restart"))) return;
    await ended(page);
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    assert.equal(await figure(page, DEVICES, "Completed"), 5, "every device was collected");
    const shown = await picture(page);
    await page.reload();
    await ended(page);
    await page.getByText("Ended", { exact: true }).waitFor();
    assert.deepEqual(await picture(page), shown);
  },

  async "a second tab shows the same"(page, context) {
    await signIn(page);
    await start(page, "slow");
    const other = await context.newPage();
    await other.goto(page.url());
    await Promise.all([ended(page), ended(other)]);
    for (const tab of [page, other]) await tab.getByText("Ended", { exact: true }).waitFor();
    assert.deepEqual(await picture(other), await picture(page));
  },

  async "the text of a device can be read while others still run"(page) {
    await signIn(page);
    await start(page, "slow", ["Configuration"]);
    const table = page.getByRole("table", { name: DEVICES });
    const done = table.getByRole("row").filter({ hasText: "1 complete" }).first();
    await done.waitFor({ timeout: 60_000 });
    assert.ok((await figure(page, DEVICES, "Remaining")) > 0, "others are still to come");
    await done.click();
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("region", { name: /^configs of / }).waitFor();
    await page.keyboard.press("Escape");
    await ended(page);
  },

  async "a check first, and on without those that are not ready"(page) {
    await signIn(page);
    await prepare(page, "bad");
    await page.getByRole("button", { name: "Check first" }).click();
    await page.getByText("2 of 3 devices are ready, 1 is not").waitFor({ timeout: 60_000 });
    const matrix = page.getByRole("table", { name: "Check of each device" });
    await matrix
      .getByRole("img", { name: /^Login: failed/ })
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Continue without it" }).click();
    await page.waitForURL(/\/collections\/[^/]+\/run/);
    await page.getByText("Collection complete! 2 succeeded, 0 failed").waitFor({ timeout: 60_000 });
  },

  async "the same collection as a script, without its secrets"(page) {
    await signIn(page);
    await prepare(page, "good");
    await page.getByRole("button", { name: "Copy as…" }).click();
    const dialog = page.getByRole("dialog");
    for (const [kind, part] of [
      ["curl", "curl --fail-with-body"],
      ["Python", "import json"],
      ["Command line", "showrun collect"],
    ]) {
      await dialog.getByText(kind, { exact: true }).click();
      const text = (await dialog.locator("pre").textContent()) ?? "";
      assert.ok(text.includes(part), text);
      assert.ok(!text.includes(process.env.DEVICE_PASSWORD ?? "admin-"), "a secret is written out");
    }
  },

  async cancel(page) {
    await signIn(page);
    await start(page, "slow");
    await page.getByRole("button", { name: "Cancel" }).click();
    await ended(page);
    await page.getByText("Cancelled", { exact: true }).first().waitFor();
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    const sum = (await figure(page, DEVICES, "Completed")) + (await figure(page, DEVICES, "Failed"));
    assert.ok(sum >= 4);
  },

  async "a viewer can start nothing"(page, context) {
    const name = `viewer-${Date.now()}`;
    const password = `Look-only-${Date.now()}`;
    await signIn(page);
    await page.getByRole("link", { name: "Users" }).click();
    await page.getByRole("button", { name: "Add user" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("User name").fill(name);
    await dialog.getByLabel(/^Password/).fill(password);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("table", { name: "Users" }).getByText(name).waitFor();
    await context.clearCookies();

    await signIn(page, name, password);
    assert.equal(await page.getByRole("link", { name: "New collection" }).count(), 0);
    await page.goto("/collect?site=good&step=2");
    await page.getByText("This page is not for your role").waitFor();
    assert.equal(await page.getByRole("button", { name: "Start collection" }).count(), 0);
    await page.goto("/collections");
    await page.getByRole("table", { name: "Collections" }).getByRole("link").first().click();
    await page.getByRole("tab", { name: "Devices" }).waitFor();
    for (const action of ["Retry failed devices", "Cancel", "Delete"]) {
      assert.equal(await page.getByRole("button", { name: action }).count(), 0, action);
    }
    await page.goto("/users");
    await page.getByText("This page is not for your role").waitFor();
  },

  async "a hostile device name is text everywhere"(page) {
    await signIn(page);
    await start(page, "hostile", ["Configuration"]);
    await ended(page);
    const here = page.url();
    for (const path of ["/", "/devices?site=hostile", "/collections", "/failures", "/host-keys", here]) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await page.waitForLoadState("networkidle");
      assert.equal(await page.locator('img[src="x"]').count(), 0, path);
    }
    await page.goto("/devices?site=hostile");
    const link = page.getByRole("link", { name: HOSTILE });
    await link.click();
    await page.getByRole("heading", { level: 1, name: HOSTILE }).waitFor();
    await page.goto(here);
    await page.getByRole("table", { name: DEVICES }).getByText(HOSTILE).waitFor();
  },

  ...rooms,
};
