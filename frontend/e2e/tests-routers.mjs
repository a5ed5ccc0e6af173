// The wizard on real routers: r1, r2 and r3 of site `core`, r4 of site `edge`. Whoever runs these pulls and plugs a
// router's management cable (`@cut r4`, `@uncut r4`) and changes a configuration (`@change r1`).
import { strict as assert } from "node:assert";
import { ask, assertCount, assertFigures, DEVICES, ended, signIn, start, startRetry } from "./steps.mjs";

const TYPES = ["Configuration", "Interfaces", "Routes", "Version"];

export const tests = {
  async "from login to 3 succeeded, 0 failed on real routers"(page) {
    await signIn(page);
    await start(page, "core", TYPES);
    await ended(page);
    await page.getByText("Collection complete! 3 succeeded, 0 failed").waitFor();
    await assertFigures(page, DEVICES, { Remaining: 0, Completed: 3 });
    await page.getByRole("link", { name: "View final results" }).click();
    await page.getByText("Everything was loaded into the database").waitFor();
    await assertFigures(page, "Results", { "Devices succeeded": 3 });
    await assertCount(page.getByRole("heading", { name: "Failed devices" }), 0);
    await page.goto("/tables/routes?device=r1&protocol=ospf");
    await page.getByRole("table", { name: "Routes" }).getByRole("row").nth(1).waitFor();
  },

  async "a router that cannot be reached says so, and is collected by the retry"(page) {
    await signIn(page);
    assert.ok(await ask("cut r4"));
    await start(page, "edge", TYPES);
    await ended(page);
    await assertFigures(page, DEVICES, { Failed: 1 });
    await page.getByRole("link", { name: "View final results" }).click();
    const failed = page.getByRole("table", { name: "Failed devices" });
    await failed.getByRole("row").filter({ hasText: "r4" }).waitFor();
    assert.ok(await ask("uncut r4"));
    await page.getByRole("button", { name: "Retry failed devices" }).click();
    await startRetry(page);
    await ended(page);
    await page.getByText("Collection complete! 1 succeeded, 0 failed").waitFor();
  },

  async "a change on a router is shown as one"(page) {
    await signIn(page);
    assert.ok(await ask("change r1"));
    await start(page, "core", ["Configuration"]);
    await ended(page);
    await page.goto("/changes");
    const changes = page.getByRole("table", { name: "Changes" });
    await changes.getByRole("row").filter({ hasText: "r1" }).first().waitFor();
    await assertCount(changes.getByRole("row"), 2, "one change below the head");
    await changes.getByRole("row").nth(1).click();
    await page.waitForURL(/\/changes\/[^/?]+/);
    await page.getByRole("heading", { level: 1, name: /r1/ }).waitFor();
  },
};
