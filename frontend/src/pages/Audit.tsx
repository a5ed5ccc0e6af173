import { Group, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { AuditEvent } from "../api/types";
import { useCan } from "../app/role";
import { clean, many } from "../app/search";
import { type Column, DataTable } from "../ui/DataTable";
import { Page } from "../ui/Page";
import { Empty, NotAllowed } from "../ui/Problem";
import { Ago } from "../ui/Time";

const route = getRouteApi("/audit");

const columns: Column<AuditEvent>[] = [
  { key: "at", title: "When", width: "126px", cell: (event) => <Ago at={event.at} /> },
  { key: "actor", title: "Who", width: "minmax(80px, 0.8fr)", cell: (event) => <b>{event.actor}</b> },
  {
    key: "action",
    title: "Action",
    width: "minmax(120px, 1fr)",
    from: "sm",
    cell: (event) => <span className="sr-mono">{event.action}</span>,
  },
  {
    key: "summary",
    title: "What",
    width: "minmax(130px, 2.6fr)",
    cell: (event) => <span title={event.summary}>{event.summary}</span>,
  },
  {
    key: "from",
    title: "From",
    width: "minmax(100px, 0.8fr)",
    from: "md",
    cell: (event) => <span className="sr-mono">{event.remote_address}</span>,
  },
  {
    key: "request",
    title: "Request id",
    width: "minmax(90px, 0.9fr)",
    from: "lg",
    cell: (event) => (
      <span className="sr-mono" title={event.request_id}>
        {event.request_id}
      </span>
    ),
  },
];

export function Audit() {
  const admin = useCan("admin");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = useList<AuditEvent>({
    key: ["audit", search],
    read: (page) =>
      ask(
        api.GET("/audit-events", {
          params: {
            query: {
              ...clean({
                actor: many(search, "actor"),
                action: many(search, "action"),
                target: many(search, "target"),
              }),
              ...page,
            },
          },
        }),
      ),
    enabled: admin,
  });
  const change = useDebouncedCallback((key: "actor" | "action" | "target", value: string) => {
    void navigate({ search: (before) => clean({ ...before, [key]: value }), replace: true });
  }, 250);
  if (!admin) {
    return (
      <Page title="Audit log">
        <NotAllowed needs="admin" />
      </Page>
    );
  }
  const field = (key: "actor" | "action" | "target", label: string) => (
    <TextInput
      label={label}
      defaultValue={search[key] ?? ""}
      onChange={(event) => change(key, event.currentTarget.value.trim())}
    />
  );
  return (
    <Page title="Audit log" lead="Who changed what, and every use of a secret.">
      <Group gap="sm" className="sr-few">
        {field("actor", "Who")}
        {field("action", "Action")}
        {field("target", "Target")}
      </Group>
      <DataTable
        label="Audit log"
        columns={columns}
        {...list}
        rowKey={(event) => event.id}
        empty={<Empty title="Nothing matches" />}
      />
    </Page>
  );
}
