import { Button, Grid, Group, Loader, Select, Switch, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Suspense, useMemo } from "react";
import { api, ask, askBlob } from "../api/client";
import type { FiltersOf } from "../api/operations";
import type { Topology, TopologyNode } from "../api/types";
import { lazyPart } from "../app/lazyPart";
import { useCan } from "../app/role";
import { clean, stringifySearch } from "../app/search";
import { byName, count, plural } from "../format";
import { saveAs } from "../ui/Copy";
import { type Column, DataTable } from "../ui/DataTable";
import { FacetFilters } from "../ui/FacetFilters";
import { IconDown } from "../ui/icons";
import { Facts, Page, Panel } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { Ago } from "../ui/Time";
import { drawnOf } from "./drawn";
import "./topology.css";

const Graph = lazyPart(() => import("./Graph"), "Graph");

const route = getRouteApi("/topology");

type GraphLink = Topology["links"][number];

const FILES = [
  { file: "topology.drawio", label: "draw.io" },
  { file: "topology.graphml", label: "GraphML" },
] as const;

/** Who is connected to whom, as LLDP tells it. */
export function TopologyPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const operator = useCan("operator");
  const { node: chosen, unlinked, device, site, role, platform } = search;
  const query = clean<FiltersOf<"/topology">>({
    device,
    site,
    role,
    platform,
    unlinked: unlinked ? true : undefined,
  });
  const found = useQuery({
    queryKey: ["topology", query],
    queryFn: () => ask(api.GET("/topology", { params: { query } })),
  });
  const save = useMutation({
    mutationFn: async (file: string) =>
      saveAs(await askBlob(`/api/v1/${file}${stringifySearch(query)}`), file),
  });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const data = found.data;
  const drawn = useMemo(() => data && drawnOf(data), [data]);
  const nodes = useMemo(() => new Map(data?.nodes.map((each) => [each.id, each])), [data]);
  const links = useMemo(() => {
    const named = (id: string) => nodes.get(id)?.name ?? id;
    return (data?.links ?? [])
      .filter((link) => chosen === undefined || link.a.node === chosen || link.b.node === chosen)
      .sort(
        (one, other) =>
          byName(named(one.a.node), named(other.a.node)) ||
          byName(one.a.interface ?? "", other.a.interface ?? ""),
      );
  }, [data, chosen, nodes]);
  const node = chosen === undefined ? undefined : nodes.get(chosen);
  const name = (id: string) => nodes.get(id)?.name ?? id;
  const columns: Column<GraphLink>[] = [
    {
      key: "a",
      title: "Device",
      width: "minmax(100px, 1fr)",
      cell: (link) => <NodeName node={nodes.get(link.a.node)} />,
    },
    {
      key: "ai",
      title: "Interface",
      width: "minmax(172px, 1fr)",
      from: "sm",
      cell: (link) => <span className="sr-mono">{link.a.interface}</span>,
    },
    {
      key: "b",
      title: "Neighbor",
      width: "minmax(100px, 1fr)",
      cell: (link) => <NodeName node={nodes.get(link.b.node)} />,
    },
    {
      key: "bi",
      title: "Its interface",
      width: "minmax(172px, 1fr)",
      from: "sm",
      cell: (link) => <span className="sr-mono">{link.b.interface}</span>,
    },
    {
      key: "sides",
      title: "Heard",
      width: "minmax(110px, 0.7fr)",
      from: "md",
      cell: (link) => (link.one_sided ? "by one side" : "by both sides"),
    },
    {
      key: "seen",
      title: "Last seen",
      width: "128px",
      from: "md",
      cell: (link) => <Ago at={link.last_seen_at} />,
    },
  ];
  return (
    <Page
      title="Topology"
      lead={
        data && data.nodes.length > 0
          ? `${plural(data.nodes.length, "node")}, ${plural(data.links.length, "link")}, as LLDP tells it.`
          : "Who is connected to whom, as LLDP tells it."
      }
      actions={FILES.map(({ file, label }) => (
        <Button
          key={file}
          variant="default"
          leftSection={<IconDown size={15} />}
          loading={save.isPending && save.variables === file}
          onClick={() => save.mutate(file)}
        >
          {label}
        </Button>
      ))}
    >
      {save.error && <ProblemNotice error={save.error} />}
      <div className="sr-filters">
        <FacetFilters
          names={["site", "role", "platform"]}
          chosen={search}
          onChange={(next) => change({ ...next, node: "" })}
        />
        <Select
          label="Node"
          placeholder="All"
          clearable
          searchable
          data={[...nodes.values()]
            .sort((a, b) => byName(a.name, b.name))
            .map((each) => ({ value: each.id, label: each.name }))}
          value={chosen ?? null}
          onChange={(value) => change({ node: value ?? "" })}
          nothingFoundMessage="Nothing found"
        />
        <Switch
          label="Also devices without links"
          checked={unlinked !== undefined}
          onChange={(event) => change({ unlinked: event.currentTarget.checked ? "yes" : "" })}
          pb={8}
        />
      </div>
      <Stale of={[found]} />
      {data === undefined ? (
        found.error ? (
          <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />
        ) : (
          <Waiting label="Loading" />
        )
      ) : drawn === undefined || data.nodes.length === 0 ? (
        <div className="sr-panel">
          <Empty
            title="No link is known"
            action={
              operator && (
                <Button variant="default" component={Link} to="/collect?types=lldp">
                  Collect LLDP neighbors
                </Button>
              )
            }
          >
            Links come from the neighbor tables of the devices.
          </Empty>
        </div>
      ) : (
        <>
          {data.truncated && (
            <Notice tone="warn" title="There are more links than are drawn">
              <Text size="sm">Choose a site, a role or a platform to see all of a part.</Text>
            </Notice>
          )}
          {drawn.nodes.length < data.nodes.length && (
            <Notice
              tone="warn"
              title={`${plural(data.nodes.length - drawn.nodes.length, "node is", "nodes are")} left out of the drawing`}
            >
              <Text size="sm">
                It holds {count(drawn.nodes.length)}, those with the most links. Choose a site, a role or a
                platform to see the others; the table below has all links.
              </Text>
            </Notice>
          )}
          <Grid gap="md">
            <Grid.Col span={{ base: 12, lg: node ? 9 : 12 }}>
              <Suspense fallback={<Waiting label="Drawing" />}>
                <Graph topology={drawn} chosen={chosen} onChoose={(id) => change({ node: id ?? "" })} />
              </Suspense>
              <Group gap="lg" mt={6}>
                <Text size="xs" c="dimmed">
                  Drag or use the arrow keys to move, Ctrl and wheel to look closer. The table below has the
                  same links.
                </Text>
              </Group>
            </Grid.Col>
            {node && (
              <Grid.Col span={{ base: 12, lg: 3 }}>
                <Panel title={node.name}>
                  <Facts
                    facts={[
                      ["Kind", node.managed ? "device" : "neighbor, no device of the inventory"],
                      [
                        "Address",
                        node.address && (
                          <span className="sr-mono" key="a">
                            {node.address}
                          </span>
                        ),
                      ],
                      ["Platform", node.platform],
                      ["Model", node.model],
                      ["Site", node.site],
                      ["Role", node.role],
                      ...(node.description ? [["It says", node.description] as const] : []),
                      ["Links", plural(links.length, "link")],
                    ]}
                  />
                  {node.device_id && (
                    <Button
                      mt="md"
                      size="xs"
                      variant="default"
                      component={Link}
                      to={`/devices/${encodeURIComponent(node.device_id)}`}
                    >
                      Open the device
                    </Button>
                  )}
                </Panel>
              </Grid.Col>
            )}
          </Grid>
          <DataTable
            label={chosen === undefined ? "Links" : `Links of ${name(chosen)}`}
            columns={columns}
            rows={links}
            rowKey={(link) => `${link.a.node} ${link.a.interface} ${link.b.node} ${link.b.interface}`}
            onOpen={(link) => change({ node: link.a.node === chosen ? link.b.node : link.a.node })}
            rowHeight={42}
            maxHeight="420px"
            empty={<Empty title="It has no link" />}
          />
        </>
      )}
    </Page>
  );
}

/** As high as the drawing that comes, so that what is below it does not jump. */
function Waiting({ label }: { label: string }) {
  return (
    <div className="sr-graph-wait">
      <Loader aria-label={label} />
    </div>
  );
}

function NodeName({ node }: { node: TopologyNode | undefined }) {
  if (node === undefined) return null;
  if (!node.device_id) return <span title={node.description}>{node.name}</span>;
  return (
    <Link to="/devices/$id" params={{ id: node.device_id }}>
      {node.name}
    </Link>
  );
}
