import { Drawer, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { api, ask } from "../api/client";
import { queryClient } from "../api/queries";
import { count, duration } from "../format";
import type { SeenDevice } from "../progress";
import { CaptureTexts } from "../ui/CaptureTexts";
import { Facts } from "../ui/Page";
import { Notice } from "../ui/Problem";
import { StatusChip } from "../ui/Status";
import { failureWord } from "../words";

interface Props {
  collectionId: string;
  device: SeenDevice | undefined;
  onClose: () => void;
}

/** One device of a running collection; each text stands here as soon as it is recorded. */
export function DeviceDrawer({ collectionId, device, onClose }: Props) {
  return (
    <Drawer
      opened={device !== undefined}
      onClose={onClose}
      position="right"
      size="xl"
      title={device?.name ?? ""}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {device && <Inside collectionId={collectionId} device={device} />}
    </Drawer>
  );
}

function Inside({ collectionId, device }: { collectionId: string; device: SeenDevice }) {
  const recorded = Object.keys(device.captures).length;
  const captures = useQuery({
    queryKey: ["collections", collectionId, "captures", device.id],
    queryFn: async () =>
      (
        await ask(
          api.GET("/captures", {
            params: { query: { collection_id: [collectionId], device_id: [device.id], limit: 100 } },
          }),
        )
      ).items,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: one more capture is what this is about
  useEffect(() => {
    void queryClient.invalidateQueries({ queryKey: ["collections", collectionId, "captures", device.id] });
  }, [recorded, collectionId, device.id]);

  return (
    <Stack>
      <Group gap="sm">
        <StatusChip status={device.status} />
        <Link to="/collections/$id/devices/$deviceId" params={{ id: collectionId, deviceId: device.id }}>
          Page of this device in this collection
        </Link>
      </Group>
      {device.failureKind && (
        <Notice tone="bad" title={failureWord(device.failureKind)}>
          {device.message && <Text size="sm">{device.message}</Text>}
        </Notice>
      )}
      <Facts
        facts={[
          [
            "Address",
            <span className="sr-mono" key="a">
              {device.address}
            </span>,
          ],
          ["Platform", device.platform],
          ["Site", device.site],
          ["Attempt", device.attempt === 0 ? "not started" : count(device.attempt)],
          ["Time", device.durationMs === undefined ? "" : duration(device.durationMs / 1000)],
        ]}
      />
      <CaptureTexts
        captures={captures.data}
        loading={captures.isPending}
        error={captures.error}
        said={device.message}
      />
    </Stack>
  );
}
