// What `src/api/schema.d.ts` must contain for a given OpenAPI document; the generator writes it, a test compares it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

export const defaultDocument = fileURLToPath(new URL("../../openapi/openapi.json", import.meta.url));

export async function schemaText(document) {
  const described = JSON.parse(readFileSync(document, "utf8"));
  // The document calls every repeatable filter required, though none at all is allowed and means any.
  for (const operations of Object.values(described.paths)) {
    for (const { parameters = [] } of Object.values(operations)) {
      for (const parameter of parameters) {
        if (parameter.in === "query" && parameter.schema.type === "array") parameter.required = false;
      }
    }
  }
  return COMMENT_HEADER + astToString(await openapiTS(described));
}
