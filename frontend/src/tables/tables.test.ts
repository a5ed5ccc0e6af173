import { expect, it } from "vitest";
import type { components, paths } from "../api/schema";
import { plain } from "./Cell";
import { fieldWord, kindWord, rowId, several, TABLES, type TableKind } from "./tables";

type Path = keyof paths & `/${string}`;

it("asks only for what the API has", () => {
  const known: Record<TableKind["slug"], Path> = {
    arp: "/arp-entries",
    mac: "/mac-entries",
    neighbors: "/neighbors",
    interfaces: "/interfaces",
    routes: "/routes",
    inventory: "/components",
    versions: "/device-versions",
  };
  expect(Object.fromEntries(TABLES.map((table) => [table.slug, `/${table.path}`]))).toEqual(known);
});

it("shows fields that rows have", () => {
  type Schemas = components["schemas"];
  const fields: { [Slug in TableKind["slug"]]: string[] } = {
    arp: ["address", "mac", "interface", "vlan", "vrf"] satisfies (keyof Schemas["ArpEntry"])[],
    mac: ["mac", "vlan", "interface", "kind"] satisfies (keyof Schemas["MacEntry"])[],
    neighbors: [
      "local_interface",
      "neighbor_name",
      "neighbor_interface",
      "management_addresses",
    ] satisfies (keyof Schemas["Neighbor"])[],
    interfaces: [
      "name",
      "link_up",
      "admin_up",
      "addresses",
      "description",
      "speed",
    ] satisfies (keyof Schemas["Interface"])[],
    routes: [
      "prefix",
      "next_hop",
      "interface",
      "protocol",
      "distance",
      "metric",
      "vrf",
    ] satisfies (keyof Schemas["Route"])[],
    inventory: [
      "name",
      "kind",
      "description",
      "part_number",
      "serial",
    ] satisfies (keyof Schemas["Component"])[],
    versions: [
      "os",
      "os_version",
      "model",
      "serial",
      "uptime_seconds",
    ] satisfies (keyof Schemas["DeviceVersion"])[],
  };
  for (const table of TABLES) expect(table.columns.map((column) => column.field)).toEqual(fields[table.slug]);
});

it("takes several values of a filter", () => {
  expect(several(" 10.0.0.1, ,10.0.0.2,")).toEqual(["10.0.0.1", "10.0.0.2"]);
});

it("writes what is in a record in one line", () => {
  expect(plain(["10.0.0.1/24", "10.0.0.2/24"])).toBe("10.0.0.1/24, 10.0.0.2/24");
  expect(plain({ link_transitions: 3, errors: { in: 1 } })).toBe("link transitions 3, errors in 1");
  expect(fieldWord("neighbor_port_id")).toBe("Neighbor port id");
  expect(fieldWord("mac")).toBe("MAC address");
});

it("says in a word what a switch prints as a letter", () => {
  expect(kindWord("d")).toBe("dynamic");
  expect(kindWord("s,nm")).toBe("static, not configured");
  expect(kindWord("dynamic")).toBe("dynamic");
  expect(kindWord("d,zz")).toBe("d,zz");
});

it("names a row the same whenever it is read", () => {
  const row = { device_id: "a", mac: "00:11:22:33:44:55", vlan: "10", last_seen_at: "2026-01-01T00:00:00Z" };
  const later = {
    last_seen_at: "2026-01-02T00:00:00Z",
    age_seconds: 7,
    vlan: "10",
    mac: row.mac,
    device_id: "a",
  };
  expect(rowId(later)).toBe(rowId(row));
  expect(rowId({ ...row, vlan: "20" })).not.toBe(rowId(row));
});
