// The keyboard, and tables that are read by it.
import { strict as assert } from "node:assert";
import { administrator, assertCount, collected, DEVICES, eventually, signIn } from "./steps.mjs";

const focused = (page) =>
  page.evaluate(() => ({
    role: document.activeElement?.getAttribute("role"),
    text: document.activeElement?.textContent ?? "",
  }));

function assertFocused(page, row) {
  return eventually(async () =>
    assert.deepEqual(await focused(page), { role: "row", text: await row.textContent() }),
  );
}

export const keys = {
  async "failures are stepped through and retried by keys, which can be turned off"(page) {
    const api = await administrator();
    const { id } = await collected(api, { filters: { site: "mixed" }, capture_types: ["configs"] });
    await signIn(page);
    await page.goto(`/collections/${id}/run`);
    await page.getByRole("table", { name: DEVICES }).getByRole("row").nth(4).waitFor();
    const names = [];
    for (let n = 0; n < 4; n++) {
      await page.keyboard.press("n");
      await page.waitForURL((url) => url.searchParams.has("device") && url.href !== names.at(-1));
      names.push(page.url());
    }
    assert.equal(new Set(names).size, 3, "three that failed, and round to the first");
    assert.equal(names[3], names[0]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });

    await page.goto(`/collections/${id}/results`);
    const table = page.getByRole("table", { name: "Failed devices" });
    await table.getByRole("row").nth(3).waitFor();
    await page.keyboard.press("n");
    await page.keyboard.press("n");
    await assertFocused(page, table.getByRole("row").nth(2));
    await page.keyboard.press("r");
    await page.getByRole("dialog", { name: "Retry failed devices" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).getByText("retry failed devices").waitFor();
    await page.keyboard.press("Escape");

    await page.goto("/account");
    await page.getByRole("switch", { name: "Single-key shortcuts" }).uncheck();
    await page.goto(`/collections/${id}/results`);
    await table.getByRole("row").nth(3).waitFor();
    await page.keyboard.press("r");
    await page.keyboard.press("n");
    assert.notEqual((await focused(page)).role, "row");
    // Keys are taken in their order: what this one opens would come after what those opened.
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Page, device or collection" }).waitFor();
    await assertCount(page.getByRole("dialog"), 1);
  },

  async "rows have the focus, the names are links, and a phone sorts by a field"(page) {
    await signIn(page);
    await page.goto("/devices");
    const table = page.getByRole("table", { name: "Devices" });
    await table.getByRole("row").nth(2).waitFor();
    await table.focus();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await assertFocused(page, table.getByRole("row").nth(2));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/devices\/[^/?]+$/);

    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto("/devices");
    await page
      .getByRole("combobox", { name: "Sort Devices by" })
      .selectOption({ label: "Device, descending" });
    await page.waitForURL(/sort=-name/);
    await assertCount(
      table.getByRole("columnheader").getByRole("button"),
      0,
      "nothing unseen may take the focus",
    );
  },

  async "a page of a list that fails is asked for once"(page) {
    await signIn(page);
    let asked = 0;
    await page.route(/\/api\/v1\/devices\?/, async (route) => {
      if (new URL(route.request().url()).searchParams.has("page_token")) {
        asked += 1;
        const problem = { title: "Out of order", status: 500, code: "internal" };
        return route.fulfill({ status: 500, contentType: "application/problem+json", json: problem });
      }
      const response = await route.fetch();
      return route.fulfill({ response, json: { ...(await response.json()), next_page_token: "next" } });
    });
    await page.goto("/devices", { waitUntil: "networkidle" });
    const table = page.getByRole("table", { name: "Devices" });
    await table.getByText("Out of order").waitFor();
    assert.equal(asked, 1);
    await table.getByRole("button", { name: "Try again" }).click();
    await eventually(() => assert.equal(asked, 2));
    await table.getByText("Out of order").waitFor();
    // Nothing but the questions of a page that is loaded anew may follow.
    await page.goto("/account", { waitUntil: "networkidle" });
    assert.equal(asked, 2);
  },
};
