import { strict as assert } from "node:assert";
import { DEVICES, ended, figure, signIn, start, startRetry } from "./steps.mjs";
import { accessibility, firstRun } from "./tests-axe.mjs";
import { hostile } from "./tests-hostile.mjs";
import { keys } from "./tests-keys.mjs";
import { live } from "./tests-live.mjs";
import { rooms } from "./tests-rooms.mjs";
import { wizard } from "./tests-wizard.mjs";

export const tests = {
  ...firstRun,

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
    await startRetry(page);
    await ended(page);
    const [again, good] = [await figure(page, DEVICES, "Failed"), await figure(page, DEVICES, "Completed")];
    assert.equal(again + good, failed, "only the devices that failed are collected again");
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

  async "failures by their cause, and a retry of one group only"(page) {
    await signIn(page);
    await start(page, "mixed", ["Configuration"]);
    await ended(page);
    assert.equal(await figure(page, DEVICES, "Failed"), 3);
    await page.getByRole("link", { name: "View final results" }).click();
    await page.getByRole("table", { name: "Failed devices" }).waitFor();
    const refused = page.getByRole("listitem").filter({ hasText: "Connection refused" });
    await refused.waitFor();
    const names = await refused.getByRole("link").allTextContents();
    assert.equal(names.length, 2);
    assert.equal(await page.getByRole("button", { name: "Retry this one" }).count(), 1, "the other cause");
    await refused.getByRole("button", { name: "Retry these 2" }).click();
    await startRetry(page);
    await ended(page);
    const again = page.getByRole("table", { name: DEVICES }).getByRole("row").getByRole("link");
    // That it has ended may be shown before its rows are there.
    await again.nth(names.length - 1).waitFor();
    assert.deepEqual((await again.allTextContents()).sort(), names.sort(), "just the devices of the group");
  },

  async cancel(page) {
    await signIn(page);
    await start(page, "slow");
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Keep" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel it" }).click();
    await ended(page);
    const head = page.getByRole("heading", { level: 1 }).locator("xpath=..");
    await head.getByText("Cancelled", { exact: true }).waitFor();
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    const [completed, failed] = [
      await figure(page, DEVICES, "Completed"),
      await figure(page, DEVICES, "Failed"),
    ];
    assert.ok(completed < 5, `${completed} completed although it was cancelled`);
    assert.equal(completed + failed, 5);
    const cancelled = page
      .getByRole("group", { name: "Devices by status" })
      .getByRole("button", { name: /^Cancelled/ });
    await cancelled.click();
    await page.waitForURL(/status=cancelled/);
    const rows = page.getByRole("table", { name: DEVICES }).getByRole("row");
    // One that was running when it was cancelled says so as its reason, too.
    await rows.nth(1).getByText("Cancelled", { exact: true }).first().waitFor();
    const counted = Number((await cancelled.textContent())?.replace(/\D/g, ""));
    assert.equal((await rows.count()) - 1, counted);
    assert.ok(counted > 0);
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

  ...wizard,
  ...live,
  ...keys,
  ...hostile,
  ...rooms,
  ...accessibility,
};
