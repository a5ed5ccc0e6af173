import { expect, it } from "vitest";
import { plain } from "./Cell";
import { fieldWord, kindWord, PATHS, queryOf, rowId, several, TABLES, tableOf } from "./tables";

it("has every table under its name", () => {
  expect(TABLES.map((table) => table.slug)).toEqual(Object.keys(PATHS));
  for (const table of TABLES) expect(tableOf(table.slug)).toBe(table);
});

it("asks a table by what it can be narrowed by", () => {
  const search = { device: "cph", ip: "10.0.0.1, 10.0.0.2", protocol: "ospf", vlan: " " };
  const devices = { device_id: ["a"] };
  expect(queryOf(["device", "ip", "vlan"], search, devices, undefined)).toEqual({
    device_id: ["a"],
    ip: ["10.0.0.1", "10.0.0.2"],
  });
  expect(queryOf(["protocol"], search, {}, "2026-01-31T06:30:00.000Z")).toEqual({
    protocol: ["ospf"],
    as_of: "2026-01-31T06:30:00.000Z",
  });
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
