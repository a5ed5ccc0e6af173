import {
  Button,
  Group,
  Modal,
  NumberInput,
  PasswordInput,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask, idempotencyKey } from "../api/client";
import { useList } from "../api/lists";
import { queryClient } from "../api/queries";
import type { Credential, CredentialCreate } from "../api/types";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { count, plural } from "../format";
import { Confirm } from "../ui/Confirm";
import { type Column, DataTable } from "../ui/DataTable";
import { DeviceSelect } from "../ui/DeviceSelect";
import { IconPlus } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty, NotAllowed, ProblemNotice } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { ConnectionCheck, useConnectionCheck } from "../wizard/ConnectionCheck";

export function Credentials() {
  const operator = useCan("operator");
  const admin = useCan("admin");
  const [editing, setEditing] = useState<Credential | "new">();
  const [testing, setTesting] = useState<Credential>();
  const list = useList<Credential>({
    key: ["credentials", "list"],
    read: (page) => ask(api.GET("/credentials", { params: { query: page } })),
    enabled: operator,
  });
  if (!operator) {
    return (
      <Page title="Credentials">
        <NotAllowed needs="operator" />
      </Page>
    );
  }
  const columns: Column<Credential>[] = [
    {
      key: "name",
      title: "Name",
      width: "minmax(150px, 2fr)",
      cell: (each) => <b title={each.name}>{each.name}</b>,
    },
    {
      key: "user",
      title: "User name",
      width: "minmax(90px, 1fr)",
      from: "sm",
      cell: (each) => <span title={each.username}>{each.username}</span>,
    },
    {
      key: "has",
      title: "Holds",
      width: "minmax(80px, 1fr)",
      from: "md",
      cell: (each) => <span title={holds(each)}>{holds(each)}</span>,
    },
    {
      key: "for",
      title: "For",
      width: "minmax(100px, 1fr)",
      from: "md",
      cell: (each) => <span title={scope(each)}>{scope(each)}</span>,
    },
    {
      key: "state",
      title: "State",
      width: "104px",
      cell: (each) =>
        each.state === "open" ? (
          <Chip word={{ text: "Ready", tone: "good" }} />
        ) : (
          <Chip word={{ text: "Paused", tone: "warn" }} />
        ),
    },
    {
      key: "refused",
      title: "Refused",
      width: "128px",
      from: "lg",
      cell: (each) =>
        each.closed_at ? (
          <Ago at={each.closed_at} />
        ) : each.consecutive_failures > 0 ? (
          `${count(each.consecutive_failures)} in a row`
        ) : (
          ""
        ),
    },
    {
      key: "do",
      title: "",
      label: "Actions",
      // As wide as the buttons of the fullest row, so that the texts get the rest.
      width: `${70 + (admin ? 138 : 0) + (list.rows.some((each) => each.state === "closed") ? 86 : 0)}px`,
      align: "right",
      cell: (each) => (
        <RowActions
          credential={each}
          onTest={() => setTesting(each)}
          onEdit={admin ? () => setEditing(each) : undefined}
        />
      ),
    },
  ];
  return (
    <Page
      title="Credentials"
      lead="Sealed on the server; what is stored is never shown again. A credential is paused after refused logins in a row, so that no account is locked out on a whole fleet."
      actions={
        admin && (
          <Button leftSection={<IconPlus size={15} />} onClick={() => setEditing("new")}>
            Add credential
          </Button>
        )
      }
    >
      <DataTable
        label="Credentials"
        columns={columns}
        {...list}
        rowKey={(each) => each.id}
        rowHeight={52}
        empty={
          <Empty title="No credential is saved yet">
            {admin
              ? "Save one here, or type one in the wizard for a single collection."
              : "An administrator can save one. In the wizard you can type one for a single collection."}
          </Empty>
        }
      />
      <Modal
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing === "new" ? "Add a credential" : `Edit ${editing?.name ?? ""}`}
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {editing && (
          <CredentialFields
            credential={editing === "new" ? undefined : editing}
            onDone={() => setEditing(undefined)}
          />
        )}
      </Modal>
      <Modal
        opened={testing !== undefined}
        onClose={() => setTesting(undefined)}
        title={`Test ${testing?.name ?? ""} on a device`}
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {testing && <TestOnDevice key={testing.id} credential={testing} />}
      </Modal>
    </Page>
  );
}

function holds(each: Credential): string {
  const parts = [
    ...(each.has_password ? ["password"] : []),
    ...(each.has_private_key ? ["SSH key"] : []),
    ...(each.has_enable_password ? ["enable password"] : []),
    ...(each.use_agent ? ["SSH agent"] : []),
  ];
  return parts.join(", ") || "nothing";
}

function scope(each: Credential): string {
  const parts = [
    ...(each.is_default ? ["all devices"] : []),
    ...(each.sites.length > 0 ? [`sites ${each.sites.join(", ")}`] : []),
    ...(each.tags.length > 0 ? [`tags ${each.tags.join(", ")}`] : []),
  ];
  return parts.join("; ") || "when chosen";
}

/** One device is enough to know whether the login is right, and costs at most one refusal. */
function TestOnDevice({ credential }: { credential: Credential }) {
  const [device, setDevice] = useState<string>();
  const [shown, setShown] = useState<string>();
  const check = useConnectionCheck(setShown);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (device !== undefined)
      check.mutate({ devices: [device], credentials: { credential_id: credential.id } });
  };
  return (
    <Stack>
      <form onSubmit={submit}>
        <Group align="flex-end" gap="sm">
          <DeviceSelect
            label="Device"
            placeholder="Part of a name"
            value={device}
            onChoose={(next) => {
              setDevice(next);
              setShown(undefined);
            }}
            style={{ flex: "1 1 200px" }}
            data-autofocus
          />
          <Button type="submit" loading={check.isPending} disabled={device === undefined}>
            {shown === undefined ? "Check connection" : "Check again"}
          </Button>
        </Group>
      </form>
      {check.error ? (
        <ProblemNotice error={check.error} />
      ) : shown === undefined ? (
        <Text size="sm" c="dimmed">
          Logs in to this one device as {credential.username} and runs no command. A refused login counts
          towards the pause of the credential.
        </Text>
      ) : (
        <ConnectionCheck key={shown} id={shown} amongCredentials />
      )}
    </Stack>
  );
}

interface RowActionsProps {
  credential: Credential;
  onTest: () => void;
  onEdit: (() => void) | undefined;
}

function RowActions({ credential, onTest, onEdit }: RowActionsProps) {
  const path = { id: credential.id };
  const done = () => queryClient.invalidateQueries({ queryKey: ["credentials"] });
  const release = useMutation({
    mutationFn: () => ask(api.POST("/credentials/{id}/release", { params: { path } })),
    onSuccess: done,
  });
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/credentials/{id}", { params: { path } })),
    onSuccess: done,
  });
  return (
    <Group gap={6} wrap="nowrap" justify="flex-end">
      {credential.state === "closed" && (
        <Confirm
          small
          label="Release"
          title={`Release ${credential.name}?`}
          confirm="Release it"
          loading={release.isPending}
          error={release.error}
          onConfirm={() => release.mutate()}
        >
          It was refused {plural(credential.consecutive_failures, "time")} in a row. If the password is still
          wrong, the next collection is refused again and the account may be locked.{" "}
          {onEdit
            ? "Correct the password first if it changed."
            : "If it changed, an administrator corrects it, which releases it too."}
        </Confirm>
      )}
      <Button size="xs" variant="default" aria-label={`Test ${credential.name} on a device`} onClick={onTest}>
        Test
      </Button>
      {onEdit && (
        <Button size="xs" variant="default" onClick={onEdit}>
          Edit
        </Button>
      )}
      {onEdit && (
        <Confirm
          small
          label="Delete"
          title={`Delete ${credential.name}?`}
          confirm="Delete it"
          loading={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
        >
          Devices bound to it fall back to the credential of their site or tag, or to the default one.
        </Confirm>
      )}
    </Group>
  );
}

function CredentialFields({
  credential,
  onDone,
}: {
  credential: Credential | undefined;
  onDone: () => void;
}) {
  const [form, setForm] = useState<CredentialCreate>(() =>
    credential
      ? {
          name: credential.name,
          username: credential.username,
          use_agent: credential.use_agent,
          sites: credential.sites,
          tags: credential.tags,
          is_default: credential.is_default,
          order: credential.order,
        }
      : { name: "", username: "", sites: [], tags: [], is_default: false },
  );
  const set = (change: Partial<CredentialCreate>) => setForm((before) => ({ ...before, ...change }));
  const save = useMutation({
    mutationFn: () => {
      // An empty secret field of a known credential means: leave what is stored.
      const { password: _, enable_password: __, private_key: ___, passphrase: ____, ...plain } = form;
      const body = { ...plain, ...secrets(form) };
      if (credential) {
        return ask(api.PATCH("/credentials/{id}", { params: { path: { id: credential.id } }, body }));
      }
      return ask(api.POST("/credentials", { body, headers: idempotencyKey() }));
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["credentials"] });
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const kept = (has: boolean | undefined) => (has ? "Stored. Leave empty to keep it." : "");
  const secret = (key: "password" | "enable_password" | "passphrase", label: string, has?: boolean) => (
    <PasswordInput
      label={label}
      description={kept(has)}
      autoComplete="new-password"
      value={form[key] ?? ""}
      onChange={(event) => set({ [key]: event.currentTarget.value })}
    />
  );
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        {save.error && <ProblemNotice error={save.error} />}
        <TextInput
          label="Name"
          required
          value={form.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <TextInput
          label="Device user name"
          required
          autoComplete="off"
          autoCapitalize="none"
          value={form.username}
          onChange={(event) => set({ username: event.currentTarget.value })}
        />
        {secret("password", "Password", credential?.has_password)}
        {secret("enable_password", "Enable password", credential?.has_enable_password)}
        <Textarea
          label="Private key"
          description={kept(credential?.has_private_key)}
          autosize
          minRows={2}
          maxRows={6}
          spellCheck={false}
          value={form.private_key ?? ""}
          onChange={(event) => set({ private_key: event.currentTarget.value })}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8rem" } }}
        />
        {form.private_key && secret("passphrase", "Passphrase of the key")}
        <Switch
          label="Use the server's SSH agent"
          checked={form.use_agent ?? false}
          onChange={(event) => set({ use_agent: event.currentTarget.checked })}
        />
        <TagsInput label="For sites" value={form.sites ?? []} onChange={(sites) => set({ sites })} />
        <TagsInput label="For tags" value={form.tags ?? []} onChange={(tags) => set({ tags })} />
        <Switch
          label="Default for devices that have no other"
          checked={form.is_default ?? false}
          onChange={(event) => set({ is_default: event.currentTarget.checked })}
        />
        <NumberInput
          label="Order"
          description="When several fit a device, the lowest is used."
          allowDecimal={false}
          value={form.order ?? ""}
          onChange={(order) => typeof order === "number" && set({ order })}
        />
        {credential && (
          <Text size="sm" c="dimmed">
            Saving releases the credential if it is paused.
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Close
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const SECRETS = ["password", "enable_password", "private_key", "passphrase"] as const;

function secrets(form: CredentialCreate) {
  return clean(Object.fromEntries(SECRETS.map((key) => [key, form[key]]))) as Partial<
    Pick<CredentialCreate, (typeof SECRETS)[number]>
  >;
}
