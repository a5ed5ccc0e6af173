import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client";
import { plural } from "../format";
import { type DeviceQuery, patternsOf, queryOf } from "./names";
import { Notice } from "./Problem";

/** As many devices as a list takes in one question. */
const MOST = 100;

export interface NamedDevices {
  /** For a list of the API: nothing when no name is asked for. */
  query: DeviceQuery;
  /** Whether the list can be asked: the names were looked up. */
  ready: boolean;
  error: unknown;
  /** How many more devices have such a name. */
  more: number;
}

/**
 * Devices by a part of their names, for lists that take only whole names and ids. A device that has left the inventory is
 * still found by its whole name. With `within` only that device.
 */
export function useDevicesNamed(text: string | undefined, within?: string): NamedDevices {
  const patterns = patternsOf(text ?? "");
  const found = useQuery({
    queryKey: ["devices", "named", patterns],
    queryFn: () =>
      ask(api.GET("/devices", { params: { query: { name: patterns, limit: MOST, include_total: true } } })),
    enabled: patterns.length > 0,
  });
  const ids = found.data?.items.map((device) => device.id) ?? [];
  return {
    query: queryOf(text ?? "", ids, within),
    ready: patterns.length === 0 || found.data !== undefined,
    error: found.data === undefined ? found.error : undefined,
    more: Math.max(0, (found.data?.total ?? 0) - MOST),
  };
}

/** A list never shows a part as if it were all. */
export function MoreDevices({ more }: { more: number }) {
  if (more === 0) return null;
  return (
    <Notice tone="idle" title={`${plural(more, "more device has", "more devices have")} such a name`}>
      <Text size="sm">Only what belongs to the first {MOST} is listed; type more of the name.</Text>
    </Notice>
  );
}
