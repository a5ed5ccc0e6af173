// `make screenshots`: every room into docs/screenshots, from a real server with simulated devices.
//
//   SHOWRUN, SHOWRUN_LAB   the binaries, target/release unless given; the pages are those in the binary
//   CHROMIUM               the browser
//   ONLY                   a part of the names of the pictures
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { rooms } from "../e2e/rooms.mjs";
import { bare, busy, furnished, LAB, PASSWORD } from "./world.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = join(resolve(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target")), "release");
const { SHOWRUN = join(BUILT, "showrun"), SHOWRUN_LAB = join(BUILT, "showrun-lab"), ONLY = "" } = process.env;
const { CHROMIUM = "/usr/bin/chromium" } = process.env;
const FOLDER = join(ROOT, "docs/screenshots");
const MOST_BYTES = 60_000;
/** Besides the light ones: what is worth seeing in the dark, and on a phone. */
const DARK = new Set(["dashboard", "topology", "change", "capture-records"]);
const PHONE = new Set([
  "wizard-1-select",
  "wizard-2-options",
  "wizard-4-complete",
  "locate",
  "device",
  "tables-arp",
  "changes",
]);
const WIDE = { width: 1280, height: 800 };
const LIGHT = { scheme: "light", ...WIDE, suffix: "" };
const NARROW = { scheme: "light", width: 390, height: 844, suffix: "-phone" };

for (const needed of [SHOWRUN, SHOWRUN_LAB, CHROMIUM]) {
  if (!existsSync(needed)) {
    console.error(`${needed} is not there; make build first.`);
    process.exit(2);
  }
}

/** Colours of a page are few: a palette makes the file a fifth and looks the same. Fewer colours until it is small. */
async function save(png, name) {
  const path = join(FOLDER, `${name}.png`);
  for (const colours of [128, 64, 32, 16]) {
    await sharp(png).png({ palette: true, colours, effort: 10, compressionLevel: 9, dither: 0 }).toFile(path);
    if (statSync(path).size <= MOST_BYTES) return;
  }
  throw new Error(`${path} is ${statSync(path).size} bytes`);
}

/** The head of the application: a sign-in page has a heading too. */
async function inside(page) {
  await page.locator("header").waitFor();
  await page.getByRole("heading", { level: 1 }).first().waitFor();
}

async function signedIn(browser, url, { scheme, width, height }) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: "reduce",
    timezoneId: "UTC",
    locale: "en-GB",
  });
  const page = await context.newPage();
  await page.goto("/");
  await page.getByLabel("User name", { exact: true }).fill("admin");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("header").waitFor();
  return page;
}

async function shoot(browser, url, list, look) {
  if (list.length === 0) return;
  const page = await signedIn(browser, url, look);
  for (const { name, path, before } of list) {
    await page.goto(path);
    await inside(page);
    await page.waitForLoadState("networkidle");
    await before?.(page);
    await save(await page.screenshot(), `${name}${look.suffix}`);
  }
  await page.context().close();
}

async function login(browser, url) {
  const context = await browser.newContext({ baseURL: url, viewport: WIDE, colorScheme: "light" });
  const page = await context.newPage();
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await save(await page.screenshot(), "login");
  await context.close();
}

/** A collection in its middle: some devices run, some failed, most of them wait or are done. */
async function collecting(browser, binaries) {
  const looks = [
    { ...LIGHT, height: 1180 },
    { scheme: "dark", ...WIDE, height: 1180, suffix: "-dark" },
    NARROW,
  ];
  const world = await busy(binaries);
  try {
    const pages = [];
    for (const look of looks) pages.push([await signedIn(browser, world.url, look), look]);
    const id = await world.start();
    for (const [page] of pages) {
      await page.goto(`/collections/${id}/run`);
      await inside(page);
    }
    await world.until(id, ({ counts }) => counts.failed >= 4 && counts.succeeded >= 0.4 * counts.total);
    for (const [page, { suffix }] of pages) {
      await save(await page.screenshot(), `wizard-3-collecting${suffix}`);
    }
    const { status } = await world.api.get(`/collections/${id}`);
    if (status !== "running") throw new Error(`the collection was ${status} before it was seen`);
    for (const [page] of pages) await page.context().close();
  } finally {
    await world.stop();
  }
}

/** What is seen before there is anything to see. */
async function first(browser, binaries) {
  const world = await bare({ ...binaries, labArgs: ["--fleet", "1"] });
  try {
    await login(browser, world.url);
    await shoot(browser, world.url, [{ name: "first-run", path: "/" }], LIGHT);
  } finally {
    await world.stop();
  }
}

/** What one gets to by a button or by a check, not by an address alone. */
async function scenes(world) {
  const check = await world.api.post("/preflights", {
    filters: {},
    capture_types: ["configs", "arp"],
    credentials: LAB,
  });
  await world.until(`/preflights/${check.id}`);
  const change = (await world.api.get("/config-changes?limit=1")).items[0];
  return [
    {
      name: "preflight",
      path: `/collect?step=2&preflight=${check.id}`,
      before: (page) =>
        page.getByRole("heading", { name: "Check before collecting" }).evaluate((heading) => {
          heading.scrollIntoView();
          // The head of the application stays above it.
          scrollBy(0, -90);
        }),
    },
    {
      name: "retry",
      path: `/collections/${world.collection}`,
      before: async (page) => {
        await page.getByRole("button", { name: "Retry failed devices" }).click();
        await page.getByRole("dialog").waitFor();
      },
    },
    { name: "change-side-by-side", path: `/changes/${change.id}?view=side&context=10` },
  ].filter(({ name }) => name.includes(ONLY));
}

mkdirSync(FOLDER, { recursive: true });
if (ONLY === "") {
  for (const file of readdirSync(FOLDER)) if (file.endsWith(".png")) rmSync(join(FOLDER, file));
}
const binaries = { showrun: SHOWRUN, lab: SHOWRUN_LAB };
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
try {
  if ("login first-run".includes(ONLY)) await first(browser, binaries);
  if ("wizard-3-collecting".includes(ONLY)) await collecting(browser, binaries);
  const world = await furnished(binaries);
  try {
    const apart = new Set(["nowhere", "wizard-3-collecting"]);
    const all = (await rooms(world.api)).filter(({ name }) => name.includes(ONLY) && !apart.has(name));
    const of = (wanted) => all.filter(({ name }) => wanted.has(name));
    await shoot(browser, world.url, [...all, ...(await scenes(world))], LIGHT);
    await shoot(browser, world.url, of(DARK), { scheme: "dark", ...WIDE, suffix: "-dark" });
    await shoot(browser, world.url, of(PHONE), NARROW);
  } finally {
    await world.stop();
  }
} finally {
  await browser.close();
}
const files = readdirSync(FOLDER);
const bytes = files.reduce((sum, file) => sum + statSync(join(FOLDER, file)).size, 0);
console.log(`${files.length} pictures in docs/screenshots, ${Math.round(bytes / 1000)} kB`);
