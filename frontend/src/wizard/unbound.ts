import type { Plan } from "../api/types";

/** How many of the devices that are planned would be tried without any login. */
export interface Unbound {
  devices: number;
  of: number;
}

/** What is said of a plan in a box of its own, and its other warnings. */
export function splitWarnings(
  plan: Pick<Plan, "devices_total" | "devices_without_credential" | "warnings">,
): {
  unbound: Unbound | undefined;
  others: string[];
} {
  const { devices_without_credential: devices, devices_total: of, warnings } = plan;
  if (devices === 0) return { unbound: undefined, others: warnings };
  // A server that words it otherwise says it twice.
  return {
    unbound: { devices, of },
    others: warnings.filter((warning) => !warning.includes("have no credential")),
  };
}
