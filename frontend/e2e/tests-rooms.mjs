import { strict as assert } from "node:assert";
import axe from "axe-core";
import { client, rooms as roomsOf } from "./rooms.mjs";
import { choose, ended, signIn, start } from "./steps.mjs";

const ALL = ["Configuration", "ARP Table", "MAC Table", "LLDP Neighbors", "Interfaces", "Routes", "Version"];

async function faultsOf(page) {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id} ${nodes.length} ${nodes[0]?.html.slice(0, 120)}`);
  });
}

async function settled(page) {
  // The head of the application: a sign-in page has a heading too.
  await page.locator("header").waitFor();
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.waitForLoadState("networkidle");
}

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

  async "no page has a serious accessibility fault, light and dark, wide and narrow"(page) {
    const { SHOWRUN_URL, SHOWRUN_USER, SHOWRUN_PASSWORD } = process.env;
    const all = await roomsOf(await client(SHOWRUN_URL, SHOWRUN_USER, SHOWRUN_PASSWORD));
    const faults = [];
    const look = async (what) => {
      for (const fault of await faultsOf(page)) faults.push(`${what}: ${fault}`);
    };
    // What fades in has too little contrast for a moment.
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto("/");
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await look("login");
    await signIn(page);
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 1280],
      ["dark", 1024],
      ["light", 390],
    ]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      for (const { name, path } of all) {
        await page.goto(path);
        await settled(page);
        await look(`${name} ${colorScheme} ${width}`);
        const { scrollWidth, innerWidth } = await page.evaluate(() => ({
          scrollWidth: document.documentElement.scrollWidth,
          innerWidth: globalThis.innerWidth,
        }));
        if (scrollWidth > innerWidth) faults.push(`${name} ${width}: is ${scrollWidth} wide`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 844 });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.goto("/devices");
      await settled(page);
      await page.keyboard.press("Control+k");
      await page.getByRole("listbox").waitFor();
      await look(`palette ${colorScheme}`);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Add device" }).click();
      await page.getByRole("dialog").waitFor();
      await look(`form ${colorScheme}`);
    }
    console.log(`     ${all.length} rooms looked at in light, dark and narrow`);
    assert.deepEqual(faults, []);
  },
};
