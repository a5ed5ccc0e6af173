// What `src/api/schema.d.ts` must contain for a given OpenAPI document; the generator writes it, a test compares it.
import { fileURLToPath, pathToFileURL } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

export const defaultDocument = fileURLToPath(new URL("../../openapi/openapi.json", import.meta.url));

export async function schemaText(document) {
  return COMMENT_HEADER + astToString(await openapiTS(pathToFileURL(document)));
}
