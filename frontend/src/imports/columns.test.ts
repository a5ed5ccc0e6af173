import { describe, expect, it } from "vitest";
import { cellsOf, guessed, problemsOf, renamed, tableOf } from "./columns";

function read(text: string) {
  const table = tableOf(text);
  if (table === undefined) throw new Error("no table");
  return table;
}

describe("columns", () => {
  it("finds the first line, behind remarks, and what separates its cells", () => {
    const table = read("# from the wiki\n\nDevice;Mgmt IP;Where\nsw1;192.0.2.1;ams\n");
    expect(table).toMatchObject({ delimiter: ";", header: ["Device", "Mgmt IP", "Where"], headless: false });
    expect(table.samples).toEqual([["sw1", "192.0.2.1", "ams"]]);
  });

  it("honours a line that names the separator", () => {
    expect(read("sep=|\na,b|c\n1|2").header).toEqual(["a,b", "c"]);
  });

  it("keeps quoted cells whole", () => {
    expect(cellsOf('"a, b","say ""x""",c', ",")).toEqual(["a, b", 'say "x"', "c"]);
  });

  it("knows the words of other tools", () => {
    expect(guessed(read("Device Name,Primary IP,Device Type,Location,Notes\n"))).toEqual([
      "name",
      "address",
      "platform",
      "site",
      undefined,
    ]);
    expect(guessed(read("hostname,port\n"))).toEqual(["address", "port"]);
    expect(guessed(read("hostname,ip\n"))).toEqual(["name", "address"]);
  });

  it("gives a table without a head one", () => {
    const text = "sw1,192.0.2.1,ams\nsw2,192.0.2.2,ams\n";
    const table = read(text);
    expect(table.headless).toBe(true);
    const fields = guessed(table);
    expect(fields).toEqual(["name", "address", undefined]);
    expect(renamed(text, table, ["name", "address", "site"])).toBe(`name,address,site\n${text}`);
  });

  it("rewrites the first line and nothing else", () => {
    const text = "# keep\r\nNode,Kind,IP\r\nsw1,x,192.0.2.1\r\n";
    const table = read(text);
    expect(renamed(text, table, ["name", undefined, "address"])).toBe(
      "# keep\r\nname,not_read_2,address\r\nsw1,x,192.0.2.1\r\n",
    );
  });

  it("says what does not go together", () => {
    expect(problemsOf(["name", "name"])).toEqual(['Two columns are "Name".', "No column is the address."]);
    expect(problemsOf(["address"])).toEqual([]);
  });

  it("is not for a plain list", () => {
    expect(tableOf("192.0.2.1\n192.0.2.2\n")).toBeUndefined();
    expect(tableOf("")).toBeUndefined();
  });
});
