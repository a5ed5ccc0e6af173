import { expect, it } from "vitest";
import type { SeenDevice } from "../progress";
import { byPlace, byUrgency, matches, stepAmong } from "./order";

function device(name: string, status: string, site = ""): SeenDevice {
  return { id: name, name, status, site, address: "192.0.2.1", platform: "cisco_ios" } as SeenDevice;
}

it("puts devices in the order of sites and counted names", () => {
  const devices = [device("sw10", "queued", "b"), device("sw2", "queued", "b"), device("sw3", "queued", "a")];
  expect(byPlace(devices)).toEqual(["sw3", "sw2", "sw10"]);
});

it("shows first what needs a person, and keeps the order among equals", () => {
  const devices = [
    device("a", "succeeded"),
    device("b", "running"),
    device("c", "failed"),
    device("d", "partially_succeeded"),
    device("e", "failed"),
    device("f", "of a newer server"),
  ];
  expect(byUrgency(devices).map((each) => each.id)).toEqual(["c", "e", "d", "b", "a", "f"]);
});

it("finds by status and by any text of the row", () => {
  expect(matches(device("core-1", "failed"), "failed", "CORE")).toBe(true);
  expect(matches(device("core-1", "failed"), "running", undefined)).toBe(false);
  expect(matches(device("core-1", "failed"), undefined, "192.0.2")).toBe(true);
  expect(matches(device("core-1", "failed"), undefined, "edge")).toBe(false);
});

it("steps from failure to failure, round at the ends", () => {
  expect(stepAmong(["a", "b"], undefined, 1)).toBe("a");
  expect(stepAmong(["a", "b"], undefined, -1)).toBe("b");
  expect(stepAmong(["a", "b"], "b", 1)).toBe("a");
  expect(stepAmong(["a", "b"], "a", -1)).toBe("b");
  expect(stepAmong(["a", "b"], "other", 1)).toBe("a");
  expect(stepAmong([], "a", 1)).toBeUndefined();
});
