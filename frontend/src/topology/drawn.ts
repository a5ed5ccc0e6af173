/** How much of a graph is drawn. Pure, and apart from the layout, which comes only with the drawing. */
import type { Topology } from "../api/types";

/** More than that would keep the page from answering while it is laid out. */
export const MOST_DRAWN = 2_000;

/** The part of a graph that is drawn: the nodes with the most links first, so that what holds it together is there. */
export function drawnOf(topology: Topology, most = MOST_DRAWN): Topology {
  if (topology.nodes.length <= most) return topology;
  const links = new Map<string, number>();
  for (const { a, b } of topology.links) {
    for (const { node } of [a, b]) links.set(node, (links.get(node) ?? 0) + 1);
  }
  const nodes = [...topology.nodes]
    .sort((a, b) => (links.get(b.id) ?? 0) - (links.get(a.id) ?? 0))
    .slice(0, most);
  const kept = new Set(nodes.map((node) => node.id));
  return {
    ...topology,
    nodes,
    links: topology.links.filter((link) => kept.has(link.a.node) && kept.has(link.b.node)),
  };
}
