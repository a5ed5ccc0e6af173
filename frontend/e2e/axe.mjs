// Looks at a page for serious accessibility faults.
import { strict as assert } from "node:assert";
import axe from "axe-core";

export const SCHEMES = ["light", "dark"];
/** Whatever it calls serious; what is only good practice, too: a dialog without a name is among it. */
const TAGS = {
  type: "tag",
  values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
};
/** What another colour scheme can break; everything else is the same in both. */
export const OF_COLOUR = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

/** Notes what axe finds serious or critical in the page as it is, and what is wider than the window. */
export async function examiner(page) {
  const faults = [];
  // What fades in has too little contrast for a moment.
  await page.emulateMedia({ reducedMotion: "reduce" });
  const look = async (what, runOnly = TAGS) => {
    // What changes its colour with the scheme has neither for a moment.
    await page.evaluate(async () => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      const changing = document.getAnimations().filter((each) => each instanceof CSSTransition);
      await Promise.allSettled(changing.map((each) => each.finished));
    });
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
    const { found, wide } = await page.evaluate(async (rules) => {
      const { violations } = await globalThis.axe.run(document, {
        runOnly: rules,
        resultTypes: ["violations"],
      });
      return {
        found: violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => `${id} ${nodes.length} ${nodes[0]?.html.slice(0, 120)}`),
        wide: document.documentElement.scrollWidth - globalThis.innerWidth,
      };
    }, runOnly);
    for (const fault of found) faults.push(`${what}: ${fault}`);
    if (wide > 0) faults.push(`${what}: ${wide} pixels too wide`);
  };
  return {
    look,
    /** In both schemes, without loading anything anew. */
    both: async (what, inDark = TAGS) => {
      for (const [turn, colorScheme] of SCHEMES.entries()) {
        await page.emulateMedia({ colorScheme });
        await look(`${what} ${colorScheme}`, turn === 0 ? TAGS : inDark);
      }
    },
    none: () => assert.deepEqual(faults, []),
  };
}
