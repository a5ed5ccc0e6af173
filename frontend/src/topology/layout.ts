/** Where each node of the graph is drawn. Pure, and the same for the same graph. */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from "d3-force";
import type { Topology } from "../api/types";

export interface Place {
  x: number;
  y: number;
}

export interface Drawing {
  places: ReadonlyMap<string, Place>;
  /** The smallest box around all nodes, with room for their names. */
  box: { x: number; y: number; width: number; height: number };
}

/** Room for the names at the sides, and for the one below the lowest node. */
const MARGIN = { side: 66, top: 30, bottom: 44 };
/** As wide as the place for the drawing is, to its height. */
const ASPECT = 2;
/** How far apart the tiers may be pulled to fill it. */
const MOST_STRETCH = 2.2;

/** Roles that are near the middle of a network stand above those that are at its edge. */
const TIERS: [RegExp, number][] = [
  [/core|spine|border|edge-?router|wan/i, -1],
  [/dist|aggr/i, 0],
  [/acc|leaf|tor|floor/i, 1],
];

function tierOf(role: string | undefined): number | undefined {
  return TIERS.find(([pattern]) => pattern.test(role ?? ""))?.[1];
}

interface Body extends SimulationNodeDatum {
  id: string;
  site: string;
  tier: number | undefined;
}

export function layout(topology: Topology): Drawing {
  const bodies: Body[] = topology.nodes.map((node) => ({
    id: node.id,
    site: node.site ?? "",
    tier: tierOf(node.role),
  }));
  const known = new Set(bodies.map((body) => body.id));
  const links = topology.links
    .filter((link) => known.has(link.a.node) && known.has(link.b.node))
    .map((link) => ({ source: link.a.node, target: link.b.node }));
  const sites = [...new Set(bodies.map((body) => body.site))].sort();
  // Sites beside each other, each as wide as it has devices.
  const centre = new Map<string, number>();
  let x = 0;
  for (const site of sites) {
    const width = 130 + 62 * Math.sqrt(bodies.filter((body) => body.site === site).length) * 1.6;
    centre.set(site, x + width / 2);
    x += width;
  }
  const tall = 60 + 26 * Math.sqrt(bodies.length);
  forceSimulation(bodies)
    .force(
      "link",
      forceLink<Body, { source: string; target: string }>(links)
        .id((body) => body.id)
        .distance(80)
        .strength(0.35),
    )
    .force("apart", forceManyBody<Body>().strength(-340).distanceMax(420))
    .force("room", forceCollide<Body>(40))
    .force("site", forceX<Body>((body) => centre.get(body.site) ?? 0).strength(0.14))
    .force(
      "tier",
      forceY<Body>((body) => (body.tier ?? 0.4) * tall).strength((body) =>
        body.tier === undefined ? 0.08 : 0.3,
      ),
    )
    .stop()
    .tick(bodies.length > 600 ? 120 : 300);

  const xs = bodies.map((body) => body.x ?? 0);
  const ys = bodies.map((body) => body.y ?? 0);
  const [left, top] = [least(xs), least(ys)];
  const wide = -least(xs.map((each) => -each)) - left + 2 * MARGIN.side;
  const high = -least(ys.map((each) => -each)) - top;
  const wanted = wide / ASPECT - MARGIN.top - MARGIN.bottom;
  // A network of many sites is flat: the tiers are pulled apart instead of leaving half of the place empty.
  const stretch = high === 0 ? 1 : Math.min(MOST_STRETCH, Math.max(1, wanted / high));
  const places = new Map(
    bodies.map((body) => [body.id, { x: body.x ?? 0, y: top + ((body.y ?? 0) - top) * stretch }]),
  );
  return {
    places,
    box: {
      x: left - MARGIN.side,
      y: top - MARGIN.top,
      width: Math.max(320, wide),
      height: Math.max(220, high * stretch + MARGIN.top + MARGIN.bottom),
    },
  };
}

function least(values: readonly number[]): number {
  return values.reduce((least, each) => Math.min(least, each), values[0] ?? 0);
}
