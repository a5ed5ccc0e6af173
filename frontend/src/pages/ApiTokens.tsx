import { Button, Code, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask, idempotencyKey } from "../api/client";
import { useList } from "../api/lists";
import { queryClient } from "../api/queries";
import type { ApiToken, Role } from "../api/types";
import { useCan, useMe } from "../app/role";
import { Confirm } from "../ui/Confirm";
import { Copy } from "../ui/Copy";
import { type Column, DataTable } from "../ui/DataTable";
import { IconPlus } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty, Notice, ProblemNotice } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { Ago, Moment } from "../ui/Time";

const EXPIRY = [
  { value: "7", label: "In 7 days" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "never", label: "Never" },
];

export function ApiTokens() {
  const admin = useCan("admin");
  const [open, setOpen] = useState(false);
  const list = useList<ApiToken>({
    key: ["api-tokens"],
    read: (page) => ask(api.GET("/api-tokens", { params: { query: page } })),
  });
  const columns: Column<ApiToken>[] = [
    { key: "name", title: "Name", width: "minmax(110px, 1.4fr)", cell: (token) => <b>{token.name}</b> },
    {
      key: "prefix",
      title: "Begins with",
      width: "minmax(100px, 1fr)",
      from: "sm",
      cell: (token) => <span className="sr-mono">{token.prefix}…</span>,
    },
    { key: "scope", title: "Scope", width: "90px", cell: (token) => token.scope },
    ...(admin
      ? [
          {
            key: "user",
            title: "Of",
            width: "minmax(80px, 0.8fr)",
            from: "md",
            cell: (token: ApiToken) => token.username,
          } as const,
        ]
      : []),
    {
      key: "expires",
      title: "Expires",
      width: "minmax(120px, 1fr)",
      from: "md",
      cell: (token) =>
        token.expires_at === undefined ? (
          <span className="sr-muted">never</span>
        ) : Date.parse(token.expires_at) < Date.now() ? (
          <Chip word={{ text: "Expired", tone: "idle" }} bare />
        ) : (
          <Moment at={token.expires_at} />
        ),
    },
    {
      key: "used",
      title: "Last used",
      width: "126px",
      from: "lg",
      cell: (token) => <Ago at={token.last_used_at} />,
    },
    {
      key: "do",
      title: "",
      label: "Actions",
      width: "96px",
      align: "right",
      cell: (token) => <Revoke token={token} />,
    },
  ];
  return (
    <Page
      title="API tokens"
      lead="For scripts, pipelines and the command line. A token can do no more than its scope and its owner's role."
      actions={
        <Button leftSection={<IconPlus size={15} />} onClick={() => setOpen(true)}>
          Make a token
        </Button>
      }
    >
      <DataTable
        label="API tokens"
        columns={columns}
        {...list}
        rowKey={(token) => token.id}
        rowHeight={52}
        empty={
          <Empty title="No API token yet">
            A script sends it instead of a password; it is shown once, when it is made.
          </Empty>
        }
      />
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="Make an API token"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {open && <Fields onDone={() => setOpen(false)} />}
      </Modal>
    </Page>
  );
}

function Revoke({ token }: { token: ApiToken }) {
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/api-tokens/{id}", { params: { path: { id: token.id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["api-tokens"] }),
  });
  return (
    <Confirm
      small
      label="Revoke"
      title={`Revoke ${token.name}?`}
      confirm="Revoke it"
      loading={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    >
      Whatever uses it is refused from now on.
    </Confirm>
  );
}

function Fields({ onDone }: { onDone: () => void }) {
  const me = useMe();
  const scopes: Role[] =
    me.role === "admin"
      ? ["viewer", "operator", "admin"]
      : me.role === "operator"
        ? ["viewer", "operator"]
        : ["viewer"];
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Role>("viewer");
  const [days, setDays] = useState("90");
  const make = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api-tokens", {
          body: { name, scope, ...(days === "never" ? {} : { expires_in_days: Number(days) }) },
          headers: idempotencyKey(),
        }),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["api-tokens"] }),
  });
  if (make.data) {
    return (
      <Stack>
        <Notice tone="good" title="Copy the token now">
          <Text size="sm">It is shown this once and never again.</Text>
        </Notice>
        <Code block className="sr-any" style={{ whiteSpace: "pre-wrap" }}>
          {make.data.token}
        </Code>
        <Group justify="space-between">
          <Copy text={make.data.token} label="Copy" button />
          <Button onClick={onDone}>Done</Button>
        </Group>
      </Stack>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {make.error && <ProblemNotice error={make.error} />}
        <TextInput
          label="Name"
          description="What it is for"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Scope"
          data={scopes}
          value={scope}
          allowDeselect={false}
          onChange={(value) => value && setScope(value as Role)}
        />
        <Select
          label="Expires"
          data={EXPIRY}
          value={days}
          allowDeselect={false}
          onChange={(value) => value && setDays(value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Close
          </Button>
          <Button type="submit" loading={make.isPending}>
            Make the token
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
