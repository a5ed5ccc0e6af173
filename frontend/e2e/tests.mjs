import { strict as assert } from "node:assert";
import {
  assertCount,
  assertFigures,
  DEVICES,
  ended,
  eventually,
  figures,
  signIn,
  start,
  startRetry,
} from "./steps.mjs";
import { accessibility, firstRun } from "./tests-axe.mjs";
import { history } from "./tests-history.mjs";
import { hostile } from "./tests-hostile.mjs";
import { hostileActs } from "./tests-hostile-acts.mjs";
import { keys } from "./tests-keys.mjs";
import { live } from "./tests-live.mjs";
import { rooms } from "./tests-rooms.mjs";
import { sleep } from "./tests-sleep.mjs";
import { emptyStates, states } from "./tests-states.mjs";
import { viewer } from "./tests-viewer.mjs";
import { wizard } from "./tests-wizard.mjs";

export const tests = {
  ...firstRun,
  ...emptyStates,

  async "from login to 3 succeeded, 0 failed"(page) {
    await signIn(page);
    await start(page, "good");
    await ended(page);
    await page.getByText("Collection complete! 3 succeeded, 0 failed").waitFor();
    await assertFigures(page, DEVICES, { Remaining: 0, Running: 0, Completed: 3, Failed: 0, Progress: 100 });
    assert.match(page.url(), /\/run/, "it stays on step 3 when done");
    await page.getByRole("link", { name: "View final results" }).click();
    await page.waitForURL(/\/results/);
    await assertFigures(page, "Results", { "Devices succeeded": 3, "Devices failed": 0 });
    await assertCount(page.getByRole("heading", { name: "Failed devices" }), 0);
  },

  async "the text of a capture can be read"(page) {
    await signIn(page);
    await page.goto("/captures?capture_type=configs");
    await page.getByRole("table", { name: "Captures" }).getByRole("row").nth(1).click();
    await page.waitForURL(/\/captures\/[^/?]+/);
    const text = page.getByRole("region", { name: /^configs of / });
    await eventually(async () => assert.ok(((await text.textContent()) ?? "").length > 20));
  },

  async "failures with their reasons, and a retry of just those"(page) {
    await signIn(page);
    await start(page, "bad");
    await ended(page);
    const { Failed: failed, Completed: completed } = await figures(page, DEVICES);
    assert.ok(failed > 0 && completed > 0, `${completed} completed, ${failed} failed`);
    await page.getByRole("link", { name: "View final results" }).click();
    const table = page.getByRole("table", { name: "Failed devices" });
    await assertCount(table.getByRole("row"), failed + 1, "the failed devices below the head");
    const reason = table.getByRole("row").nth(1).getByRole("cell").last();
    assert.ok(((await reason.textContent()) ?? "").length > 5, "a failed device says why");
    await page.getByRole("button", { name: "Retry failed devices" }).click();
    await startRetry(page);
    await ended(page);
    const again = await figures(page, DEVICES);
    assert.equal(again.Failed + again.Completed, failed, "only the devices that failed are collected again");
  },

  async "the text of a device can be read while others still run"(page) {
    await signIn(page);
    await start(page, "slow", ["Configuration"]);
    const table = page.getByRole("table", { name: DEVICES });
    const done = table.getByRole("row").filter({ hasText: "1 complete" }).first();
    await done.waitFor({ timeout: 60_000 });
    assert.ok((await figures(page, DEVICES)).Remaining > 0, "others are still to come");
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
    await assertFigures(page, DEVICES, { Failed: 3 });
    await page.getByRole("link", { name: "View final results" }).click();
    await page.getByRole("table", { name: "Failed devices" }).waitFor();
    const refused = page.getByRole("listitem").filter({ hasText: "Connection refused" });
    await assertCount(refused.getByRole("link"), 2);
    const names = await refused.getByRole("link").allTextContents();
    await assertCount(page.getByRole("button", { name: "Retry this one" }), 1, "the other cause");
    await refused.getByRole("button", { name: "Retry these 2" }).click();
    await startRetry(page);
    await ended(page);
    const again = page.getByRole("table", { name: DEVICES }).getByRole("row").getByRole("link");
    await eventually(async () =>
      assert.deepEqual((await again.allTextContents()).sort(), names.sort(), "just the devices of the group"),
    );
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
    const { Completed: completed, Failed: failed } = await figures(page, DEVICES);
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
    assert.ok(counted > 0);
    await assertCount(rows, counted + 1, "the cancelled devices below the head");
  },

  ...viewer,
  ...wizard,
  ...live,
  ...sleep,
  ...history,
  ...keys,
  ...hostile,
  ...hostileActs,
  ...rooms,
  ...states,
  ...accessibility,
};
