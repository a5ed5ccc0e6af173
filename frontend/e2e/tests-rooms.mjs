import { administrator, ask, assertCount, choose, collected, ended, signIn, start } from "./steps.mjs";

const ALL = ["Configuration", "ARP Table", "MAC Table", "LLDP Neighbors", "Interfaces", "Routes", "Version"];

export const rooms = {
  async "what was collected stands in the tables"(page) {
    await signIn(page);
    await start(page, "good", ALL);
    await ended(page);
    await page.getByRole("link", { name: "View final results" }).click();
    await page.getByText("Everything was loaded into the database").waitFor();
    await page.getByRole("link", { name: "View ARP catalog" }).click();
    const table = page.getByRole("table", { name: "ARP" });
    await table.getByRole("row").nth(1).waitFor();
    const mac = (await table.getByRole("row").nth(1).getByRole("cell").nth(2).textContent()) ?? "";
    await page.getByLabel("MAC address", { exact: true }).fill(mac);
    await page.waitForURL(/mac=/);
    await table.getByText(mac).first().waitFor();
    await table.getByRole("row").nth(1).click();
    await page.getByRole("dialog").getByRole("link", { name: "The text it was first read from" }).click();
    await page.waitForURL(/\/captures\//);
    await page
      .getByRole("table", { name: /^Records of arp/ })
      .getByRole("row")
      .nth(1)
      .waitFor();

    await page.goto(`/locate?q=${encodeURIComponent(mac)}`);
    await page.getByRole("table", { name: "Where it was seen" }).getByRole("row").nth(1).waitFor();
    await page.goto("/tables/arp?as_of=2001-01-01T00:00:00Z");
    await page.getByText("Nothing was known then that matches").waitFor();
  },

  async "two collections beside each other, and the way to the room by its name"(page) {
    await signIn(page);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Page, device or collection" }).fill("collections");
    await page.getByRole("option", { name: "Collections" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/collections$/);
    await page.getByRole("table", { name: "Collections" }).getByRole("link").first().click();
    await page.getByRole("tab", { name: "Compare" }).click();
    await page.getByRole("table", { name: "Devices of both collections" }).waitFor();
  },

  async "a table of devices is imported after its columns were named"(page) {
    await signIn(page);
    await page.goto("/devices/import");
    await page.getByText("CSV", { exact: true }).click();
    const name = `mapped-${Date.now()}`;
    await page.getByLabel("Devices", { exact: true }).fill(`Kiste,Wo,Adresse\n${name},keller,192.0.2.77\n`);
    for (const [column, field] of [
      ["Kiste", "Name"],
      ["Wo", "Site"],
      ["Adresse", "Address"],
    ]) {
      await choose(page, `What ${column} holds`, field);
    }
    await page.getByRole("button", { name: "Show what would happen" }).click();
    const rows = page.getByRole("table", { name: "Rows of the import" });
    await rows.getByText(name).waitFor();
    await page.getByRole("button", { name: "Import 1 device" }).click();
    await page.getByText("1 device added, 0 changed").waitFor();
    await page.goto(`/devices?q=${name}`);
    await page.getByRole("table", { name: "Devices" }).getByText("keller").waitFor();
  },

  async "a change of a configuration, in one column and in two"(page) {
    const api = await administrator();
    await collected(api, { filters: { site: "good" }, capture_types: ["configs"] });
    if (!(await ask("change good"))) return;
    await collected(api, { filters: { site: "good" }, capture_types: ["configs"] });
    await signIn(page);
    await page.goto("/changes?site=good");
    const changes = page.getByRole("table", { name: "Changes" });
    await changes
      .getByRole("link")
      .or(changes.getByText(/^good-/))
      .first()
      .waitFor();
    await assertCount(changes.getByRole("row"), 2, "one change below the head");
    await changes.getByRole("row").nth(1).click();
    await page.waitForURL(/\/changes\/[^/?]+/);
    await page.getByRole("heading", { level: 1, name: /^Change of good-/ }).waitFor();
    await page.getByText("Side by side", { exact: true }).click();
    await page.waitForLoadState("networkidle");
  },
};
