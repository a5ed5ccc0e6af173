import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import type { Failures } from "../api/types";
import { count } from "../format";

/** The devices of a group of failures, each with the way to its last one, and how many are not named. */
export function FailingDevices({ of, most }: { of: Failures; most: number }) {
  const named = of.sample.slice(0, most);
  const more = of.devices - named.length;
  return (
    <Text size="sm" className="sr-any">
      {named.map((device, index) => (
        <Fragment key={device.device_id}>
          {index > 0 && ", "}
          <Link
            to="/collections/$id/devices/$deviceId"
            params={{ id: device.collection_id, deviceId: device.device_id }}
            title={device.message}
          >
            {device.device_name}
          </Link>
        </Fragment>
      ))}
      {more > 0 && ` and ${count(more)} more`}
    </Text>
  );
}
