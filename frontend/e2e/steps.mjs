// What the tests do again and again, as a person does it: by roles and labels.
import { createInterface } from "node:readline";
import { client } from "./rooms.mjs";

export const HOSTILE = "<img src=x onerror=alert(1)>";
export const DEVICES = "Devices of this collection";
const END = 120_000;

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

/** A collection that has ended, without the browser. */
export async function collected(api, body) {
  const { id } = await api.post("/collections", {
    capture_types: ["configs", "version"],
    credentials: deviceLogin(),
    ...body,
  });
  for (;;) {
    const collection = await api.get(`/collections/${id}`);
    if (collection.finished_at !== undefined) return collection;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function signIn(page, user = process.env.SHOWRUN_USER, password = process.env.SHOWRUN_PASSWORD) {
  await page.goto("/");
  await page.getByLabel("User name", { exact: true }).fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
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
}

/** The number under a name in the statistics. */
export async function figure(page, list, name) {
  const term = page.getByLabel(list).getByText(name, { exact: true });
  const value = await term.locator("xpath=ancestor-or-self::dt/following-sibling::dd").textContent();
  return Number.parseInt((value ?? "").replaceAll(",", ""), 10);
}

/** All that is shown of the devices and their numbers, to compare before and after a reload. */
export async function picture(page) {
  const numbers = {};
  for (const name of ["Running", "Completed", "Failed", "Remaining", "Progress"]) {
    numbers[name] = await figure(page, DEVICES, name);
  }
  const table = page.getByRole("table", { name: DEVICES }).getByRole("row");
  await table.nth(1).waitFor();
  const rows = await table.allTextContents();
  return { numbers, rows };
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
