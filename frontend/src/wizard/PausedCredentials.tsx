import { Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client";
import { credentialsQuery, queryClient } from "../api/queries";
import type { Credential, FailureGroup } from "../api/types";
import { useCan } from "../app/role";
import { count, plural } from "../format";
import { Confirm } from "../ui/Confirm";
import { Notice } from "../ui/Problem";
import { Retry } from "./Retry";

interface Props {
  collectionId: string;
  groups: readonly FailureGroup[];
  ended: boolean;
}

const KIND = "credential_paused";

/** Devices were not tried, so that their accounts are not locked: which credential it is, and the two ways on. */
export function PausedCredentials({ collectionId, groups, ended }: Props) {
  const operator = useCan("operator");
  const devices = groups.find((group) => group.failure_kind === KIND)?.count ?? 0;
  const saved = useQuery({ ...credentialsQuery, enabled: operator && devices > 0 });
  if (devices === 0) return null;
  const paused = (saved.data ?? []).filter((credential) => credential.state === "closed");
  return (
    <Notice
      tone="warn"
      role="status"
      title={`${plural(devices, "device was", "devices were")} not tried: there was no login that may be used`}
    >
      <Text size="sm">
        Their login was refused too often elsewhere and is paused, so that no account is locked; or nothing is
        saved for them. Correct the password first if it changed, then release it; or retry with another
        login.
      </Text>
      {operator && (
        <Stack gap="xs">
          {paused.length > 0 && <Text size="sm">Paused now:</Text>}
          {paused.map((credential) => (
            <Group key={credential.id} gap="sm">
              <Text size="sm" className="sr-any">
                <b>{credential.name}</b> ({credential.username}), refused{" "}
                {plural(credential.consecutive_failures, "time")} in a row
              </Text>
              <Release credential={credential} />
            </Group>
          ))}
          {ended && (
            <Group>
              <Retry
                collectionId={collectionId}
                label={
                  devices === 1
                    ? "Retry it with another login"
                    : `Retry the ${count(devices)} with another login`
                }
                only={{ failure_kinds: [KIND] }}
                otherLogin
              />
            </Group>
          )}
        </Stack>
      )}
    </Notice>
  );
}

function Release({ credential }: { credential: Credential }) {
  const release = useMutation({
    mutationFn: () => ask(api.POST("/credentials/{id}/release", { params: { path: { id: credential.id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["credentials"] }),
  });
  return (
    <Confirm
      small
      label="Release"
      title={`Release ${credential.name}?`}
      confirm="Release it"
      loading={release.isPending}
      error={release.error}
      onConfirm={() => release.mutate()}
    >
      If the password is still wrong, the next collection is refused again and the account may be locked.
    </Confirm>
  );
}
