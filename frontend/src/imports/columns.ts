/**
 * The first line of a pasted CSV: what its columns are called, and what a person says they hold. Only that line is ever
 * rewritten; reading the rows is the server's, and its dry run says what comes of it.
 */

export const FIELDS = {
  name: "Name",
  address: "Address",
  port: "Port",
  platform: "Platform",
  vendor: "Vendor",
  site: "Site",
  role: "Role",
  model: "Model",
  os_version: "OS version",
  serial: "Serial",
  tags: "Tags",
  enabled: "Enabled",
  credential: "Credential",
  legacy_algorithms: "Legacy algorithms",
} as const;

export type Field = keyof typeof FIELDS;

/** What other tools call them; the first of a field that occurs wins. */
const CALLED: Record<Field, readonly string[]> = {
  name: ["name", "displayname", "device", "devicename", "sessionname", "sysname", "node", "hostname"],
  address: [
    "address",
    "ip",
    "ipaddress",
    "ipaddr",
    "mgmtip",
    "managementip",
    "primaryip",
    "primaryip4",
    "ipv4",
    "ansiblehost",
    "host",
    "fqdn",
    "dnsname",
  ],
  port: ["port", "sshport", "ansibleport"],
  platform: ["platform", "devicetype", "os", "networkos", "ansiblenetworkos", "platformslug"],
  vendor: ["vendor", "manufacturer", "make"],
  site: ["site", "sitename", "siteslug", "location", "folder", "foldername", "group"],
  role: ["role", "devicerole", "function"],
  model: ["model", "devicemodel", "hardware"],
  os_version: ["osversion", "softwareversion", "swversion", "version"],
  serial: ["serial", "serialnumber", "serialno"],
  tags: ["tags", "tag", "labels"],
  enabled: ["enabled", "active"],
  credential: ["credential", "credentials", "credentialname"],
  legacy_algorithms: ["legacyalgorithms", "legacyssh", "legacy"],
};

const DELIMITERS = [",", ";", "\t", "|"] as const;

export interface Table {
  delimiter: string;
  /** The cells of the first line. */
  header: string[];
  /** The first rows below it, to see what a column holds. */
  samples: string[][];
  /** Where the first line begins and ends in the text. */
  from: number;
  to: number;
  /** The first line is data already: one of its cells is an address. */
  headless: boolean;
}

/** Absent where the text has no line that could name columns, or only one column. */
export function tableOf(text: string): Table | undefined {
  let from = text.startsWith("\uFEFF") ? 1 : 0;
  let delimiter: string | undefined;
  for (;;) {
    const end = lineEnd(text, from);
    const line = text.slice(from, end).trim();
    const given = /^sep=(.)$/i.exec(line)?.[1];
    if (given !== undefined) delimiter = given;
    else if (line !== "" && !line.startsWith("#")) break;
    if (end >= text.length) return undefined;
    from = end + 1;
  }
  const end = lineEnd(text, from);
  const to = text[end - 1] === "\r" ? end - 1 : end;
  const line = text.slice(from, to);
  delimiter ??= DELIMITERS.reduce((best, each) =>
    line.split(each).length > line.split(best).length ? each : best,
  );
  const header = cellsOf(line, delimiter);
  if (header.length < 2) return undefined;
  const samples = text
    .slice(end + 1, end + 20_000)
    .split("\n")
    .filter((each) => each.trim() !== "" && !each.startsWith("#"))
    .slice(0, 3)
    .map((each) => cellsOf(each.replace(/\r$/, ""), delimiter));
  return { delimiter, header, samples, from, to, headless: header.some(isAddress) };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

export function cellsOf(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (char === '"') {
      if (quoted && line[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = !quoted;
    } else if (char === delimiter && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += char;
  }
  cells.push(cell.trim());
  return cells;
}

function isAddress(cell: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}(:\d+)?$/.test(cell) || /^[0-9a-f]*:[0-9a-f:]+$/i.test(cell);
}

/** What each column probably holds; absent: nothing that is known. */
export function guessed(table: Table): (Field | undefined)[] {
  const guess: (Field | undefined)[] = table.header.map(() => undefined);
  if (table.headless) {
    const address = table.header.findIndex(isAddress);
    guess[address] = "address";
    if (address === 1) guess[0] = "name";
    return guess;
  }
  const normal = table.header.map((name) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, ""));
  for (const [field, names] of Object.entries(CALLED) as [Field, readonly string[]][]) {
    for (const name of names) {
      const at = normal.findIndex((each, index) => each === name && guess[index] === undefined);
      if (at === -1) continue;
      guess[at] = field;
      break;
    }
  }
  // A host name alone is an address as well as a name; the server takes it for both.
  const only = guess.includes("address") ? -1 : normal.indexOf("hostname");
  if (only !== -1 && guess[only] === "name") guess[only] = "address";
  return guess;
}

/** The text with its columns called as a person said; a column without a field is one that is not read. */
export function renamed(text: string, table: Table, fields: readonly (Field | undefined)[]): string {
  const names = table.header.map((_, index) => fields[index] ?? `not_read_${index + 1}`);
  const line = names.join(table.delimiter);
  return table.headless
    ? `${text.slice(0, table.from)}${line}\n${text.slice(table.from)}`
    : `${text.slice(0, table.from)}${line}${text.slice(table.to)}`;
}

/** Fields that two columns claim, and what is missing to know a device. */
export function problemsOf(fields: readonly (Field | undefined)[]): string[] {
  const twice = [
    ...new Set(fields.filter((each, index) => each !== undefined && fields.indexOf(each) !== index)),
  ];
  const problems = twice.map((each) => `Two columns are "${FIELDS[each as Field]}".`);
  if (!fields.includes("address")) problems.push("No column is the address.");
  return problems;
}
