// Who may only look is offered nothing else, in any room.
import { strict as assert } from "node:assert";
import { examiner, OF_COLOUR } from "./axe.mjs";
import {
  administrator,
  allRooms,
  assertCount,
  collected,
  deviceLogin,
  newViewer,
  savedCredential,
  signIn,
  visit,
} from "./steps.mjs";
import { badge } from "./watching.mjs";

/** How whatever changes something is called, in any room. What one does for oneself (tokens, a password) is not meant. */
const DEED =
  /^(start|retry(?! of| \d)|cancel|delete|edit|accept|release|collect|import|add|run|new collection|review(?! )|forget|remove|save|parse again|read anew|count them|check|continue|show what was said)\b/i;

const control = (page, name) =>
  ["button", "link", "menuitem"]
    .map((role) => page.getByRole(role, { name, exact: true }))
    .reduce((all, each) => all.or(each));

/** What is offered in a room to those who may do it. Without it the rest of a test that finds nothing would mean nothing. */
async function deedsByRoom(api, wrong) {
  const good = await collected(api, { filters: { site: "good" }, capture_types: ["configs", "arp"] });
  const failed = await collected(api, { filters: { site: "mixed" }, capture_types: ["configs"] });
  const paused = await collected(api, {
    filters: { site: "good" },
    credentials: { credential_id: wrong.id },
    options: { max_workers: 1, auth_failure_limit: 1 },
  });
  await api.post("/volatile-rules", { pattern: `^no line is like this ${Date.now()}` });
  const bad = (await api.get(`/collections/${failed.id}/devices?status=failed&limit=1`)).items[0].device_id;
  const device = (await api.get("/devices?site=good&limit=1")).items[0].id;
  const captures = (await api.get(`/collections/${good.id}/captures`)).items;
  const [config, arp] = ["configs", "arp"].map(
    (type) => captures.find((each) => each.capture_type === type).id,
  );
  const some = /^Retry (this one|these \d+)$/;
  const transcript = "Show what was said on the line";
  return {
    [`/collections/${failed.id}/run`]: ["Retry failed devices", some],
    [`/collections/${failed.id}/results`]: ["Retry failed devices", some, "Run another collection"],
    [`/collections/${paused.id}/results`]: ["Release", /^Retry .+ with another login$/],
    [`/collections/${failed.id}`]: ["Retry failed devices", "Delete"],
    [`/collections/${failed.id}?tab=failures`]: [some],
    [`/collections/${failed.id}/devices/${bad}`]: ["Retry this device", transcript],
    "/failures": [/^Collect (this device|these \d+) again$/],
    "/devices?site=good": ["Import", "Add device", "Collect 3 devices"],
    [`/devices/${device}`]: ["Collect now", "Check connection", "Edit", "Delete"],
    [`/captures/${config}`]: ["Delete", "Accept this text", transcript],
    [`/captures/${arp}?view=records`]: ["Parse again"],
    "/changes/rules": ["Add rule", "Remove"],
    "/coverage?state=failing&site=mixed": [/^Collect what is missing of /],
    "/topology?site=mixed": ["Collect LLDP neighbors"],
    "/host-keys": ["Review", "Forget"],
  };
}

/** A text that waits for a decision, and keys that changed: they come about too rarely for a test. */
async function withDecisionsToMake(page) {
  await page.route(/\/api\/v1\/host-keys\?/, async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    const items = json.items.map((key) => ({ ...key, state: "changed", offered_fingerprint: "SHA256:new" }));
    return route.fulfill({ response, json: { ...json, items } });
  });
  await page.route(/\/api\/v1\/captures\/[^/?]+$/, async (route) => {
    const response = await route.fetch();
    const json = { ...(await response.json()), verdict: "suspicious", current: false };
    return route.fulfill({ response, json });
  });
}

/** While devices are collected. */
async function duringACollection(api, page, check) {
  const body = {
    filters: { site: "slow" },
    capture_types: ["configs"],
    credentials: deviceLogin(),
    options: { max_workers: 1 },
  };
  const { id } = await api.post("/collections", body);
  await page.goto(`/collections/${id}/run`);
  await badge(page, "Live").waitFor();
  await check(control(page, "Cancel"), `/collections/${id}/run`);
  await page.goto(`/collections/${id}`);
  await page.getByRole("link", { name: "Watch it live" }).waitFor();
  await check(control(page, "Cancel"), `/collections/${id}`);
  await api.post(`/collections/${id}/cancel`);
}

/** As an administrator does it. */
async function addViewer(page, name, password) {
  await page.goto("/users");
  await page.getByRole("button", { name: "Add user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("User name").fill(name);
  await dialog.getByLabel(/^Password/).fill(password);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("table", { name: "Users" }).getByText(name).waitFor();
}

export const viewer = {
  async "a viewer is offered nothing that others may do"(page, context) {
    const api = await administrator();
    const name = `viewer-${Date.now()}`;
    const password = `Look-only-${Date.now()}`;
    // Not the login of another test: whoever has it is paused together with this one.
    const login = { username: "refused", password: "not-this-one" };
    const wrong = await savedCredential(api, "Refused everywhere", login);
    const rooms = await deedsByRoom(api, wrong);
    await withDecisionsToMake(page);
    await signIn(page);
    const offered = (deed, where) =>
      deed
        .first()
        .waitFor()
        .catch(() => assert.fail(`an administrator finds no ${deed} in ${where}`));
    for (const [path, deeds] of Object.entries(rooms)) {
      await page.goto(path);
      for (const deed of deeds) await offered(control(page, deed), path);
    }
    await duringACollection(api, page, offered);
    await addViewer(page, name, password);
    await context.clearCookies();

    await signIn(page, name, password);
    const faults = [];
    const note = async (deed, where) => {
      for (const each of await deed.all()) faults.push(`${where}: ${(await each.textContent()) ?? ""}`);
    };
    for (const [path, deeds] of Object.entries(rooms)) {
      await visit(page, path);
      for (const deed of deeds) await note(control(page, deed), path);
    }
    await duringACollection(api, page, note);
    // A paused credential is named wherever one stopped a device.
    await api.post(`/credentials/${wrong.id}/release`);
    assert.deepEqual(faults, []);
  },

  async "nor is a viewer by keys or by the palette"(page) {
    const api = await administrator();
    const failed = await collected(api, { filters: { site: "mixed" }, capture_types: ["configs"] });
    const { username, password } = await newViewer(api);
    await signIn(page, username, password);
    await page.goto(`/collections/${failed.id}/results`);
    await page.getByRole("table", { name: "Failed devices" }).getByRole("row").nth(1).waitFor();
    await page.keyboard.press("r");
    // Keys are taken in their order: what this one opens would come after what that one opened.
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Page, device or collection" }).waitFor();
    await assertCount(page.getByRole("dialog"), 1);
    await page.getByRole("option", { name: "Collections", exact: true }).waitFor();
    for (const place of ["New collection", "Credentials", "Users", "Audit log", "Settings"]) {
      await assertCount(page.getByRole("option", { name: place, exact: true }), 0, place);
    }
  },

  async "no room offers a viewer a deed, or has a serious accessibility fault, light and dark"(page) {
    const api = await administrator();
    const { username, password } = await newViewer(api);
    const all = await allRooms(api);
    const { both, none } = await examiner(page);
    await page.setViewportSize({ width: 1024, height: 844 });
    await signIn(page, username, password);
    const offered = [];
    for (const { name, path, needs } of all) {
      await visit(page, path);
      if (needs !== undefined) await assertRefused(page, needs);
      const deeds = await control(page, DEED).evaluateAll((found) => found.map((each) => each.textContent));
      for (const deed of deeds) offered.push(`${name}: ${deed}`);
      await both(`${name} as a viewer`, OF_COLOUR);
    }
    console.log(`     ${all.length} rooms looked at as a viewer`);
    assert.deepEqual(offered, []);
    none();
  },
};

/** The page says in words why it is empty, and what to do, and holds nothing else to press or to fill. */
async function assertRefused(page, needs) {
  const main = page.getByRole("main");
  await main.getByText("This page is not for your role").waitFor();
  await main.getByText(`It needs the role ${needs}. An administrator can change your role.`).waitFor();
  for (const role of ["button", "textbox", "combobox", "checkbox", "switch", "table"]) {
    await assertCount(main.getByRole(role), 0, `${role} in ${page.url()}`);
  }
}
