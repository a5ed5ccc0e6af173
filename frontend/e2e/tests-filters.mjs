// Filters, edits and links into pages: what must survive typing, a refresh and a reload.
import { strict as assert } from "node:assert";
import { administrator, assertValue, ended, signIn, start } from "./steps.mjs";

/** A text that was captured; on a server with none, one is collected first. */
async function captured(page, type) {
  const api = await administrator();
  const find = async () => (await api.get(`/captures?current=true&capture_type=${type}&limit=1`)).items[0];
  const known = await find();
  if (known !== undefined) return known;
  await start(page, "good", ["Configuration", "ARP Table"]);
  await ended(page);
  return find();
}

/** What a page read is old, and the window gets the focus back. */
async function comesBack(page) {
  await page.clock.fastForward(15_000);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
}

export const filters = {
  async "a filter keeps the focus while one types, and finds a part of a name"(page) {
    await signIn(page);
    const { device_name: name } = await captured(page, "arp");
    const part = name.slice(1);
    for (const [path, label, table] of [
      ["/captures", "Device name", "Captures"],
      ["/tables/arp", "Device", "ARP"],
    ]) {
      await page.goto(path);
      const field = page.getByLabel(label, { exact: true });
      await field.click();
      // The first letter reaches the address before the others are typed.
      await page.keyboard.type(part.slice(0, 1));
      await page.waitForURL(/device=/);
      await page.keyboard.type(part.slice(1));
      await page.waitForURL((url) => url.searchParams.get("device") === part);
      await assertValue(field, part);
      await page.getByRole("table", { name: table }).getByText(name).first().waitFor();
    }
  },

  async "cleared filters are empty fields"(page) {
    await signIn(page);
    for (const [path, label] of [
      ["/devices?q=no-such-thing", "Search"],
      ["/captures?device=no-such-thing", "Device name"],
      ["/changes?device=no-such-thing", "Device"],
      ["/collections?q=no-such-thing", "Name"],
    ]) {
      await page.goto(path);
      const field = page.getByLabel(label, { exact: true });
      await assertValue(field, "no-such-thing");
      await page.getByRole("button", { name: "Clear filters" }).click();
      await page.waitForURL((url) => url.search === "");
      await assertValue(field, "", path);
    }
  },

  async "settings that are being edited survive a refresh"(page) {
    await page.clock.install();
    await signIn(page);
    await page.goto("/settings");
    const field = page.getByLabel("Audit log, days");
    await field.fill("123");
    const again = page.waitForResponse((response) => response.url().endsWith("/api/v1/settings"));
    await comesBack(page);
    await again;
    // Another read of the same page, which ends after the one above was shown.
    await page.getByRole("button", { name: "Save" }).hover();
    assert.equal(await field.inputValue(), "123");
  },

  async "a page that cannot be read again stays and says so"(page) {
    await page.clock.install();
    await signIn(page);
    const { device_id: id, device_name: name } = await captured(page, "configs");
    await page.goto(`/devices/${id}`);
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await page.route(`**/api/v1/devices/${id}`, (route) =>
      route.fulfill({ status: 500, json: { title: "Not now", code: "internal", status: 500 } }),
    );
    await comesBack(page);
    await page.getByText("Could not refresh: Not now.").waitFor();
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await page.unroute(`**/api/v1/devices/${id}`);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("Could not refresh").waitFor({ state: "detached" });
  },

  async "a hit of a search opens the text at its line, a row of a table at its address"(page) {
    await signIn(page);
    await captured(page, "arp");
    await page.goto("/search?q=interface&capture_type=configs");
    const hit = page.getByRole("link", { name: /^Open the text at line/ }).nth(1);
    const number = (await hit.textContent()) ?? "";
    await hit.click();
    await page.waitForURL((url) => url.searchParams.get("line") === number);
    await page.locator("[data-wanted] mark").first().waitFor();

    await page.goto("/tables/arp");
    const row = page.getByRole("table", { name: "ARP" }).getByRole("row").nth(1);
    const address = (await row.getByRole("cell").nth(1).textContent()) ?? "";
    await row.getByRole("cell").nth(1).click();
    await page.waitForURL(/row=/);
    await page.reload();
    await page.getByRole("dialog").getByText(address, { exact: true }).waitFor();
  },
};
