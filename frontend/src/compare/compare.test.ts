import { expect, it } from "vitest";
import type { Capture, CollectionDevice } from "../api/types";
import { compare } from "./compare";

const device = (id: string, status: string) =>
  ({ device_id: id, device_name: id, status }) as unknown as CollectionDevice;
const capture = (id: string, type: string, sha256: string | undefined) =>
  ({ device_id: id, capture_type: type, sha256 }) as unknown as Capture;

it("puts first what needs a person", () => {
  const before = {
    devices: ["a", "b", "c", "d", "e"].map((id) =>
      device(id, id === "c" || id === "b" ? "failed" : "succeeded"),
    ),
    captures: [capture("d", "configs", "1"), capture("d", "arp", "1"), capture("e", "configs", "1")],
  };
  const now = {
    devices: [
      device("e", "succeeded"),
      device("d", "succeeded"),
      device("c", "partially_succeeded"),
      device("b", "succeeded"),
      device("f", "succeeded"),
    ],
    captures: [capture("d", "configs", "2"), capture("d", "arp", "1"), capture("e", "configs", "1")],
  };
  const rows = compare(before, now).map(({ id, difference, changed }) => [id, difference, changed.join()]);
  expect(rows).toEqual([
    ["c", "still_failing", ""],
    ["b", "recovered", ""],
    ["d", "changed", "configs"],
    ["f", "added", ""],
    ["a", "missing", ""],
    ["e", "same", ""],
  ]);
});

it("does not call a text changed that one of them lacks", () => {
  const devices = [device("a", "succeeded")];
  const rows = compare(
    { devices, captures: [capture("a", "configs", undefined)] },
    { devices, captures: [capture("a", "configs", "2"), capture("a", "arp", "3")] },
  );
  expect(rows[0]).toMatchObject({ difference: "same", changed: [] });
});
