// `npm run generate [-- PATH]`: the types of the API, from the document that the server prints.
import { writeFileSync } from "node:fs";
import { defaultDocument, schemaText } from "./schema.mjs";

const document = process.argv[2] ?? defaultDocument;
const target = new URL("../src/api/schema.d.ts", import.meta.url);
writeFileSync(target, await schemaText(document));
