// Rooms that are empty, that load, and whose server fails: each says so in words.
import { strict as assert } from "node:assert";
import { examiner, OF_COLOUR } from "./axe.mjs";
import { administrator, allRooms, signIn, visit } from "./steps.mjs";

const MAC = "00:00:5e:00:53:01";
/** What a room says before anything was collected; the way on is a link or a button beside it. */
const EMPTY = {
  "/collections": "Nothing was collected yet",
  "/collections?q=nothing-is-called-so": "No collection matches",
  "/failures": "Nothing failed in this time",
  "/failures?by=device": "Nothing failed in this time",
  "/devices?q=nothing-is-called-so": "No device matches",
  "/collect?name=nothing-is-called-so": "No device matches",
  "/captures": "Nothing was captured yet",
  "/captures?device=nothing-is-called-so": "No text matches",
  "/changes": "Nothing changed yet",
  "/changes?q=nothing-is-called-so": "No change matches",
  "/changes/rules": "No rule was added",
  "/search": "What are you looking for?",
  "/search?q=nothing-is-like-this": "It stands nowhere",
  "/locate": "What are you looking for?",
  [`/locate?q=${MAC}`]: "Nobody has seen it",
  "/topology": "No link is known",
  "/coverage?state=fresh": "No device is in this state",
  "/tables/arp": "This table is empty",
  "/tables/arp?ip=192.0.2.1": "Nothing matches",
  "/credentials": "No credential is saved yet",
  "/host-keys": "No host key is known yet",
  "/host-keys?state=changed": "No key changed",
  "/api-tokens": "No API token yet",
  "/audit?target=nothing-is-called-so": "Nothing matches",
};

/** Rooms that ask the server for nothing that they could not do without. */
const SELF_SUFFICIENT = new Set(["nowhere", "account", "device-import"]);

const PROBLEM = { title: "Out of order", status: 500, code: "internal", request_id: "r-0123" };

export const emptyStates = {
  async "an empty room says so, without a serious accessibility fault"(page) {
    const { both, none } = await examiner(page);
    await signIn(page);
    for (const [path, words] of Object.entries(EMPTY)) {
      await visit(page, path);
      await page
        .getByText(words, { exact: true })
        .first()
        .waitFor()
        .catch(() => assert.fail(`${path} does not say "${words}"`));
      await both(path, OF_COLOUR);
    }
    none();
  },
};

export const states = {
  async "each room says that it loads, and what went wrong where the server fails"(page) {
    const all = await allRooms(await administrator());
    const { look, none } = await examiner(page);
    await signIn(page);
    let release;
    // Who one is must be known before there is a room.
    await page.route(/\/api\/v1\/(?!auth|version)/, async (route) => {
      await new Promise((resolve) => release.push(resolve));
      await route
        .fulfill({ status: 500, contentType: "application/problem+json", json: PROBLEM })
        // The page may have been left in the meantime.
        .catch(() => undefined);
    });
    const faults = [];
    const expected = async (what, locator) =>
      locator
        .first()
        .waitFor()
        .catch(() => faults.push(what));
    for (const { name, path } of all.filter((each) => !SELF_SUFFICIENT.has(each.name))) {
      release = [];
      await page.goto(path, { waitUntil: "commit" });
      const main = page.getByRole("main");
      await expected(
        `${name} does not say that it loads`,
        main
          .getByLabel(/^(Loading|Looking|Searching|Comparing|Reading|Drawing)/)
          .or(main.locator('[aria-busy="true"]'))
          .or(main.getByRole("status").filter({ hasText: /^Loading/ }))
          // A number among others that is not known yet.
          .or(main.getByText("…", { exact: true })),
      );
      const held = release;
      release = { push: (resolve) => resolve() };
      for (const resolve of held) resolve();
      await expected(`${name} does not say what went wrong`, main.getByText("Out of order"));
      await expected(`${name} does not say where to look it up`, main.getByText("r-0123"));
      await expected(`${name} has no heading when it fails`, page.getByRole("heading", { level: 1 }));
      await look(`${name} when the server fails`);
    }
    assert.deepEqual(faults, []);
    none();
  },
};
