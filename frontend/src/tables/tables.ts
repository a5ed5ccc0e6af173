/** The tables that captures are loaded into: what each is called, by what it is narrowed, and what of a row stands in the list. */
import type { Path, QueryOf } from "../api/operations";
import type { ArpEntry, Component, DeviceVersion, Interface, MacEntry, Neighbor, Route } from "../api/types";
import type { DeviceQuery } from "../ui/names";

/** The names of the tables in the address bar, `/tables/arp`, and where the API has them. */
export const PATHS = {
  arp: "/arp-entries",
  mac: "/mac-entries",
  neighbors: "/neighbors",
  interfaces: "/interfaces",
  routes: "/routes",
  inventory: "/components",
  versions: "/device-versions",
} as const satisfies Record<string, Path>;

export type Slug = keyof typeof PATHS;

export interface Rows {
  arp: ArpEntry;
  mac: MacEntry;
  neighbors: Neighbor;
  interfaces: Interface;
  routes: Route;
  inventory: Component;
  versions: DeviceVersion;
}

export type TableRow = Rows[Slug];

type FieldOf<Of extends Slug> = keyof Rows[Of] & string;
export type FieldName = { [Of in Slug]: FieldOf<Of> }[Slug];

export const FILTERS = {
  device: "Device",
  ip: "IP address",
  mac: "MAC address",
  prefix: "Network",
  vlan: "VLAN",
  interface: "Interface",
  vrf: "VRF",
  protocol: "Protocol",
  name: "Name",
  serial: "Serial",
  os_version: "OS version",
} as const;

export type Filter = keyof typeof FILTERS;

/** How a filter is written; the API takes several of each. */
export const EXAMPLES: Partial<Record<Filter, string>> = {
  device: "Part of a name",
  ip: "10.0.0.1",
  mac: "00:1c:73",
  prefix: "10.0.0.0/8",
  vlan: "99",
  interface: "Gi1/0/1",
  vrf: "default",
  protocol: "ospf",
};

export type Look =
  | "mono"
  | "address"
  | "mac"
  | "interface"
  | "state"
  | "list"
  | "plain"
  | "duration"
  | "kind";

export interface TableColumn<Of extends Slug> {
  field: FieldOf<Of>;
  title: string;
  width: string;
  look?: Look;
  from?: "sm" | "md" | "lg";
  align?: "right";
}

interface Table<Of extends Slug> {
  slug: Of;
  title: string;
  one: string;
  captureType: string;
  filters: readonly Extract<keyof QueryOf<(typeof PATHS)[Of]>, Filter>[];
  columns: readonly TableColumn<Of>[];
}

export type TableKind<Of extends Slug = Slug> = { [Each in Of]: Table<Each> }[Of];

const wide = "minmax(112px, 1.4fr)";
/** `TenGigabitEthernet1/0/3` whole */
const port = "minmax(178px, 1.5fr)";
const middle = "minmax(92px, 1fr)";
const narrow = "74px";
/** What people or vendors wrote there */
const said = "minmax(120px, 2.4fr)";

export const TABLES: readonly TableKind[] = [
  {
    slug: "arp",
    title: "ARP",
    one: "entry",
    captureType: "arp",
    filters: ["device", "ip", "prefix", "mac", "interface", "vlan", "vrf"],
    columns: [
      { field: "address", title: "IP address", width: wide, look: "address" },
      { field: "mac", title: "MAC address", width: "152px", look: "mac" },
      { field: "interface", title: "Interface", width: port, look: "interface" },
      { field: "vlan", title: "VLAN", width: narrow, from: "lg" },
      { field: "vrf", title: "VRF", width: middle, from: "lg" },
    ],
  },
  {
    slug: "mac",
    title: "MAC",
    one: "entry",
    captureType: "mac",
    filters: ["device", "mac", "vlan", "interface", "vrf"],
    columns: [
      { field: "mac", title: "MAC address", width: "152px", look: "mac" },
      { field: "vlan", title: "VLAN", width: narrow },
      { field: "interface", title: "Port", width: port, look: "interface" },
      { field: "kind", title: "Kind", width: middle, look: "kind", from: "md" },
    ],
  },
  {
    slug: "neighbors",
    title: "Neighbors",
    one: "neighbor",
    captureType: "lldp",
    filters: ["device", "name", "interface", "ip", "mac"],
    columns: [
      { field: "local_interface", title: "Our interface", width: port, look: "interface" },
      { field: "neighbor_name", title: "Neighbor", width: wide },
      { field: "neighbor_interface", title: "Its interface", width: port, look: "interface", from: "sm" },
      { field: "management_addresses", title: "Management address", width: wide, look: "list", from: "lg" },
    ],
  },
  {
    slug: "interfaces",
    title: "Interfaces",
    one: "interface",
    captureType: "interfaces",
    filters: ["device", "interface", "ip", "prefix", "mac", "vlan", "vrf"],
    columns: [
      { field: "name", title: "Interface", width: port, look: "interface" },
      { field: "link_up", title: "Link", width: "74px", look: "state" },
      { field: "admin_up", title: "Admin", width: "74px", look: "state", from: "lg" },
      { field: "addresses", title: "Addresses", width: "minmax(122px, 1fr)", look: "list" },
      { field: "description", title: "Description", width: said, from: "sm" },
      { field: "speed", title: "Speed", width: "84px", from: "lg" },
    ],
  },
  {
    slug: "routes",
    title: "Routes",
    one: "route",
    captureType: "routes",
    filters: ["device", "ip", "prefix", "protocol", "interface", "vrf"],
    columns: [
      { field: "prefix", title: "Network", width: wide, look: "mono" },
      { field: "next_hop", title: "Next hop", width: middle, look: "address" },
      { field: "interface", title: "Interface", width: port, look: "interface", from: "sm" },
      { field: "protocol", title: "Protocol", width: "94px" },
      { field: "vrf", title: "VRF", width: middle, from: "lg" },
      { field: "distance", title: "Distance", width: narrow, align: "right", from: "lg" },
      { field: "metric", title: "Metric", width: narrow, align: "right", from: "lg" },
    ],
  },
  {
    slug: "inventory",
    title: "Inventory",
    one: "component",
    captureType: "inventory",
    filters: ["device", "name", "serial"],
    columns: [
      { field: "name", title: "Component", width: wide },
      { field: "kind", title: "Kind", width: middle, from: "md" },
      { field: "description", title: "Description", width: said, from: "md" },
      { field: "part_number", title: "Part number", width: middle, look: "mono", from: "sm" },
      { field: "serial", title: "Serial", width: middle, look: "mono" },
    ],
  },
  {
    slug: "versions",
    title: "Versions",
    one: "device",
    captureType: "version",
    filters: ["device", "os_version", "name", "serial"],
    columns: [
      { field: "os", title: "System", width: middle, from: "sm" },
      { field: "os_version", title: "Version", width: middle, look: "mono" },
      { field: "model", title: "Model", width: wide },
      { field: "serial", title: "Serial", width: middle, look: "mono", from: "md" },
      { field: "uptime_seconds", title: "Up for", width: middle, look: "duration", from: "lg" },
    ],
  },
];

export function tableOf(slug: string): TableKind | undefined {
  return TABLES.find((table) => table.slug === slug);
}

/** The table that a capture of this type is loaded into. */
export function tableFor(captureType: string): TableKind | undefined {
  return TABLES.find((table) => table.captureType === captureType);
}

const WORDS: { readonly [name: string]: string | undefined } = {
  mac: "MAC address",
  vlan: "VLAN",
  vrf: "VRF",
  mtu: "MTU",
  os: "System",
  os_version: "OS version",
  next_hop_vrf: "VRF of the next hop",
  first_seen_at: "First seen",
  last_seen_at: "Last seen",
  closed_at: "Gone since",
  capture_id: "Read from",
  device_name: "Device",
  admin_up: "Admin",
  link_up: "Link",
  management_addresses: "Management address",
  speed_bps: "Speed, bits a second",
  age_seconds: "Age then",
  uptime_seconds: "Up for",
} satisfies { [Name in FieldName]?: string };

/** `neighbor_port_id` → `Neighbor port id`; what the engineers write in capitals, they find in capitals. */
export function fieldWord(name: string): string {
  const known = WORDS[name];
  if (known !== undefined) return known;
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a switch prints in single letters; one of them that is not here stays as it was printed. */
const KINDS: Record<string, string> = {
  d: "dynamic",
  s: "static",
  l: "local",
  p: "persistent",
  c: "control",
  r: "remote",
  se: "with statistics",
  nm: "not configured",
};

/** `d` → `dynamic`, `d,se` → `dynamic, with statistics`. */
export function kindWord(kind: string): string {
  const words = kind.split(/[,\s]+/).map((flag) => KINDS[flag]);
  return words.every((word) => word !== undefined) ? words.join(", ") : kind;
}

/** What a row may say otherwise each time it is read, and is still the same row. */
const PASSING: ReadonlySet<string> = new Set<FieldName>([
  "device_name",
  "first_seen_at",
  "last_seen_at",
  "closed_at",
  "capture_id",
  "age_seconds",
  "uptime_seconds",
]);

/** A short name of a row for the address: rows of the API have none. */
export function rowId(row: object): string {
  const fields = Object.entries(row)
    .filter(([name]) => !PASSING.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  let hash = 0x811c9dc5;
  for (const letter of JSON.stringify(fields)) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash.toString(36);
}

/** Several values of one filter, as people type them: `10.0.0.1, 10.0.0.2`. */
export function several(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** As all tables are asked; none has a filter that means another thing than in the others. */
export type TableQuery = DeviceQuery & { [Name in Filter]?: string[] } & { as_of?: string };

/** What the address bar says about a table, as its operation takes it: a filter that the table has not is left out. */
export function queryOf(
  filters: readonly Filter[],
  search: { readonly [Name in Filter]?: string },
  devices: DeviceQuery,
  as_of: string | undefined,
): TableQuery {
  const query: TableQuery = { ...devices, ...(as_of === undefined ? {} : { as_of }) };
  for (const name of filters) {
    const values = several(search[name] ?? "");
    // Devices are asked for by what was found for their names.
    if (name !== "device" && values.length > 0) query[name] = values;
  }
  return query;
}
