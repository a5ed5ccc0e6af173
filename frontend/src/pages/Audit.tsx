import { Button, Drawer, Group, Loader, TagsInput, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { api, ask } from "../api/client";
import { type List, useList } from "../api/lists";
import type { AuditEvent } from "../api/types";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { bothTimes, byName, count } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { Facts, Page } from "../ui/Page";
import { Empty, NotAllowed, ProblemNotice } from "../ui/Problem";
import { Ago } from "../ui/Time";
import { AUDIT_ACTIONS, humanise } from "../words";

const route = getRouteApi("/audit");

/** Rows in which the event of a link is looked for. */
const MOST_LOOKED_AT = 1_000;

const columns: Column<AuditEvent>[] = [
  { key: "at", title: "When", width: "128px", cell: (event) => <Ago at={event.at} /> },
  { key: "actor", title: "Who", width: "minmax(70px, 0.6fr)", cell: (event) => <b>{event.actor}</b> },
  {
    key: "action",
    title: "Action",
    width: "minmax(128px, 0.9fr)",
    from: "sm",
    cell: (event) => <span className="sr-mono">{event.action}</span>,
  },
  {
    key: "summary",
    title: "What",
    width: "minmax(150px, 3.6fr)",
    cell: (event) => <span title={event.summary}>{event.summary}</span>,
  },
  {
    key: "from",
    title: "From",
    width: "minmax(92px, 0.6fr)",
    from: "lg",
    cell: (event) => <span className="sr-mono">{event.remote_address}</span>,
  },
];

export function Audit() {
  const admin = useCan("admin");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { event, ...filters } = search;
  const { actor, action, target } = filters;
  const list = useList<AuditEvent>({
    key: ["audit", filters],
    read: (page) =>
      ask(api.GET("/audit-events", { params: { query: { ...clean({ actor, action, target }), ...page } } })),
    enabled: admin,
  });
  const users = useQuery({
    queryKey: ["users", "names"],
    queryFn: async () =>
      (await ask(api.GET("/users", { params: { query: { limit: 500 } } }))).items.map(
        (user) => user.username,
      ),
    enabled: admin,
  });
  const open = event === undefined ? undefined : list.rows.find((each) => each.id === event);
  const { more } = list;
  const looking =
    event !== undefined && open === undefined && !more.error && list.rows.length < MOST_LOOKED_AT;
  useEffect(() => {
    if (looking && more.has && !more.loading) more.load();
  }, [looking, more]);
  if (!admin) {
    return (
      <Page title="Audit log">
        <NotAllowed needs="admin" />
      </Page>
    );
  }
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  // Who was deleted since, and what is newer than this page, stands in the rows.
  const people = [...new Set([...(users.data ?? []), ...list.rows.map((event) => event.actor)])].sort(byName);
  const actions = [...new Set([...AUDIT_ACTIONS, ...list.rows.map((event) => event.action)])].sort(byName);
  const filtered = Object.keys(filters).length > 0;
  return (
    <Page title="Audit log" lead="Who changed what, and every use of a secret.">
      <div className="sr-filters">
        <TagsInput
          label="Who"
          placeholder={actor ? "" : "Anybody"}
          clearable
          data={people}
          value={actor ?? []}
          onChange={(value) => change({ actor: value })}
        />
        <TagsInput
          label="Action"
          placeholder={action ? "" : "Any"}
          clearable
          data={actions}
          value={action ?? []}
          onChange={(value) => change({ action: value })}
        />
        <TagsInput
          label="Target"
          placeholder={target ? "" : "Any; a whole id"}
          clearable
          value={target ?? []}
          onChange={(value) => change({ target: value })}
        />
      </div>
      {filtered && (
        <Group>
          <Button size="xs" variant="default" onClick={() => void navigate({ search: {} })}>
            Clear filters
          </Button>
        </Group>
      )}
      <DataTable
        label="Audit log"
        columns={columns}
        {...list}
        rowKey={(event) => event.id}
        onOpen={(each) => change({ event: each.id })}
        empty={<Empty title="Nothing matches" />}
      />
      <Drawer
        opened={event !== undefined}
        onClose={() => change({ event: "" })}
        position="right"
        title={open?.action ?? (event === undefined ? "" : "Event")}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {open && <Facts facts={factsOf(open)} />}
        {event !== undefined && open === undefined && <NotYet list={list} looking={looking} />}
      </Drawer>
    </Page>
  );
}

/** The event of a link, while its row is not among those that were read. */
function NotYet({ list, looking }: { list: List<AuditEvent>; looking: boolean }) {
  const { more } = list;
  const error = list.error ?? more.error;
  if (error) return <ProblemNotice error={error} onRetry={list.error ? list.onRetry : more.load} />;
  if (list.loading || more.loading || (looking && more.has)) return <Loader aria-label="Looking for it" />;
  if (!more.has) {
    return (
      <Text size="sm">
        This event is not listed: the filters leave it out, or it is older than what the log keeps.
      </Text>
    );
  }
  return (
    <>
      <Text size="sm" mb="sm">
        This event is not among the newest {count(list.rows.length)}.
      </Text>
      <Button size="xs" variant="default" onClick={more.load}>
        Look further back
      </Button>
    </>
  );
}

function factsOf(event: AuditEvent) {
  const mono = (text: string | undefined) => text && <span className="sr-mono">{text}</span>;
  return [
    ["What", event.summary],
    ["Who", event.actor],
    ["As", humanise(event.actor_kind)],
    ["When", bothTimes(event.at)],
    ["From", mono(event.remote_address)],
    ["Target", event.target_id === undefined ? "" : mono(`${event.target_type} ${event.target_id}`)],
    ["Request id", mono(event.request_id)],
  ] as const;
}
