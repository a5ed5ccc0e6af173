// A device called <img src=x onerror=alert(1)>, in every room that its name comes to. A dialog fails any test (run.mjs).
import { strict as assert } from "node:assert";
import { administrator, collected, DEVICES, ended, HOSTILE, signIn, start, startRetry } from "./steps.mjs";

async function assertText(page, where) {
  assert.equal(await page.locator('img[src="x"]').count(), 0, where);
  assert.doesNotMatch(await page.title(), /^$/, where);
}

/** A change of a device of that name. No simulated device of the site changes, so that the answers are made up. */
function changeOf(device, capture) {
  const section = [`interface ${HOSTILE}`];
  const change = {
    id: capture.id,
    capture_id: capture.id,
    previous_capture_id: capture.id,
    capture_type: "configs",
    collection_id: capture.collection_id,
    device_id: device.id,
    device_name: device.name,
    platform: device.platform,
    changed_at: capture.captured_at,
    previous_captured_at: capture.captured_at,
    lines_added: 1,
    lines_removed: 1,
    sections: [section[0]],
    severity: "high",
  };
  const lines = [
    { op: "removed", old_line: 7, section, text: ` description was ${HOSTILE}` },
    { op: "added", new_line: 7, section, text: ` description is ${HOSTILE}` },
  ];
  const detail = {
    ...change,
    masked: false,
    truncated: false,
    hunks: [{ lines, section, severity: "high" }],
  };
  return { change, detail };
}

export const hostile = {
  async "a hostile device name is text everywhere"(page) {
    const api = await administrator();
    const types = ["configs", "version", "interfaces", "arp"];
    await collected(api, { filters: { site: "hostile" }, capture_types: types });
    await signIn(page);
    await start(page, "hostile", ["Interfaces", "ARP Table"]);
    await ended(page);
    await page.getByText("Collection complete! 1 succeeded, 0 failed").waitFor();
    const run = page.url();
    const id = /collections\/([^/]+)/.exec(run)?.[1];
    const device = (await api.get("/devices?site=hostile")).items[0];
    const capture = (await api.get(`/captures?device_id=${device.id}&capture_type=configs&current=true`))
      .items[0];
    const wrong = { credentials: { username: "nobody", password: "not-this-one" } };
    const failed = await collected(api, { filters: { site: "hostile" }, ...wrong });

    const noted = (await api.get(`/audit-events?target=${device.id}&action=device.create`)).items[0];

    // Each room, and whether the name stands in it; or where it does.
    const rooms = [
      [run, true],
      [`/collections/${id}/results`, false],
      [`/collections/${failed.id}/run`, true],
      [`/collections/${failed.id}/results`, true],
      ["/", false],
      ["/failures", () => page.getByRole("link", { name: HOSTILE })],
      [
        "/failures?by=device",
        () => page.getByRole("table", { name: "Devices that failed" }).getByText(HOSTILE),
      ],
      ["/host-keys", false],
      [
        `/host-keys?device_id=${device.id}`,
        () => page.getByRole("table", { name: "Host keys" }).getByRole("link", { name: HOSTILE }),
      ],
      ["/audit", false],
      ...(noted === undefined
        ? []
        : [
            [
              `/audit?target=${device.id}`,
              () => page.getByRole("table", { name: "Audit log" }).getByText(HOSTILE),
            ],
            [
              `/audit?target=${device.id}&event=${noted.id}`,
              () => page.getByRole("dialog", { name: "device.create" }).getByText(HOSTILE),
            ],
          ]),
      [`/locate?q=${encodeURIComponent(device.name)}`, true],
      ["/collect?site=hostile", true],
      ["/devices?site=hostile", true],
      [`/devices/${device.id}`, true],
      [`/devices/${device.id}`, () => page.getByText("Last attempt failed")],
      ["/collections", false],
      [`/collections/${id}`, true],
      [`/collections/${id}?tab=captures`, true],
      [`/collections/${id}?tab=plan`, false],
      [`/collections/${id}?tab=compare&with=${failed.id}`, true],
      [`/collections/${failed.id}?tab=failures`, true],
      [`/collections/${id}/devices/${device.id}`, true],
      [`/captures?device=${encodeURIComponent(device.name)}`, true],
      [`/captures/${capture.id}`, true],
      [`/captures/${capture.id}/diff`, true],
      ["/changes", false],
      ["/search?q=hostname&site=hostile", true],
      ["/coverage?site=hostile", true],
      [`/tables/interfaces?device_id=${device.id}`, true],
      [`/tables/versions?device_id=${device.id}`, true],
      ["/topology?site=hostile&unlinked=yes", false],
      // The name in the drawing is short; beside it stands the whole.
      [
        `/topology?site=hostile&unlinked=yes&node=${device.id}`,
        () => page.getByRole("heading", { level: 2, name: HOSTILE }),
      ],
    ];
    for (const [path, named] of rooms) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      if (named) {
        const name = named === true ? page.getByText(HOSTILE) : named();
        await name
          .first()
          .waitFor()
          .catch(() => assert.fail(`the name does not come to ${path}`));
      }
      await page.waitForLoadState("networkidle");
      await assertText(page, path);
    }

    const { change, detail } = changeOf(device, capture);
    await page.route(/\/api\/v1\/config-changes(\?|$)/, (route) =>
      route.fulfill({ json: { items: [change], total: 1 } }),
    );
    await page.route(/\/api\/v1\/config-changes\/[^/?]+(\?|$)/, (route) => route.fulfill({ json: detail }));
    await page.goto("/");
    await page.getByRole("link", { name: HOSTILE }).first().waitFor();
    await assertText(page, "the changes of the dashboard");
    await page.goto("/changes");
    const changes = page.getByRole("table", { name: "Changes" });
    await changes.getByText(HOSTILE).first().waitFor();
    await assertText(page, "the changes");
    await changes.getByRole("row").nth(1).click();
    await page.waitForURL(/\/changes\/[^/?]+/);
    await page.getByRole("heading", { level: 1, name: `Change of ${HOSTILE}` }).waitFor();
    await page.getByRole("region").getByText(`description is ${HOSTILE}`).first().waitFor();
    await assertText(page, "a change");
    await page.getByText("Side by side", { exact: true }).click();
    await page.getByRole("region").getByText(`description is ${HOSTILE}`).first().waitFor();
    await assertText(page, "a change in two columns");
    await page.unrouteAll();

    await page.goto(run);
    await page.getByRole("table", { name: DEVICES }).getByRole("link", { name: HOSTILE }).click();
    await page.getByRole("dialog", { name: HOSTILE }).waitFor();
    await assertText(page, "the drawer");
    await page.goto(`/collections/${failed.id}/results`);
    await page.getByRole("button", { name: "Retry failed devices" }).click();
    await startRetry(page);
    await ended(page);

    await page.goto("/collect?site=hostile&step=2");
    await page.getByText("User name and password", { exact: true }).click();
    await page.getByLabel("Device user name").fill("nobody");
    await page.getByLabel("Device password").fill("not-this-one");
    await page.getByRole("button", { name: "Check first" }).click();
    await page.getByRole("table", { name: "Check of each device" }).getByText(HOSTILE).waitFor();
    await page.getByText("0 of 1 device are ready, 1 is not").waitFor({ timeout: 60_000 });
    await assertText(page, "the check");

    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Page, device or collection" }).fill("<img");
    await page.getByRole("option", { name: HOSTILE }).waitFor();
    await assertText(page, "the palette");
  },
};
