import { Button, Group, Modal, PasswordInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask, idempotencyKey } from "../api/client";
import { useList } from "../api/lists";
import { queryClient } from "../api/queries";
import type { Role, User } from "../api/types";
import { useCan, useMe } from "../app/role";
import { Confirm } from "../ui/Confirm";
import { type Column, DataTable } from "../ui/DataTable";
import { IconPlus } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty, NotAllowed, ProblemNotice } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { Ago } from "../ui/Time";

const ROLES: { value: Role; label: string }[] = [
  { value: "viewer", label: "Viewer: reads everything but secrets" },
  { value: "operator", label: "Operator: also devices, collections and captures" },
  { value: "admin", label: "Admin: also credentials, users, host keys, settings" },
];

export function Users() {
  const admin = useCan("admin");
  const [editing, setEditing] = useState<User | "new">();
  const list = useList<User>({
    key: ["users"],
    read: (page) => ask(api.GET("/users", { params: { query: page } })),
    enabled: admin,
  });
  if (!admin) {
    return (
      <Page title="Users">
        <NotAllowed needs="admin" />
      </Page>
    );
  }
  const columns: Column<User>[] = [
    {
      key: "name",
      title: "User name",
      width: "minmax(110px, 1.5fr)",
      cell: (user) => <b>{user.username}</b>,
    },
    { key: "role", title: "Role", width: "100px", cell: (user) => user.role },
    {
      key: "state",
      title: "State",
      width: "112px",
      from: "sm",
      cell: (user) =>
        user.enabled ? (
          <Chip word={{ text: "Enabled", tone: "good" }} />
        ) : (
          <Chip word={{ text: "Disabled", tone: "idle" }} />
        ),
    },
    {
      key: "last",
      title: "Last sign-in",
      width: "132px",
      from: "md",
      cell: (user) => <Ago at={user.last_login_at} />,
    },
    {
      key: "do",
      title: "",
      label: "Actions",
      width: "160px",
      align: "right",
      cell: (user) => <RowActions user={user} onEdit={() => setEditing(user)} />,
    },
  ];
  return (
    <Page
      title="Users"
      actions={
        <Button leftSection={<IconPlus size={15} />} onClick={() => setEditing("new")}>
          Add user
        </Button>
      }
    >
      <DataTable
        label="Users"
        columns={columns}
        {...list}
        rowKey={(user) => user.id}
        rowHeight={52}
        empty={<Empty title="No users" />}
      />
      <Modal
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing === "new" ? "Add a user" : `Edit ${editing?.username ?? ""}`}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {editing && (
          <UserFields user={editing === "new" ? undefined : editing} onDone={() => setEditing(undefined)} />
        )}
      </Modal>
    </Page>
  );
}

function RowActions({ user, onEdit }: { user: User; onEdit: () => void }) {
  const me = useMe();
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/users/{id}", { params: { path: { id: user.id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <Group gap={6} wrap="nowrap" justify="flex-end">
      <Button size="xs" variant="default" onClick={onEdit}>
        Edit
      </Button>
      {user.id !== me.id && (
        <Confirm
          small
          label="Delete"
          title={`Delete ${user.username}?`}
          confirm="Delete the user"
          loading={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
        >
          Their sessions and API tokens end at once. The audit log keeps their name.
        </Confirm>
      )}
    </Group>
  );
}

function UserFields({ user, onDone }: { user: User | undefined; onDone: () => void }) {
  const me = useMe();
  const [username, setUsername] = useState(user?.username ?? "");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>(user?.role ?? "viewer");
  const [enabled, setEnabled] = useState(user?.enabled ?? true);
  const save = useMutation({
    mutationFn: () => {
      if (user) {
        const body = { role, enabled, ...(password === "" ? {} : { password }) };
        return ask(api.PATCH("/users/{id}", { params: { path: { id: user.id } }, body }));
      }
      return ask(api.POST("/users", { body: { username, password, role }, headers: idempotencyKey() }));
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["users"] });
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        {save.error && <ProblemNotice error={save.error} />}
        {!user && (
          <TextInput
            label="User name"
            required
            autoComplete="off"
            autoCapitalize="none"
            value={username}
            onChange={(event) => setUsername(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label={user ? "New password" : "Password"}
          description={user ? "Leave empty to keep the present one." : undefined}
          required={!user}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Select
          label="Role"
          data={ROLES}
          value={role}
          allowDeselect={false}
          disabled={user?.id === me.id}
          onChange={(value) => value && setRole(value as Role)}
        />
        {user && user.id !== me.id && (
          <Switch
            label="Enabled"
            checked={enabled}
            onChange={(event) => setEnabled(event.currentTarget.checked)}
          />
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
