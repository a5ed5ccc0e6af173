// A device called <img src=x onerror=alert(1)>, and what there is of it on the server.
import { strict as assert } from "node:assert";
import { collected, HOSTILE } from "./steps.mjs";

const ALL = ["configs", "arp", "mac", "lldp", "interfaces", "routes", "version", "inventory"];
const SITE = { filters: { site: "hostile" } };

/** No part of the page came about by the name, and the tab has a title. A dialog fails any test (run.mjs). */
export async function assertText(page, where) {
  assert.equal(await page.locator('img[src="x"], [onerror]').count(), 0, where);
  assert.doesNotMatch(await page.title(), /^$/, where);
}

export async function assertTitle(page, title) {
  await page.waitForFunction((wanted) => document.title === wanted, `${title} · Showrun`);
}

/** The device, collected with all it has and in vain, and its neighbour, which names it as its own. */
export async function hostileDevice(api) {
  await collected(api, { filters: { site: "near" }, capture_types: ALL });
  const good = await collected(api, { ...SITE, capture_types: ALL });
  const failed = await collected(api, {
    ...SITE,
    credentials: { username: "nobody", password: "not-this-one" },
  });
  const device = (await api.get("/devices?site=hostile")).items[0];
  assert.equal(device.name, HOSTILE);
  const captures = (await api.get(`/collections/${good.id}/captures`)).items;
  const captureOf = (type) => captures.find((each) => each.capture_type === type);
  return { device, good, failed, captureOf };
}

export async function collectAgain(api) {
  return collected(api, { ...SITE, capture_types: ["configs"] });
}
