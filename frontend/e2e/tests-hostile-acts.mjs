// A device called <img src=x onerror=alert(1)>, in what is opened, pointed at, typed and saved.
import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { assertText, hostileDevice } from "./hostile.mjs";
import {
  administrator,
  DEVICES,
  ended,
  HOSTILE,
  savedCredential,
  signIn,
  startRetry,
  visit,
} from "./steps.mjs";

/** A file that a button saves: its name and what is in it. */
async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

const escaped = (text) => text.replace(/[()]/g, "\\$&");

export const hostileActs = {
  async "a hostile device name is text in what is opened and pointed at"(page) {
    const api = await administrator();
    const { device, good, failed, captureOf } = await hostileDevice(api);
    await signIn(page);

    await visit(page, `/collections/${good.id}/run`);
    const map = page.getByRole("img", { name: /^All devices by status/ });
    await map.hover({ position: { x: 6, y: 6 } });
    await page.getByText(`${HOSTILE} · ${device.address}`).waitFor();
    await assertText(page, "a cell of the map that is pointed at");
    await map.click({ position: { x: 6, y: 6 } });
    await page.getByRole("dialog", { name: HOSTILE }).getByRole("region").first().waitFor();
    await assertText(page, "the drawer that a cell opens");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("table", { name: DEVICES }).getByRole("link", { name: HOSTILE }).click();
    await page.getByRole("dialog", { name: HOSTILE }).waitFor();

    await visit(page, `/devices/${device.id}`);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: `Delete ${HOSTILE}?` }).waitFor();
    await assertText(page, "the question whether to delete it");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    const form = page.getByRole("dialog", { name: `Edit ${HOSTILE}` });
    assert.equal(await form.getByRole("textbox", { name: "Name", exact: true }).inputValue(), HOSTILE);
    await assertText(page, "its form");

    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Check connection" }).click();
    await page
      .getByRole("status")
      .getByText(new RegExp(`^${escaped(HOSTILE)} is (not )?ready$`))
      .waitFor();
    await assertText(page, "the check of its connection");

    for (const [slug, title] of [
      ["arp", "ARP"],
      ["neighbors", "Neighbors"],
      ["interfaces", "Interfaces"],
    ]) {
      await visit(page, `/tables/${slug}?device_id=${device.id}`);
      await page.getByText(`Only of ${HOSTILE}.`).waitFor();
      await page.getByRole("table", { name: title }).getByRole("row").nth(1).getByRole("cell").nth(1).click();
      const drawer = page.getByRole("dialog", { name: `${title} of ${HOSTILE}` });
      await drawer.getByRole("link", { name: HOSTILE }).waitFor();
      await assertText(page, `a row of ${slug}`);
    }

    await visit(page, `/captures/${captureOf("configs").id}`);
    await page.getByRole("link", { name: "Compare", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: `Compare Configuration of ${HOSTILE}` }).waitFor();
    await assertText(page, "the comparison that is led to");

    await visit(page, `/collections/${failed.id}/results`);
    await page.getByRole("button", { name: "Retry failed devices" }).click();
    await startRetry(page);
    await ended(page);
    await visit(page, page.url().replace(/\/run.*/, ""));
    await page.getByRole("navigation", { name: "Retries" }).waitFor();
    await assertText(page, "the retries");
  },

  async "a hostile device name is text where it is typed and chosen"(page) {
    const api = await administrator();
    const { device } = await hostileDevice(api);
    const other = (await api.get("/captures?capture_type=configs&current=true&limit=100")).items.find(
      (each) => each.device_id !== device.id,
    );
    await signIn(page);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Page, device or collection" }).fill("<img");
    await page.getByRole("option", { name: HOSTILE }).waitFor();
    await assertText(page, "the palette");
    await page.getByRole("option", { name: HOSTILE }).click();
    await page.waitForURL(`/devices/${device.id}`);

    await visit(page, "/host-keys");
    await page.getByRole("combobox", { name: "Device", exact: true }).fill("<img");
    await page.getByRole("option", { name: HOSTILE }).click();
    await page.waitForURL(new RegExp(`device_id=${device.id}`));
    await assertText(page, "the choice of a device");

    const credential = await savedCredential(api, "Tried on one device");
    await visit(page, "/credentials");
    await page.getByRole("button", { name: `Test ${credential.name} on a device` }).click();
    await page.getByRole("dialog").getByRole("combobox", { name: "Device", exact: true }).fill("<img");
    await page.getByRole("option", { name: HOSTILE }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Check connection" }).click();
    await page.getByRole("status").getByText(`${HOSTILE} is ready`).waitFor();
    await assertText(page, "a credential that is tried on it");

    await visit(page, "/topology?site=hostile");
    await page.getByRole("combobox", { name: "Node", exact: true }).click();
    await page.getByRole("option", { name: HOSTILE }).click();
    await page.getByRole("heading", { level: 2, name: HOSTILE }).waitFor();
    await assertText(page, "the choice of a node");

    await visit(page, `/captures/${other.id}/diff`);
    await page.getByLabel("Of the device", { exact: true }).fill(HOSTILE);
    await page.getByRole("combobox", { name: "Captured at" }).click();
    await page
      .getByRole("option", { name: `, ${HOSTILE}, last good` })
      .first()
      .click();
    await page.waitForURL(/against=/);
    await page.getByText(`${HOSTILE}, `).first().waitFor();
    await assertText(page, "a text beside that of another device");

    for (const [path, label] of [
      ["/devices", "Search"],
      ["/captures", "Device name"],
      ["/changes", "Device or section"],
      ["/tables/arp", "Device"],
    ]) {
      await visit(page, path);
      await page.getByLabel(label, { exact: true }).fill(HOSTILE);
      await page.waitForURL((url) => url.search !== "");
      await assertText(page, `a filter of ${path}`);
    }

    await visit(page, "/devices/import");
    await page.getByText("CSV", { exact: true }).click();
    const { address, port, platform } = device;
    const row = `"${HOSTILE}",${address},${port},${platform},hostile`;
    await page.getByLabel("Devices", { exact: true }).fill(`name,host,port,platform,site\n${row}\n`);
    await page.getByRole("button", { name: "Show what would happen" }).click();
    await page.getByRole("table", { name: "Rows of the import" }).getByText(HOSTILE).waitFor();
    await assertText(page, "the rows of an import");

    await visit(page, `/collect?device=${device.id}&types=configs&step=2`);
    await page.getByText("User name and password", { exact: true }).click();
    await page.getByLabel("Device user name").fill("nobody");
    await page.getByLabel("Device password").fill("not-this-one");
    await page.getByRole("button", { name: "Copy as…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Command line", { exact: true }).click();
    await dialog
      .locator("pre")
      .filter({ hasText: `--device '${HOSTILE}'` })
      .waitFor();
    await assertText(page, "the same as a command");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Check first" }).click();
    await page.getByRole("table", { name: "Check of each device" }).getByText(HOSTILE).waitFor();
    await page.getByText("0 of 1 device are ready, 1 is not").waitFor({ timeout: 60_000 });
    await assertText(page, "the check");
  },

  async "a hostile device name is text in what is saved"(page) {
    const api = await administrator();
    const { device, good, captureOf } = await hostileDevice(api);
    await signIn(page);
    await visit(page, `/collections/${good.id}/results`);
    const results = await saved(page, page.getByRole("button", { name: "Results as CSV" }));
    assert.ok(results.text.includes(HOSTILE), results.text);
    const json = await saved(page, page.getByRole("button", { name: "Results as JSON" }));
    assert.ok(JSON.stringify(JSON.parse(json.text)).includes(HOSTILE), json.text);
    await visit(page, "/devices?site=hostile");
    await page.getByRole("button", { name: "Export" }).click();
    const devices = await saved(page, page.getByRole("menuitem", { name: "CSV" }));
    assert.ok(devices.text.includes(HOSTILE), devices.text);
    await visit(page, `/tables/arp?device_id=${device.id}`);
    const table = await saved(page, page.getByRole("button", { name: "Export CSV" }));
    assert.ok(table.text.includes(HOSTILE), table.text);
    await visit(page, "/topology?site=hostile");
    for (const kind of ["draw.io", "GraphML"]) {
      const { text } = await saved(page, page.getByRole("button", { name: kind }));
      assert.ok(text.includes("img src=x onerror=alert(1)"), `the name is not in ${kind}`);
      assert.doesNotMatch(text, /<img/, `the name is markup in ${kind}`);
    }
    await visit(page, `/captures/${captureOf("configs").id}`);
    const { name } = await saved(page, page.getByRole("button", { name: "Download" }));
    assert.match(name, /^[\w.-]+-configs\.txt$/);
  },
};
