import { expect, test } from "vitest";
import { splitWarnings } from "./unbound";

test("the devices without a credential are counted, and other warnings stay", () => {
  const auto =
    "The platform of 2 devices is found out when they are connected; what it lacks is left out then";
  const none = "20 of 30 devices have no credential: none is their own, their site's, a tag's or the default";
  const plan = { devices_total: 30, devices_without_credential: 20, warnings: [none, auto] };
  expect(splitWarnings(plan)).toEqual({ unbound: { devices: 20, of: 30 }, others: [auto] });
  expect(splitWarnings({ ...plan, devices_without_credential: 0, warnings: [auto] })).toEqual({
    unbound: undefined,
    others: [auto],
  });
});
