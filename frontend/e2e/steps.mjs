// What the tests do again and again, as a person does it: by roles and labels.
import { strict as assert } from "node:assert";
import { createInterface } from "node:readline";
import { client, rooms } from "./rooms.mjs";

export const HOSTILE = "<img src=x onerror=alert(1)>";
export const DEVICES = "Devices of this collection";
const END = 120_000;
const PATIENCE = 10_000;

/** Until the check passes: what a page shows at first may be what was true a moment before. */
export async function eventually(check, patience = PATIENCE) {
  const began = Date.now();
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() - began > patience) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function assertCount(locator, wanted, what) {
  return eventually(async () => assert.equal(await locator.count(), wanted, what));
}

export function assertValue(field, wanted, what) {
  return eventually(async () => assert.equal(await field.inputValue(), wanted, what));
}

/** The API, as the administrator. */
export function administrator() {
  const { SHOWRUN_URL, SHOWRUN_USER, SHOWRUN_PASSWORD } = process.env;
  return client(SHOWRUN_URL, SHOWRUN_USER, SHOWRUN_PASSWORD);
}

/** The login of the devices, as the API takes it. */
export function deviceLogin() {
  const { DEVICE_USER, DEVICE_PASSWORD, DEVICE_ENABLE_PASSWORD } = process.env;
  return {
    username: DEVICE_USER ?? "admin",
    password: DEVICE_PASSWORD ?? "admin",
    ...(DEVICE_ENABLE_PASSWORD ? { enable_password: DEVICE_ENABLE_PASSWORD } : {}),
  };
}

/** Somebody who may look and nothing else. */
export async function newViewer(api) {
  const name = `viewer-${Date.now()}`;
  const viewer = { username: name, password: `Look-only-${Date.now()}` };
  await api.post("/users", { ...viewer, role: "viewer" });
  return viewer;
}

/** A saved credential with the login of the devices, or another. */
export async function savedCredential(api, name, login = deviceLogin()) {
  const known = (await api.get("/credentials?limit=500")).items.find((each) => each.name === name);
  return known ?? api.post("/credentials", { name, ...login });
}

/** A collection of the API, once it is as wanted. */
export async function whenCollection(api, id, wanted) {
  for (;;) {
    const collection = await api.get(`/collections/${id}`);
    if (wanted(collection)) return collection;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A collection that has ended, without the browser. */
export async function collected(api, body) {
  const { id } = await api.post("/collections", {
    capture_types: ["configs", "version"],
    credentials: deviceLogin(),
    ...body,
  });
  return whenCollection(api, id, (collection) => collection.finished_at !== undefined);
}

/** Every room of the interface; where nothing was collected yet something is first, so that there is something in them. */
export async function allRooms(api) {
  const known = (await api.get("/collections?limit=1")).items.length > 0;
  if (!known) await collected(api, { filters: { site: "mixed" }, capture_types: ["configs"] });
  return rooms(api);
}

export async function signIn(page, user = process.env.SHOWRUN_USER, password = process.env.SHOWRUN_PASSWORD) {
  await page.goto("/");
  await page.getByLabel("User name", { exact: true }).fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}

const unanswered = new WeakMap();

/** The requests of a page that have no answer yet, from now on. */
function requestsOf(page) {
  const known = unanswered.get(page);
  if (known !== undefined) return known;
  const open = new Set();
  unanswered.set(page, open);
  page.on("request", (request) => {
    // What the page before asked for is answered to nobody.
    if (request.isNavigationRequest()) open.clear();
    open.add(request);
  });
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => open.delete(request));
  return open;
}

/** Until a page has read what it shows: nothing is asked for any more, and nothing says that it loads. */
export async function settled(page) {
  const requests = requestsOf(page);
  // The head of the application: a sign-in page has a heading too.
  await page.locator("header").first().waitFor();
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await eventually(async () => {
    // What an answer is followed by is asked for when it was drawn.
    for (let n = 0; n < 2; n++) {
      assert.equal(requests.size, 0, "requests without an answer");
      const loading = await page.evaluate(async () => {
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        return document.querySelectorAll('[aria-busy="true"], main .mantine-Loader-root').length;
      });
      assert.equal(loading, 0, "parts that load");
    }
  });
}

export async function visit(page, path) {
  requestsOf(page);
  await page.goto(path);
  await settled(page);
}

export async function choose(page, label, option) {
  const field = page.getByRole("combobox", { name: label, exact: true });
  await field.click();
  await page.getByRole("option", { name: option }).click();
  await page.keyboard.press("Escape");
}

/** Step 1, by hand, and the login of step 2. */
export async function prepare(page, site, types = ["Configuration", "Version"]) {
  await page.getByRole("link", { name: "New collection" }).first().click();
  await page.getByRole("heading", { level: 1, name: "Select devices & commands" }).waitFor();
  await choose(page, "Site", new RegExp(`^${site} `));
  for (const type of types) await page.getByRole("checkbox", { name: type, exact: true }).check();
  await page.getByRole("button", { name: "Next: options" }).click();
  await page.getByRole("heading", { level: 1, name: "Configure options" }).waitFor();
  await typeLogin(page);
  await page.getByLabel("Max workers as a number").fill(site === "slow" ? "2" : "5");
}

export async function typeLogin(page) {
  const { username, password, enable_password: enable } = deviceLogin();
  await page.getByText("User name and password", { exact: true }).click();
  await page.getByLabel("Device user name").fill(username);
  await page.getByLabel("Device password").fill(password);
  if (enable) await page.getByLabel("Enable password").fill(enable);
}

/** The retry that a dialog offers, until its page is there. */
export async function startRetry(page) {
  const before = page.url();
  await page.getByRole("dialog").getByRole("button", { name: "Start the retry" }).click();
  await page.waitForURL(
    (url) => /\/run/.test(url.pathname) && url.href.split("?")[0] !== before.split("?")[0],
  );
  await page.getByRole("link", { name: "Retry of an earlier collection" }).waitFor();
}

/** Steps 1 and 2, by hand, with the click that starts. */
export async function start(page, site, types) {
  await prepare(page, site, types);
  await page.getByRole("button", { name: "Start collection" }).click();
  await page.waitForURL(/\/collections\/[^/]+\/run/);
}

export async function ended(page) {
  await page.getByText(/Collection complete! \d/).waitFor({ timeout: END });
  await assertFigures(page, DEVICES, { Running: 0, Remaining: 0 });
}

/** The numbers of the statistics by their names, all of one moment: between two reads a device may have ended. */
export async function figures(page, list) {
  const statistics = page.getByLabel(list).and(page.locator("dl"));
  const shown = await statistics.evaluate((element) =>
    [...element.querySelectorAll("dt")].map((term) => [
      term.textContent,
      // Below the number there may be a note.
      term.nextElementSibling?.firstChild?.textContent ?? "",
    ]),
  );
  return Object.fromEntries(
    shown.map(([name, text]) => [name, Number.parseInt(text.replaceAll(",", ""), 10)]),
  );
}

/** That the statistics come to these numbers, whatever else they show. */
export function assertFigures(page, list, wanted) {
  return eventually(async () => {
    const shown = await figures(page, list);
    assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, shown[name]])), wanted);
  });
}

/** All that is shown of the devices and their numbers, to compare before and after a reload. */
export async function picture(page) {
  const table = page.getByRole("table", { name: DEVICES }).getByRole("row");
  await table.nth(1).waitFor();
  return { numbers: await figures(page, DEVICES), rows: await table.allTextContents() };
}

let lines;

/** Asks whoever runs these tests for something (`restart` of the server, trouble on a router); `false` where nobody listens. */
export async function ask(wish) {
  if (process.env.CAN_ASK !== "1") return false;
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  console.log(`@${wish}`);
  const { value } = await lines.next();
  if (value !== "@done") throw new Error(`${wish} was not done: ${value}`);
  return true;
}
