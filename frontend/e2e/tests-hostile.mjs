// A device called <img src=x onerror=alert(1)>, in every room that its name comes to. A dialog fails any test (run.mjs).
import { strict as assert } from "node:assert";
import { administrator, collected, DEVICES, ended, HOSTILE, signIn, start, startRetry } from "./steps.mjs";

async function assertText(page, where) {
  assert.equal(await page.locator('img[src="x"]').count(), 0, where);
  assert.doesNotMatch(await page.title(), /^$/, where);
}

export const hostile = {
  async "a hostile device name is text everywhere"(page) {
    const api = await administrator();
    const types = ["configs", "version", "interfaces", "arp"];
    await collected(api, { filters: { site: "hostile" }, capture_types: types });
    await signIn(page);
    await start(page, "hostile", ["Interfaces", "ARP Table"]);
    await ended(page);
    await page.getByText("Collection complete! 1 succeeded, 0 failed").waitFor();
    const run = page.url();
    const id = /collections\/([^/]+)/.exec(run)?.[1];
    const device = (await api.get("/devices?site=hostile")).items[0];
    const capture = (await api.get(`/captures?device_id=${device.id}&capture_type=configs&current=true`))
      .items[0];
    const wrong = { credentials: { username: "nobody", password: "not-this-one" } };
    const failed = await collected(api, { filters: { site: "hostile" }, ...wrong });

    // Each room, and whether the name stands in it.
    const rooms = [
      [run, true],
      [`/collections/${id}/results`, false],
      [`/collections/${failed.id}/run`, true],
      [`/collections/${failed.id}/results`, true],
      ["/", false],
      ["/failures", false],
      ["/host-keys", false],
      ["/audit", false],
      ["/collect?site=hostile", true],
      ["/devices?site=hostile", true],
      [`/devices/${device.id}`, true],
      ["/collections", false],
      [`/collections/${id}`, true],
      [`/collections/${id}?tab=captures`, true],
      [`/collections/${id}?tab=plan`, false],
      [`/collections/${id}?tab=compare&with=${failed.id}`, true],
      [`/collections/${failed.id}?tab=failures`, true],
      [`/collections/${id}/devices/${device.id}`, true],
      [`/captures?device=${encodeURIComponent(device.name)}`, true],
      [`/captures/${capture.id}`, true],
      [`/captures/${capture.id}/diff`, true],
      ["/changes", false],
      ["/search?q=hostname&site=hostile", true],
      ["/coverage?site=hostile", true],
      [`/tables/interfaces?device_id=${device.id}`, true],
      [`/tables/versions?device_id=${device.id}`, true],
      ["/topology?site=hostile&unlinked=yes", false],
    ];
    for (const [path, named] of rooms) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      if (named) {
        await page
          .getByText(HOSTILE)
          .first()
          .waitFor()
          .catch(() => assert.fail(`the name does not come to ${path}`));
      }
      await page.waitForLoadState("networkidle");
      await assertText(page, path);
    }

    await page.goto(run);
    await page.getByRole("table", { name: DEVICES }).getByRole("link", { name: HOSTILE }).click();
    await page.getByRole("dialog", { name: HOSTILE }).waitFor();
    await assertText(page, "the drawer");
    await page.goto(`/collections/${failed.id}/results`);
    await page.getByRole("button", { name: "Retry failed devices" }).click();
    await startRetry(page);
    await ended(page);

    await page.goto("/collect?site=hostile&step=2");
    await page.getByText("User name and password", { exact: true }).click();
    await page.getByLabel("Device user name").fill("nobody");
    await page.getByLabel("Device password").fill("not-this-one");
    await page.getByRole("button", { name: "Check first" }).click();
    await page.getByRole("table", { name: "Check of each device" }).getByText(HOSTILE).waitFor();
    await page.getByText("0 of 1 device are ready, 1 is not").waitFor({ timeout: 60_000 });
    await assertText(page, "the check");

    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Page, device or collection" }).fill("<img");
    await page.getByRole("option", { name: HOSTILE }).waitFor();
    await assertText(page, "the palette");
  },
};
