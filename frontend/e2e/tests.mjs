import { strict as assert } from "node:assert";
import axe from "axe-core";

const HOSTILE = "<img src=x onerror=alert(1)>";
const END = 120_000;

async function signIn(page, user = process.env.SHOWRUN_USER, password = process.env.SHOWRUN_PASSWORD) {
  await page.goto("/");
  await page.getByLabel("User name", { exact: true }).fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}

async function choose(page, label, option) {
  const field = page.getByRole("combobox", { name: label, exact: true });
  await field.click();
  await page.getByRole("option", { name: option }).click();
  await page.keyboard.press("Escape");
}

/** Steps 1 and 2, by hand, up to the click that starts. */
async function start(page, site, types = ["Configuration", "Version"]) {
  await page.getByRole("link", { name: "New collection" }).first().click();
  await page.getByRole("heading", { level: 1, name: "Select devices & commands" }).waitFor();
  await choose(page, "Site", new RegExp(`^${site} `));
  for (const type of types) await page.getByRole("checkbox", { name: type, exact: true }).check();
  await page.getByRole("button", { name: "Next: options" }).click();
  await page.getByRole("heading", { level: 1, name: "Configure options" }).waitFor();
  await page.getByText("User name and password", { exact: true }).click();
  await page.getByLabel("Device user name").fill(process.env.DEVICE_USER ?? "admin");
  await page.getByLabel("Device password").fill(process.env.DEVICE_PASSWORD ?? "admin");
  const { DEVICE_ENABLE_PASSWORD } = process.env;
  if (DEVICE_ENABLE_PASSWORD) await page.getByLabel("Enable password").fill(DEVICE_ENABLE_PASSWORD);
  await page.getByLabel("Max workers as a number").fill(site === "slow" ? "2" : "5");
  await page.getByRole("button", { name: "Start collection" }).click();
  await page.waitForURL(/\/collections\/[^/]+\/run/);
}

async function ended(page) {
  await page.getByText(/Collection complete! \d/).waitFor({ timeout: END });
}

/** The number under a name in the statistics. */
async function figure(page, list, name) {
  const term = page.getByLabel(list).getByText(name, { exact: true });
  const value = await term.locator("xpath=ancestor-or-self::dt/following-sibling::dd").textContent();
  return Number.parseInt((value ?? "").replaceAll(",", ""), 10);
}

const DEVICES = "Devices of this collection";

export const tests = {
  async "from login to 3 succeeded, 0 failed"(page) {
    await signIn(page);
    await start(page, "good");
    await ended(page);
    await page.getByText("Collection complete! 3 succeeded, 0 failed").waitFor();
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    assert.equal(await figure(page, DEVICES, "Running"), 0);
    assert.equal(await figure(page, DEVICES, "Completed"), 3);
    assert.equal(await figure(page, DEVICES, "Failed"), 0);
    assert.match(page.url(), /\/run/, "it stays on step 3 when done");
    await page.getByRole("link", { name: "View final results" }).click();
    await page.waitForURL(/\/results/);
    assert.equal(await figure(page, "Results", "Devices succeeded"), 3);
    assert.equal(await page.getByRole("heading", { name: "Failed devices" }).count(), 0);
  },

  async "the text of a capture can be read"(page) {
    await signIn(page);
    await page.goto("/captures?capture_type=configs");
    await page.getByRole("table", { name: "Captures" }).getByRole("row").nth(1).click();
    await page.waitForURL(/\/captures\/[^/?]+/);
    const text = page.getByRole("region", { name: /^configs of / });
    await text.waitFor();
    assert.ok(((await text.textContent()) ?? "").length > 20);
  },

  async "failures with their reasons, and a retry of just those"(page) {
    await signIn(page);
    await start(page, "bad");
    await ended(page);
    const failed = await figure(page, DEVICES, "Failed");
    const completed = await figure(page, DEVICES, "Completed");
    assert.ok(failed > 0 && completed > 0, `${completed} completed, ${failed} failed`);
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    await page.getByRole("link", { name: "View final results" }).click();
    const table = page.getByRole("table", { name: "Failed devices" });
    await table.getByRole("row").nth(1).waitFor();
    assert.equal(await table.getByRole("row").count(), failed + 1);
    const reason = table.getByRole("row").nth(1).getByRole("cell").last();
    assert.ok(((await reason.textContent()) ?? "").length > 5, "a failed device says why");
    await page.getByRole("button", { name: "Retry failed devices" }).click();
    const before = page.url();
    await page.getByRole("dialog").getByRole("button", { name: "Start the retry" }).click();
    await page.waitForURL((url) => /\/run/.test(url.pathname) && url.href !== before);
    await page.getByRole("link", { name: "Retry of an earlier collection" }).waitFor();
    await ended(page);
    const [again, good] = [await figure(page, DEVICES, "Failed"), await figure(page, DEVICES, "Completed")];
    assert.equal(again + good, failed, "only the devices that failed are collected again");
  },

  async "a reload in step 3 loses nothing"(page) {
    await signIn(page);
    await start(page, "slow");
    for (let n = 0; n < 3; n++) {
      await page.waitForTimeout(300 + Math.random() * 900);
      await page.reload();
      await page.getByRole("progressbar", { name: "Progress" }).waitFor();
    }
    await ended(page);
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    const shown = await picture(page);
    await page.reload();
    await ended(page);
    await page.getByText("Ended", { exact: true }).waitFor();
    assert.deepEqual(await picture(page), shown, "a reload after the end shows the same");
  },

  async "a lost connection is caught up with"(page, context) {
    await signIn(page);
    await start(page, "slow");
    await context.setOffline(true);
    await page.waitForTimeout(2_500);
    await context.setOffline(false);
    await ended(page);
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
  },

  async cancel(page) {
    await signIn(page);
    await start(page, "slow");
    await page.getByRole("button", { name: "Cancel" }).click();
    await ended(page);
    await page.getByText("Cancelled", { exact: true }).first().waitFor();
    assert.equal(await figure(page, DEVICES, "Remaining"), 0);
    const sum = (await figure(page, DEVICES, "Completed")) + (await figure(page, DEVICES, "Failed"));
    assert.ok(sum >= 4);
  },

  async "a viewer can start nothing"(page, context) {
    const name = `viewer-${Date.now()}`;
    const password = `Look-only-${Date.now()}`;
    await signIn(page);
    await page.getByRole("link", { name: "Users" }).click();
    await page.getByRole("button", { name: "Add user" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("User name").fill(name);
    await dialog.getByLabel(/^Password/).fill(password);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("table", { name: "Users" }).getByText(name).waitFor();
    await context.clearCookies();

    await signIn(page, name, password);
    assert.equal(await page.getByRole("link", { name: "New collection" }).count(), 0);
    await page.goto("/collect?site=good&step=2");
    await page.getByText("This page is not for your role").waitFor();
    assert.equal(await page.getByRole("button", { name: "Start collection" }).count(), 0);
    await page.goto("/collections");
    await page.getByRole("table", { name: "Collections" }).getByRole("link").first().click();
    await page.getByRole("tab", { name: "Devices" }).waitFor();
    for (const action of ["Retry failed devices", "Cancel", "Delete"]) {
      assert.equal(await page.getByRole("button", { name: action }).count(), 0, action);
    }
    await page.goto("/users");
    await page.getByText("This page is not for your role").waitFor();
  },

  async "a hostile device name is text everywhere"(page) {
    await signIn(page);
    await start(page, "hostile", ["Configuration"]);
    await ended(page);
    const here = page.url();
    for (const path of ["/", "/devices?site=hostile", "/collections", "/failures", "/host-keys", here]) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await page.waitForLoadState("networkidle");
      assert.equal(await page.locator('img[src="x"]').count(), 0, path);
    }
    await page.goto("/devices?site=hostile");
    const link = page.getByRole("link", { name: HOSTILE });
    await link.click();
    await page.getByRole("heading", { level: 1, name: HOSTILE }).waitFor();
    await page.goto(here);
    await page.getByRole("table", { name: DEVICES }).getByText(HOSTILE).waitFor();
  },

  async "no page has a serious accessibility fault, light and dark"(page) {
    await signIn(page);
    await page.goto("/collections");
    const first = page.getByRole("table", { name: "Collections" }).getByRole("link").first();
    const collection = await first.getAttribute("href");
    const paths = ["/", "/collect", "/collect?step=2", "/collections", collection, `${collection}/run`];
    paths.push(
      `${collection}/results`,
      "/devices",
      "/devices/import",
      "/captures",
      "/failures",
      "/platforms",
    );
    paths.push("/credentials", "/host-keys", "/users", "/api-tokens", "/audit", "/settings", "/account");
    const faults = [];
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const path of paths) {
        await page.goto(path);
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        await page.waitForLoadState("networkidle");
        await page.evaluate(axe.source);
        const found = await page.evaluate(async () => {
          const { violations } = await globalThis.axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
          });
          return violations
            .filter(({ impact }) => impact === "serious" || impact === "critical")
            .map(({ id, nodes }) => `${id} ${nodes[0]?.html.slice(0, 100)}`);
        });
        for (const fault of found) faults.push(`${path} ${colorScheme}: ${fault}`);
      }
    }
    assert.deepEqual(faults, []);
  },
};

/** All that is shown of the devices and their numbers, to compare before and after a reload. */
async function picture(page) {
  const numbers = {};
  for (const name of ["Running", "Completed", "Failed", "Remaining", "Progress"]) {
    numbers[name] = await figure(page, DEVICES, name);
  }
  const rows = await page.getByRole("table", { name: DEVICES }).getByRole("row").allTextContents();
  return { numbers, rows };
}
