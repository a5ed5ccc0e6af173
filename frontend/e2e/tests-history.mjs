// What became of devices over several collections, and what is said before one that must fail.
import { strict as assert } from "node:assert";
import { administrator, assertCount, assertFigures, choose, collected, signIn, visit } from "./steps.mjs";

async function twice(api) {
  const body = { filters: { site: "mixed" }, capture_types: ["configs"] };
  return [await collected(api, body), await collected(api, body)];
}

export const history = {
  async "the history of a device has the runs in which nobody got in"(page) {
    const api = await administrator();
    const [, last] = await twice(api);
    const query = "failure_kind=connection_refused&limit=1";
    const [device] = (await api.get(`/collections/${last.id}/devices?${query}`)).items;
    await signIn(page);
    await visit(page, `/devices/${device.device_id}`);
    await page.getByText("Last attempt failed: Connection refused").waitFor();
    const { total } = await api.get(`/devices/${device.device_id}/collections?include_total=true&limit=1`);
    assert.ok(total >= 2, `${total} runs`);
    const runs = page.getByRole("listitem").filter({ hasText: /Failed.*Connection refused/ });
    await assertCount(runs, Math.min(total, 20));
    await runs.first().getByRole("link").click();
    await page.waitForURL(new RegExp(`/collections/${last.id}/devices/${device.device_id}`));
    await page.getByRole("heading", { level: 1, name: device.device_name }).waitFor();
  },

  async "two collections beside each other"(page) {
    const api = await administrator();
    const [first, second] = await twice(api);
    await signIn(page);
    await visit(page, `/collections/${second.id}?tab=compare&with=${first.id}`);
    await assertFigures(page, "Differences", { "Fail now": 0, "Still fail": 3, Recovered: 0, Same: 1 });
    const rows = page.getByRole("table", { name: "Devices of both collections" }).getByRole("row");
    await assertCount(rows, 4, "those that still fail, below the head");
    await page.getByRole("switch", { name: "Also what is the same" }).check();
    await assertCount(rows, 5);
    await page.waitForURL(/same=/);
  },

  async "what failed lately, by cause, by device and by site"(page) {
    const api = await administrator();
    const [, last] = await twice(api);
    const [device] = (await api.get(`/collections/${last.id}/devices?failure_kind=connection_refused`)).items;
    await signIn(page);
    await visit(page, "/failures");
    const cause = page.getByRole("region", { name: /^Connection refused: [\d,]+ failures on 2 devices$/ });
    await cause.getByRole("link", { name: device.device_name, exact: true }).waitFor();
    await cause.getByRole("link", { name: "Collect these 2 again" }).waitFor();
    const by = page.getByRole("radiogroup", { name: "Grouped by" });
    await by.getByText("Device", { exact: true }).click();
    const devices = page.getByRole("table", { name: "Devices that failed" });
    await devices.getByRole("row").filter({ hasText: device.device_name }).waitFor();
    await by.getByText("Site", { exact: true }).click();
    const sites = page.getByRole("table", { name: "Sites with failures" });
    await sites.getByRole("row").filter({ hasText: "mixed" }).click();
    await page.waitForURL(/\/devices\?site=mixed/);
  },

  async "who starts without any login is asked first"(page) {
    await signIn(page);
    await page.goto("/collect");
    await choose(page, "Site", /^mixed /);
    await page.getByRole("button", { name: "Next: options" }).click();
    await page.getByText("None of 4 devices has a credential").waitFor();
    await page.getByRole("button", { name: "Start collection" }).click();
    const dialog = page.getByRole("dialog", { name: "None of 4 devices has a credential" });
    await dialog.getByRole("button", { name: "Choose a login" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Type a login" }).click();
    await page.getByLabel("Device user name").waitFor();
  },
};
