// What the wizard keeps, checks, and hands on.
import { strict as assert } from "node:assert";
import {
  administrator,
  assertCount,
  assertFigures,
  assertValue,
  collected,
  DEVICES,
  ended,
  eventually,
  prepare,
  savedCredential,
  signIn,
  startRetry,
  typeLogin,
} from "./steps.mjs";

const CREDENTIAL = "Check me";

export const wizard = {
  async "a check first, and on without those that are not ready"(page) {
    await signIn(page);
    await prepare(page, "bad");
    await page.getByRole("button", { name: "Check first" }).click();
    await page.getByText("2 of 3 devices are ready, 1 is not").waitFor({ timeout: 60_000 });
    await page
      .getByRole("list", { name: "Not ready, by cause" })
      .getByText("Authentication failed")
      .waitFor();
    const matrix = page.getByRole("table", { name: "Check of each device" });
    await matrix.getByRole("img", { name: /^Login: failed/ }).waitFor();
    await assertCount(matrix.getByRole("row"), 2, "the one that needs a person, below the head");
    await page.getByText("All (3)", { exact: true }).click();
    await matrix.getByRole("row").nth(3).waitFor();

    await page.reload();
    await page.getByRole("button", { name: "Continue without it" }).click();
    await page.getByText(/^Enter a password\. What was typed is not kept/).waitFor();
    assert.match(
      page.url(),
      /\/collect\?/,
      "nothing is started with another login than the one that was checked",
    );
    await typeLogin(page);
    await page.getByRole("button", { name: "Continue without it" }).click();
    await page.waitForURL(/\/collections\/[^/]+\/run/);
    await page.getByText("Collection complete! 2 succeeded, 0 failed").waitFor({ timeout: 60_000 });
  },

  async "the credential of a check is the one of the collection, also after a reload"(page) {
    const { id } = await savedCredential(await administrator(), CREDENTIAL);
    await signIn(page);
    await page.goto("/collect?site=mixed&types=configs&step=2");
    await page.getByText("Saved", { exact: true }).click();
    await page.getByRole("combobox", { name: "Saved credential" }).click();
    await page.getByRole("option", { name: new RegExp(`^${CREDENTIAL}`) }).click();
    await page.waitForURL(new RegExp(`credential=${id}`));
    await page.getByRole("button", { name: "Check first" }).click();
    await page
      .getByRole("button", { name: "Continue without the 2 unreachable" })
      .waitFor({ timeout: 60_000 });
    await page.reload();
    await page.getByRole("button", { name: "Continue without the 2 unreachable" }).click();
    await page.waitForURL(/\/collections\/[^/]+\/run/);
    await ended(page);
    // With the credential that was checked; one failed otherwise.
    await assertFigures(page, DEVICES, { Completed: 1, Failed: 1 });

    await page.goBack();
    await page.getByRole("heading", { name: "Check before collecting" }).waitFor();
    await page.getByRole("button", { name: "Back" }).click();
    await page
      .getByRole("checkbox", { name: /^Collect / })
      .first()
      .uncheck();
    await page.waitForURL((url) => !url.searchParams.has("preflight") && url.searchParams.has("without"));
  },

  async "the address holds what was chosen"(page, context) {
    await signIn(page);
    await page.goto("/collect?site=good&types=version");
    await page.getByText("3 devices × 1 capture type").waitFor();
    await page
      .getByRole("checkbox", { name: /^Collect / })
      .first()
      .uncheck();
    await page.getByText("2 devices × 1 capture type").waitFor();
    const elsewhere = await context.newPage();
    await elsewhere.goto(page.url());
    await elsewhere.getByText("2 devices × 1 capture type").waitFor();
    await elsewhere
      .getByRole("checkbox", { name: /^Collect /, checked: false })
      .first()
      .waitFor();
    await assertCount(elsewhere.getByRole("checkbox", { name: /^Collect /, checked: false }), 1);
    await page.getByLabel("Name", { exact: true }).pressSequentially("good-*", { delay: 60 });
    await page.waitForURL(/name=good/);
    await page.waitForURL((url) => url.searchParams.get("name") === "good-*");
    await assertValue(page.getByLabel("Name", { exact: true }), "good-*", "typing is not disturbed");
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.waitForURL((url) => !url.searchParams.has("name"));
    await assertValue(page.getByLabel("Name", { exact: true }), "");
  },

  async "what can be collected is in sight on a laptop"(page) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await signIn(page);
    await page.goto("/collect");
    const card = page.getByRole("checkbox", { name: "Configuration", exact: true });
    await card.waitFor();
    await page.getByText(/\d devices? × /).waitFor();
    const placeOf = async (element) => (await element.boundingBox()) ?? assert.fail("it is not drawn");
    await eventually(async () => {
      const box = await placeOf(card);
      const bar = await placeOf(page.getByRole("button", { name: "Next: options" }));
      assert.ok(box.y + box.height < bar.y, `the first card is at ${box.y}, the bar at ${bar.y}`);
      const settings = await placeOf(page.getByRole("link", { name: "Settings" }));
      assert.ok(settings.y + settings.height < 780, `the last room is at ${settings.y}`);
    });
  },

  async "the same collection as a script, without its secrets"(page) {
    await signIn(page);
    await prepare(page, "good");
    const look = async (kinds) => {
      await page.getByRole("button", { name: "Copy as…" }).click();
      const dialog = page.getByRole("dialog");
      for (const [kind, part] of kinds) {
        await dialog.getByText(kind, { exact: true }).click();
        const script = dialog.locator("pre").filter({ hasText: part });
        await script.waitFor();
        const text = (await script.textContent()) ?? "";
        assert.ok(!text.includes(process.env.DEVICE_PASSWORD ?? "admin-"), "a secret is written out");
      }
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
    };
    await look([
      ["curl", "curl --fail-with-body"],
      ["Python", "import json"],
      ["Command line", "--site good"],
    ]);
    await page.getByRole("button", { name: "Back" }).click();
    await page
      .getByRole("checkbox", { name: /^Collect / })
      .first()
      .uncheck();
    await page.getByRole("button", { name: "Next: options" }).click();
    await look([["Command line", "--device good-"]]);
  },

  async "a paused credential is named where it stopped devices, released, and another login goes on"(page) {
    const api = await administrator();
    const { id: credential } = await savedCredential(api, "Wrong password", {
      username: "nobody",
      password: "not-this-one",
    });
    const options = { max_workers: 1, auth_failure_limit: 1 };
    const body = { filters: { site: "good" }, credentials: { credential_id: credential }, options };
    const { id } = await collected(api, body);
    await signIn(page);
    await page.goto(`/collections/${id}/results`);
    const notice = page.getByRole("status").filter({ hasText: "2 devices were not tried" });
    await notice.getByText("Wrong password").waitFor();
    await notice.getByRole("button", { name: "Release" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Release it" }).click();
    await notice.getByText("Wrong password").waitFor({ state: "detached" });
    assert.equal((await api.get(`/credentials/${credential}`)).state, "open");
    await notice.getByRole("button", { name: "Retry the 2 with another login" }).click();
    await typeLogin(page.getByRole("dialog"));
    await startRetry(page);
    await ended(page);
    // Just those that were not tried.
    await assertFigures(page, DEVICES, { Completed: 2, Failed: 0 });
  },
};
