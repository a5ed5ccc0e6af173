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
import { furnished, PASSWORD } from "./world.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = join(resolve(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target")), "release");
const { SHOWRUN = join(BUILT, "showrun"), SHOWRUN_LAB = join(BUILT, "showrun-lab"), ONLY = "" } = process.env;
const { CHROMIUM = "/usr/bin/chromium" } = process.env;
const FOLDER = join(ROOT, "docs/screenshots");
const MOST_BYTES = 60_000;
/** Besides the light ones: what is worth seeing in the dark, and on a phone. */
const DARK = new Set(["dashboard", "wizard-3-collecting", "topology", "change", "capture-records"]);
const PHONE = new Set(["wizard-3-collecting", "locate", "device", "tables-arp"]);

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

async function shoot(browser, world, list, { scheme, width, height, suffix }) {
  const context = await browser.newContext({
    baseURL: world.url,
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: "reduce",
    timezoneId: "UTC",
    locale: "en-GB",
  });
  const page = await context.newPage();
  await page.goto("/");
  if ("login".includes(ONLY) && suffix === "") await save(await page.screenshot(), "login");
  await page.getByLabel("User name", { exact: true }).fill("admin");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  // The head of the application: a sign-in page has a heading too.
  const inside = () => page.locator("header").waitFor();
  await inside();
  for (const { name, path } of list) {
    await page.goto(path);
    await inside();
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await page.waitForLoadState("networkidle");
    await save(await page.screenshot(), `${name}${suffix}`);
  }
  await context.close();
}

mkdirSync(FOLDER, { recursive: true });
if (ONLY === "") {
  for (const file of readdirSync(FOLDER)) if (file.endsWith(".png")) rmSync(join(FOLDER, file));
}
const world = await furnished({ showrun: SHOWRUN, lab: SHOWRUN_LAB });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
try {
  const all = (await rooms(world.api)).filter(({ name }) => name.includes(ONLY) && name !== "nowhere");
  const of = (wanted) => all.filter(({ name }) => wanted.has(name));
  const wide = { width: 1280, height: 800 };
  await shoot(browser, world, all, { scheme: "light", ...wide, suffix: "" });
  await shoot(browser, world, of(DARK), { scheme: "dark", ...wide, suffix: "-dark" });
  await shoot(browser, world, of(PHONE), { scheme: "light", width: 390, height: 844, suffix: "-phone" });
} finally {
  await browser.close();
  await world.stop();
}
const files = readdirSync(FOLDER);
const bytes = files.reduce((sum, file) => sum + statSync(join(FOLDER, file)).size, 0);
console.log(`${files.length} pictures in docs/screenshots, ${Math.round(bytes / 1000)} kB`);
