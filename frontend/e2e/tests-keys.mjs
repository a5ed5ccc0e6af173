// The keyboard, and tables that are read by it.
import { strict as assert } from "node:assert";
import { administrator, collected, DEVICES, signIn } from "./steps.mjs";

const focused = (page) =>
  page.evaluate(() => ({
    role: document.activeElement?.getAttribute("role"),
    text: document.activeElement?.textContent ?? "",
  }));

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
    const row = await focused(page);
    assert.equal(row.role, "row");
    assert.equal(row.text, await table.getByRole("row").nth(2).textContent());
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
    assert.equal(await page.getByRole("dialog").count(), 0);
  },

  async "rows have the focus, the names are links, and a phone sorts by a field"(page) {
    await signIn(page);
    await page.goto("/devices");
    const table = page.getByRole("table", { name: "Devices" });
    await table.getByRole("row").nth(2).waitFor();
    await table.focus();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    assert.equal((await focused(page)).text, await table.getByRole("row").nth(2).textContent());
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/devices\/[^/?]+$/);

    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto("/devices");
    await page
      .getByRole("combobox", { name: "Sort Devices by" })
      .selectOption({ label: "Device, descending" });
    await page.waitForURL(/sort=-name/);
    assert.equal(
      await table.getByRole("columnheader").getByRole("button").count(),
      0,
      "nothing unseen has the focus",
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
    await page.goto("/devices");
    const table = page.getByRole("table", { name: "Devices" });
    await table.getByText("Out of order").waitFor();
    await page.waitForLoadState("networkidle");
    assert.equal(asked, 1);
    await table.getByRole("button", { name: "Try again" }).click();
    await page.waitForLoadState("networkidle");
    assert.equal(asked, 2);
  },
};
