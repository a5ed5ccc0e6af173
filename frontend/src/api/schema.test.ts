import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { defaultDocument, schemaText } from "../../scripts/schema.mjs";

it.runIf(existsSync(defaultDocument))(
  "the types are those of openapi/openapi.json (npm run generate)",
  async () => {
    const kept = readFileSync(new URL("./schema.d.ts", import.meta.url), "utf8");
    expect(kept).toBe(await schemaText(defaultDocument));
  },
  30_000,
);
