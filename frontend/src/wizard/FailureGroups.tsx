import { Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { FailureGroup } from "../api/types";
import { count, plural } from "../format";
import { FailureChip } from "../ui/Status";
import { Retry } from "./Retry";

interface Props {
  collectionId: string;
  groups: readonly FailureGroup[];
  /** A retry makes sense once the collection ended. */
  ended: boolean;
}

/** Failures by their cause, each with what a person can do about it. */
export function FailureGroups({ collectionId, groups, ended }: Props) {
  return (
    <Stack gap="md" component="ul" m={0} p={0} style={{ listStyle: "none" }}>
      {groups.map((group) => {
        const more = group.count - group.device_names.length;
        return (
          <li key={group.failure_kind}>
            <Group justify="space-between" align="flex-start" gap="sm">
              <Stack gap={4} style={{ flex: "1 1 280px", minWidth: 0 }}>
                <Group gap="sm">
                  <FailureChip kind={group.failure_kind} />
                  <Text size="sm" fw={600}>
                    {plural(group.count, "device")}
                  </Text>
                </Group>
                <Text size="sm">{group.hint}</Text>
                <Text size="sm" c="dimmed" className="sr-any">
                  {group.device_names.map((name, index) => (
                    <span key={name}>
                      {index > 0 && ", "}
                      <Link
                        to="/collections/$id/devices/$deviceId"
                        params={{ id: collectionId, deviceId: group.device_ids[index] ?? "" }}
                      >
                        {name}
                      </Link>
                    </span>
                  ))}
                  {more > 0 && ` and ${count(more)} more`}
                </Text>
              </Stack>
              {ended && (
                <Retry
                  collectionId={collectionId}
                  label={group.count === 1 ? "Retry this one" : `Retry these ${count(group.count)}`}
                  only={{ failure_kinds: [group.failure_kind] }}
                  includeCancelled={group.failure_kind === "cancelled"}
                />
              )}
            </Group>
          </li>
        );
      })}
    </Stack>
  );
}
