// A device called <img src=x onerror=alert(1)>, in every room that its name comes to.
import { strict as assert } from "node:assert";
import { assertText, assertTitle, collectAgain, hostileDevice } from "./hostile.mjs";
import { administrator, ask, DEVICES, ended, HOSTILE, settled, signIn, start, visit } from "./steps.mjs";
import { assertWholeLog } from "./watching.mjs";

const SLUGS = ["arp", "mac", "neighbors", "interfaces", "routes", "inventory", "versions"];

/** Each room, and where the name stands in it. */
async function roomsOf(page, api, { device, good, failed, captureOf }) {
  const name = encodeURIComponent(device.name);
  const created = (await api.get(`/audit-events?target=${device.id}&action=device.create`)).items[0];
  const { mac } = (await api.get(`/arp-entries?device_id=${device.id}&limit=1`)).items[0];
  const own = captureOf("configs").id;
  const other = (await api.get("/captures?capture_type=configs&current=true&limit=100")).items.find(
    (each) => each.device_id !== device.id,
  );
  const inTable = (label) => page.getByRole("table", { name: label }).getByText(HOSTILE);
  const link = page.getByRole("link", { name: HOSTILE });
  const title = (level = 1) => page.getByRole("heading", { level, name: HOSTILE });
  return [
    [`/collections/${good.id}/run`, inTable(DEVICES)],
    [`/collections/${good.id}/run`, page.getByRole("log").getByText(HOSTILE)],
    [`/collections/${good.id}/run?device=${device.id}`, page.getByRole("dialog", { name: HOSTILE })],
    [`/collections/${failed.id}/run`, page.getByRole("listitem").getByRole("link", { name: HOSTILE })],
    [`/collections/${failed.id}/results`, inTable("Failed devices")],
    [`/collections/${failed.id}/results`, page.getByRole("listitem").getByRole("link", { name: HOSTILE })],
    [`/collections/${good.id}`, inTable(DEVICES)],
    [`/collections/${good.id}?tab=captures`, inTable("Captures of this collection")],
    [`/collections/${failed.id}?tab=failures`, link],
    [`/collections/${good.id}?tab=compare&with=${failed.id}`, inTable("Devices of both collections")],
    [`/collections/${good.id}/devices/${device.id}`, title()],
    [`/collections/${failed.id}/devices/${device.id}`, title()],
    ["/failures", link],
    ["/", page.locator("details").getByRole("link", { name: HOSTILE, includeHidden: true })],
    ["/failures?by=device", inTable("Devices that failed")],
    ["/devices?site=hostile", inTable("Devices")],
    [`/devices/${device.id}`, title()],
    [`/devices/${device.id}`, page.getByText("Last attempt failed")],
    [`/captures?device=${name}`, inTable("Captures")],
    [`/captures/${own}`, page.getByRole("heading", { level: 1, name: `of ${HOSTILE}` })],
    [`/captures/${own}`, page.getByRole("region", { name: `configs of ${HOSTILE}` })],
    [
      `/captures/${captureOf("arp").id}?view=records`,
      page.getByRole("table", { name: `Records of arp of ${HOSTILE}` }),
    ],
    [`/captures/${own}/diff`, page.getByRole("heading", { level: 1, name: `of ${HOSTILE}` })],
    [`/captures/${other.id}/diff?against=${own}`, page.getByText(`${HOSTILE}, `)],
    ["/search?q=hostname&site=hostile", page.getByRole("link", { name: `Configuration of ${HOSTILE}` })],
    [`/search?q=hostname&device=${name}`, page.getByRole("region", { name: `Configuration of ${HOSTILE}` })],
    [`/locate?q=${name}`, link],
    [`/locate?q=${encodeURIComponent(mac)}`, inTable("Where it was seen")],
    [`/locate?q=${encodeURIComponent(mac)}`, page.getByRole("status").getByText(`of ${HOSTILE}`)],
    ["/topology?site=hostile", inTable("Links")],
    ["/topology?site=hostile", page.locator("svg title").filter({ hasText: HOSTILE })],
    // The name in the drawing is short; beside it stands the whole.
    [`/topology?site=hostile&node=${device.id}`, title(2)],
    [`/topology?site=hostile&node=${device.id}`, page.getByRole("table", { name: `Links of ${HOSTILE}` })],
    ["/coverage?site=hostile", inTable("Coverage of each device")],
    ["/coverage?site=hostile&state=failing", inTable("Coverage of each device")],
    ...SLUGS.flatMap((slug) => [
      [`/tables/${slug}?device_id=${device.id}`, link],
      [`/tables/${slug}?device=${name}`, link],
    ]),
    [`/host-keys?device_id=${device.id}`, inTable("Host keys")],
    [`/audit?target=${device.id}`, inTable("Audit log")],
    [
      `/audit?target=${device.id}&event=${created?.id}`,
      page.getByRole("dialog", { name: "device.create" }).getByText(HOSTILE),
    ],
    ["/collect?site=hostile", page.getByRole("checkbox", { name: `Collect ${HOSTILE}` })],
    ["/collect?site=hostile", inTable("Devices to choose from")],
    // Where it is not in sight it must not be at work either.
    ...["/collections", "/audit", "/host-keys", "/changes", "/platforms", "/credentials"].map((path) => [
      path,
    ]),
    [`/collections/${good.id}?tab=plan`],
    [`/collections/${good.id}?tab=about`],
  ];
}

export const hostile = {
  async "a hostile device name is text everywhere"(page) {
    const api = await administrator();
    await signIn(page);
    await start(page, "hostile", ["Interfaces", "ARP Table"]);
    await ended(page);
    await page.getByText("Collection complete! 1 succeeded, 0 failed").waitFor();
    await page.getByRole("log").getByText(HOSTILE).first().waitFor();
    await assertWholeLog(page);
    await assertText(page, "a collection that was watched");
    const known = await hostileDevice(api);
    for (const [path, where] of await roomsOf(page, api, known)) {
      await visit(page, path);
      if (where !== undefined) {
        await where
          .first()
          // What is folded away, or told by pointing only, is there nevertheless.
          .waitFor({ state: "attached" })
          .catch(() => assert.fail(`the name does not come to ${path}`));
      }
      await assertText(page, path);
    }

    for (const [path, title] of [
      [`/devices/${known.device.id}`, HOSTILE],
      [`/collections/${known.good.id}/devices/${known.device.id}`, HOSTILE],
      [`/captures/${known.captureOf("configs").id}`, `Configuration of ${HOSTILE}`],
      [`/captures/${known.captureOf("configs").id}/diff`, `Compare Configuration of ${HOSTILE}`],
    ]) {
      await page.goto(path);
      await assertTitle(page, title);
    }
  },

  async "a hostile device name is text where a device is not collected for long"(page) {
    const { device } = await hostileDevice(await administrator());
    // More than a day must pass before a text is called stale.
    await page.route(/\/api\/v1\/coverage(\?|$)/, async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      return route.fulfill({ response, json: { ...json, counts: { ...json.counts, stale: 1 } } });
    });
    await page.route(/\/api\/v1\/coverage\/devices\?/, async (route) => {
      const url = new URL(route.request().url());
      url.searchParams.delete("state");
      url.searchParams.set("site", "hostile");
      return route.fulfill({ response: await route.fetch({ url: url.href }) });
    });
    await signIn(page);
    await page
      .getByText(/^Stale: /)
      .getByRole("link", { name: HOSTILE })
      .click();
    await page.waitForURL(`/devices/${device.id}`);
    await page.getByRole("heading", { level: 1, name: HOSTILE }).waitFor();
    await assertText(page, "the stale devices of the dashboard");
  },

  async "a hostile device name is text in a change, and so are the lines of its configuration"(page) {
    const api = await administrator();
    await hostileDevice(api);
    if (!(await ask("change hostile"))) return;
    const { id } = await collectAgain(api);
    await signIn(page);
    for (const path of ["/", `/collections/${id}/results`]) {
      await visit(page, path);
      await page.getByRole("link", { name: HOSTILE }).first().waitFor();
      await assertText(page, `the changes in ${path}`);
    }
    await visit(page, "/changes?site=hostile");
    const changes = page.getByRole("table", { name: "Changes" });
    await changes.getByText(HOSTILE).first().waitFor();
    await assertText(page, "the changes");
    // No simulated device can be told what stands in its configuration.
    await page.route(/\/api\/v1\/config-changes\/[^/?]+(\?|$)/, async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      for (const hunk of json.hunks) {
        hunk.section = [`interface ${HOSTILE}`];
        for (const line of hunk.lines) line.text = ` description ${line.op} ${HOSTILE}`;
      }
      return route.fulfill({ response, json });
    });
    await changes.getByRole("row").nth(1).click();
    await page.waitForURL(/\/changes\/[^/?]+/);
    await page.getByRole("heading", { level: 1, name: `Change of ${HOSTILE}` }).waitFor();
    await assertTitle(page, `Change of ${HOSTILE}`);
    const assertLines = async (where) => {
      await page.getByRole("region").getByText(`description added ${HOSTILE}`).first().waitFor();
      await page.getByRole("region").getByText(`interface ${HOSTILE}`).first().waitFor();
      await assertText(page, where);
    };
    await assertLines("a change");
    await page.getByText("Side by side", { exact: true }).click();
    await page.waitForURL(/view=side/);
    await assertLines("a change in two columns");
  },

  async "a hostile device name is text where another host key is offered"(page) {
    const api = await administrator();
    const { device } = await hostileDevice(api);
    if (!(await ask("rekey hostile"))) return;
    const stopped = await collectAgain(api);
    assert.equal(stopped.devices_failed, 1, "a device that shows another key is not collected");
    await signIn(page);
    await visit(page, `/collections/${stopped.id}/results`);
    await page.getByRole("table", { name: "Failed devices" }).getByText(HOSTILE).waitFor();
    await assertText(page, "a host key that stopped a device");
    await visit(page, "/host-keys?state=changed");
    const row = page.getByRole("table", { name: "Host keys" }).getByRole("row").filter({ hasText: HOSTILE });
    await row.getByRole("button", { name: "Review" }).click();
    const dialog = page.getByRole("dialog", { name: "Accept the new host key?" });
    await dialog.getByText("Offered now").waitFor();
    await assertText(page, "the review of a host key");
    await dialog.getByRole("button", { name: "Accept the new key" }).click();
    await row.waitFor({ state: "detached" });
    const again = await collectAgain(api);
    assert.equal(again.devices_succeeded, 1, "with the key that was accepted");
    await page.goto(`/audit?target=${device.id}`);
    await settled(page);
    await assertText(page, "the audit log after it");
  },
};
