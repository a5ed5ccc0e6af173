// Browser tests against a running server: `npm run e2e`. One line per test; exits with 1 when one failed.
//
// From the environment:
//   SHOWRUN_URL, SHOWRUN_USER, SHOWRUN_PASSWORD    the server and an administrator
//   DEVICE_USER, DEVICE_PASSWORD                   the login of the devices
//   DEVICE_ENABLE_PASSWORD                         and of their privileged mode, where they have one
//   CHROMIUM                                       the browser, /usr/bin/chromium
//   CAN_ASK                                        1: who reads a line `@restart` kills the server, starts it again and
//                                                  writes `@done` to the standard input; so with `@cut r4`
//   E2E_SUITE                                      simulated (the default), or routers (tests-routers.mjs says what it needs)
//   E2E_ONLY                                       a part of the names of the tests to run
//
// The inventory of simulated devices has these sites, and the tests find their devices by them:
//   good      three devices that succeed
//   bad       three devices of which one fails and two succeed
//   mixed     four devices: two that refuse the connection, one that fails otherwise, one that succeeds
//   slow      five devices that take a second or more each
//   hostile   one device named <img src=x onerror=alert(1)> that succeeds
//   near      one device that succeeds and is linked with the hostile one
// `@change good` changes the configuration of a device of that site, `@change hostile` that of the hostile one; after
// `@rekey hostile` it shows another host key.
import { chromium } from "playwright-core";
import { tests as simulated } from "./tests.mjs";
import { filters } from "./tests-filters.mjs";
import { tests as routers } from "./tests-routers.mjs";

const { CHROMIUM = "/usr/bin/chromium", E2E_ONLY = "", E2E_SUITE = "simulated" } = process.env;
const tests = { simulated: { ...simulated, ...filters }, routers }[E2E_SUITE];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

for (const name of ["SHOWRUN_URL", "SHOWRUN_USER", "SHOWRUN_PASSWORD"]) {
  if (!process.env[name]) {
    console.error(`${name} is not set; the head of e2e/run.mjs says what is needed.`);
    process.exit(2);
  }
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  if (!name.includes(E2E_ONLY)) continue;
  const context = await browser.newContext({ baseURL: process.env.SHOWRUN_URL });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const broken = watch(page);
  try {
    await test(page, context);
    if (broken.length > 0) throw new Error(broken.join("; "));
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    const where = page.url();
    const message =
      error instanceof Error ? error.message.split("\n").slice(0, 30).join(" | ") : String(error);
    console.log(`FAIL ${name}: ${message} (at ${where})`);
  }
  await context.close();
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);

/** What no page may do: an exception, a dialog, a breach of the content security policy. */
function watch(page) {
  const broken = [];
  page.on("pageerror", (error) => broken.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    broken.push(`a dialog said ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) broken.push(message.text());
  });
  return broken;
}
