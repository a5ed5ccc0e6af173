import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { credentialsQuery } from "../api/queries";
import type { Credential } from "../api/types";
import { useCan } from "../app/role";
import { count, plural } from "../format";
import { Notice } from "../ui/Problem";
import type { Login } from "./request";
import type { Unbound } from "./unbound";

/** So many saved credentials are offered by a button of their own; more are chosen from the list above. */
const OFFERED = 3;

function said({ devices, of }: Unbound): string {
  if (devices === of)
    return of === 1 ? "The device has no credential" : `None of ${count(of)} devices has a credential`;
  return `${count(devices)} of ${plural(of, "device")} ${devices === 1 ? "has" : "have"} no credential`;
}

function outcome({ devices, of }: Unbound): string {
  const who = devices === 1 ? "It" : devices === of ? "All of them" : `These ${count(devices)}`;
  return `${who} would fail without being tried: no saved credential is bound to ${devices === 1 ? "it, its" : "them, their"} site or a tag, and none is the default.`;
}

/** Devices that nothing is saved for: the ways to give them a login, each one click away. */
export function NoCredential(props: { unbound: Unbound; onChange: (change: Partial<Login>) => void }) {
  const { unbound, onChange } = props;
  const admin = useCan("admin");
  const saved = useQuery(credentialsQuery);
  // Here it would be for all devices: one that is meant for some sites or tags comes last.
  const special = (credential: Credential) => credential.sites.length + credential.tags.length;
  const usable = (saved.data ?? [])
    .filter((credential) => credential.state === "open")
    .sort((one, other) => special(one) - special(other));
  return (
    <Notice tone="warn" title={said(unbound)} role="status">
      <Text size="sm">
        {outcome(unbound)} Choose a login for this collection
        {admin ? ", or bind a credential to a site, a tag or the device." : "."}
      </Text>
      <Group gap="xs">
        {usable.slice(0, OFFERED).map(({ id, name }) => (
          <Button
            key={id}
            size="xs"
            variant="default"
            maw="100%"
            title={name}
            styles={{ label: { display: "block", height: "auto", textOverflow: "ellipsis" } }}
            onClick={() => onChange({ kind: "saved", credentialId: id })}
          >
            Use {name}
          </Button>
        ))}
        <Button size="xs" variant="default" onClick={() => onChange({ kind: "password" })}>
          Type a login
        </Button>
        <Button size="xs" variant="subtle" component={Link} to="/credentials">
          Open Credentials
        </Button>
      </Group>
    </Notice>
  );
}

/** A start that must fail for some is still possible, but nobody goes into it unknowing. */
export function StartAnyway(props: {
  unbound: Unbound | undefined;
  opened: boolean;
  starting: boolean;
  onClose: () => void;
  onStart: () => void;
}) {
  const { unbound, opened, starting, onClose, onStart } = props;
  return (
    <Modal
      opened={opened && unbound !== undefined}
      onClose={onClose}
      title={unbound ? said(unbound) : ""}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {unbound && (
        <Stack>
          <Text size="sm">{outcome(unbound)}</Text>
          <Group justify="flex-end">
            <Button variant="default" loading={starting} onClick={onStart}>
              Start anyway
            </Button>
            <Button data-autofocus onClick={onClose}>
              Choose a login
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
