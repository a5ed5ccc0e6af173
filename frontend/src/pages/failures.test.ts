import { expect, it } from "vitest";
import type { Collection, CollectionDevice, FailureGroup } from "../api/types";
import { causesOf, type Failure, grouped } from "./failures";

const collection = (id: string, finished_at: string) => ({ id, finished_at }) as Collection;
const group = (failure_kind: string, count: number, ids: string[]) =>
  ({ failure_kind, count, hint: "Do.", device_ids: ids, device_names: ids }) as unknown as FailureGroup;

it("counts what the server counted, not the ids that it names", () => {
  const [cause] = causesOf([
    { collection: collection("new", "2026-01-02T00:00:00Z"), groups: [group("no_route", 2_500, ["a", "b"])] },
    { collection: collection("old", "2026-01-01T00:00:00Z"), groups: [group("no_route", 1, ["b"])] },
  ]);
  expect(cause?.failures).toBe(2_501);
  expect(cause?.more).toBe(true);
  expect(cause?.devices.map(({ id, collectionId }) => [id, collectionId])).toEqual([
    ["a", "new"],
    ["b", "new"],
  ]);
  expect([cause?.firstSeen, cause?.lastSeen]).toEqual(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]);
});

it("groups failures by device and by site", () => {
  const failure = (id: string, site: string, failure_kind: string, at: string): Failure => ({
    collectionId: at,
    at,
    device: { device_id: id, device_name: id, site, failure_kind } as CollectionDevice,
  });
  const all = [
    failure("a", "ams", "no_route", "2026-01-03T00:00:00Z"),
    failure("b", "ams", "no_route", "2026-01-02T00:00:00Z"),
    failure("a", "ams", "disconnected", "2026-01-01T00:00:00Z"),
    failure("c", "fra", "disconnected", "2026-01-01T00:00:00Z"),
  ];
  const devices = grouped(all, ({ device }) => device.device_id);
  expect(devices.map((each) => [each.key, each.failures])).toEqual([
    ["a", 2],
    ["b", 1],
    ["c", 1],
  ]);
  expect(devices[0]?.last.at).toBe("2026-01-03T00:00:00Z");
  expect(devices[0]?.firstSeen).toBe("2026-01-01T00:00:00Z");
  const [site] = grouped(all, ({ device }) => device.site ?? "");
  expect([site?.key, site?.failures, site?.devices]).toEqual(["ams", 3, 2]);
  expect(site?.kinds).toEqual([
    { kind: "no_route", failures: 2 },
    { kind: "disconnected", failures: 1 },
  ]);
});
