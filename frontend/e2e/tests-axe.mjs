// Accessibility: every room in three widths, light and dark, and the states that no address leads to.
import { strict as assert } from "node:assert";
import { examiner, SCHEMES } from "./axe.mjs";
import {
  administrator,
  allRooms,
  choose,
  collected,
  ended,
  prepare,
  settled,
  signIn,
  start,
  visit,
} from "./steps.mjs";

const WIDTHS = [1440, 1024, 390];
const MOST_BYTES = 250_000;

export const firstRun = {
  async "the first run leads to the first collection, after less than 250 kB of code"(page) {
    const sizes = [];
    page.on("requestfinished", (request) => {
      if (new URL(request.url()).pathname.endsWith(".js")) sizes.push(request.sizes());
    });
    const { both, none } = await examiner(page);
    await page.goto("/");
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await both("login");
    await signIn(page);
    await page.getByRole("heading", { level: 1, name: "Welcome to Showrun" }).waitFor();
    await page.waitForLoadState("networkidle");
    // As they went over the line.
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size.responseBodySize, 0);
    assert.ok(bytes > 50_000 && bytes < MOST_BYTES, `${bytes} bytes of code before anything can be done`);
    console.log(`     ${Math.round(bytes / 1000)} kB of code, compressed, for the first page`);
    await both("first run");
    none();
  },
};

export const accessibility = {
  async "no room has a serious accessibility fault, in three widths, light and dark"(page) {
    const all = await allRooms(await administrator());
    const { look, none } = await examiner(page);
    await signIn(page);
    for (const [index, { name, path }] of all.entries()) {
      for (const [turn, width] of WIDTHS.entries()) {
        // Each room in both schemes, each width in both schemes over the rooms.
        const colorScheme = SCHEMES[(index + turn) % 2];
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 844 });
        if (turn === 0) await visit(page, path);
        else await settled(page);
        await look(`${name} ${colorScheme} ${width}`);
      }
    }
    console.log(`     ${all.length} rooms looked at in ${WIDTHS.length} widths`);
    none();
  },

  async "nor has a running collection, a drawer, a check or a dialog"(page) {
    const { both, none } = await examiner(page);
    await signIn(page);
    // Long enough to be looked at, however slowly this machine looks.
    await start(page, "slow", [
      "Configuration",
      "LLDP Neighbors",
      "MAC Table",
      "Interfaces",
      "Routes",
      "Version",
    ]);
    await page.getByText("Live", { exact: true }).waitFor();
    await both("running");
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").waitFor();
    await both("cancel");
    const devices = page.getByRole("table", { name: "Devices of this collection" });
    const recorded = devices
      .getByRole("row")
      .filter({ hasText: /[1-9] complete/ })
      .getByRole("link")
      .first();
    await recorded.waitFor({ timeout: 30_000 });
    await page.getByRole("dialog").getByRole("button", { name: "Cancel it" }).click();
    await ended(page);
    await recorded.click();
    await page.getByRole("dialog").getByRole("region").waitFor();
    await both("drawer");

    await page.goto("/");
    await prepare(page, "bad");
    await page.getByRole("button", { name: "Copy as…" }).click();
    await page.getByRole("dialog").locator("pre").waitFor();
    await both("copy as");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Check first" }).click();
    await page.getByText("2 of 3 devices are ready, 1 is not").waitFor({ timeout: 60_000 });
    await both("check");

    const failed = await collected(await administrator(), {
      filters: { site: "mixed" },
      capture_types: ["configs"],
    });
    await page.goto(`/collections/${failed.id}/results`);
    await page.getByRole("button", { name: "Retry failed devices" }).click();
    await page.getByRole("dialog").getByRole("switch", { name: "Use other credentials" }).check();
    await both("retry");
    none();
  },

  async "nor has an import, a palette, a form, a diff in two columns or a problem"(page) {
    const { both, none } = await examiner(page);
    const api = await administrator();
    await page.setViewportSize({ width: 1440, height: 844 });
    await signIn(page);
    await page.goto("/devices/import");
    await page.getByText("CSV", { exact: true }).click();
    await page.getByLabel("Devices", { exact: true }).fill("Kiste,Adresse\nbox-1,192.0.2.78\n");
    await choose(page, "What Kiste holds", "Name");
    await choose(page, "What Adresse holds", "Address");
    await page.getByRole("button", { name: "Show what would happen" }).click();
    await page.getByRole("table", { name: "Rows of the import" }).getByText("box-1").waitFor();
    await both("mapped import");

    await visit(page, "/devices");
    await page.keyboard.press("Control+k");
    await page.getByRole("listbox").waitFor();
    await both("palette");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Add device" }).click();
    await page.getByRole("dialog").waitFor();
    await both("form");

    const change = (await api.get("/config-changes?limit=1")).items[0];
    if (change !== undefined) {
      await visit(page, `/changes/${change.id}`);
      await page.getByText("Side by side", { exact: true }).click();
      await both("side by side");
    }

    await page.route(/\/api\/v1\/devices\?/, (route) =>
      route.fulfill({
        status: 500,
        contentType: "application/problem+json",
        json: { title: "Out of order", status: 500, code: "internal", request_id: "0123" },
      }),
    );
    await page.goto("/devices");
    await page.getByText("Out of order").first().waitFor();
    await both("problem");

    none();
  },
};
