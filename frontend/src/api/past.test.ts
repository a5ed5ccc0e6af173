import { expect, it } from "vitest";
import { mostAlike, scaleOf } from "./past";

const collection = (id: string, types: string, more: object = {}) => ({
  id,
  capture_types: types.split(" "),
  devices_succeeded: 3,
  finished_at: "2026-01-01T00:00:00Z",
  ...more,
});

it("never takes a collection that still runs, a retry, or one without a success", () => {
  const running = collection("running", "arp", { finished_at: undefined });
  const retry = collection("retry", "arp", { retry_of: "other" });
  const failed = collection("failed", "arp", { devices_succeeded: 0 });
  expect(mostAlike([running, retry, failed], ["arp"])).toBeUndefined();
  expect(mostAlike([running, collection("ended", "arp")], ["arp"])?.id).toBe("ended");
});

it("takes the one with the most types in common, of equals the newest", () => {
  const all = [
    collection("one", "configs"),
    collection("most", "configs arp mac"),
    collection("same, older", "configs arp mac"),
    collection("none", "routes"),
  ];
  expect(mostAlike(all, ["configs", "arp"])?.id).toBe("most");
  expect(mostAlike(all, ["mac", "arp", "configs"])?.id).toBe("most");
  expect(mostAlike(all, ["version"])).toBeUndefined();
});

it("scales between the cost of a login and the cost of each type", () => {
  expect(scaleOf(2, 8)).toEqual({ low: 1, high: 4 });
  expect(scaleOf(8, 2)).toEqual({ low: 0.25, high: 1 });
  expect(scaleOf(3, 3)).toEqual({ low: 1, high: 1 });
});
