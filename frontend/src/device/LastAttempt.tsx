import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { captureTypesQuery, queryClient, recentQuery } from "../api/queries";
import type { Device } from "../api/types";
import { Notice } from "../ui/Problem";
import { Ago } from "../ui/Time";
import { failureWord } from "../words";
import { failedAttempt, mayHaveMade } from "./attempt";

/** As many types as one question takes. */
const MOST_TYPES = 64;
/** Collections that are asked whether the attempt was theirs. */
const MOST_ASKED = 5;

/** A session that did not come about leaves no capture: that it failed would not be in the timeline. */
export function LastAttempt({ device }: { device: Device }) {
  const types = useQuery(captureTypesQuery);
  const names = types.data?.slice(0, MOST_TYPES).map((type) => type.name);
  const coverage = useQuery({
    queryKey: ["coverage", "of", device.id, device.name, device.enabled, names],
    queryFn: async () => {
      const query = { device: [device.name], enabled: device.enabled, capture_type: names ?? [], limit: 100 };
      const { items } = await ask(api.GET("/coverage/devices", { params: { query } }));
      // A star in a name stands for any characters, so that there may be others.
      return items.find((each) => each.device_id === device.id)?.types ?? [];
    },
    enabled: names !== undefined,
  });
  const failed = failedAttempt(coverage.data ?? []);
  const collection = useQuery({
    queryKey: ["collections", "attempt", device.id, failed?.at],
    queryFn: () => madeBy(device.id, failed?.at ?? ""),
    enabled: failed !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (coverage.data === undefined && coverage.error) {
    return (
      <Text size="sm" c="dimmed" mb="md">
        Whether the last attempt failed could not be read.
      </Text>
    );
  }
  if (failed === undefined) return null;
  const why = failed.failureKind === undefined ? undefined : failureWord(failed.failureKind);
  return (
    <div className="sr-last-attempt">
      <Notice tone="bad" title={why === undefined ? "Last attempt failed" : `Last attempt failed: ${why}`}>
        {failed.message && (
          <Text size="sm" className="sr-any">
            {failed.message}
          </Text>
        )}
        <Text size="sm">
          <Ago at={failed.at} />
          {collection.data && (
            <>
              {", "}
              <Link
                to="/collections/$id/devices/$deviceId"
                params={{ id: collection.data, deviceId: device.id }}
              >
                in this collection
              </Link>
            </>
          )}
        </Text>
      </Notice>
    </div>
  );
}

/** The collection in which a device ended just then, among the newest ones. */
async function madeBy(deviceId: string, at: string): Promise<string | null> {
  const collections = mayHaveMade(await queryClient.fetchQuery(recentQuery), at);
  for (const { id } of collections.slice(0, MOST_ASKED)) {
    const query = { device_id: [deviceId], limit: 1 };
    const page = await ask(api.GET("/collections/{id}/devices", { params: { path: { id }, query } }));
    if (page.items[0]?.finished_at === at) return id;
  }
  return null;
}
