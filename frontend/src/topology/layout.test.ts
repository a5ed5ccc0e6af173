import { expect, it } from "vitest";
import type { Topology } from "../api/types";
import { drawnOf } from "./drawn";
import { layout } from "./layout";

function network(sites: number, each: number): Topology {
  const nodes = [];
  const links = [];
  for (let s = 0; s < sites; s++) {
    for (let n = 0; n < each; n++) {
      const id = `${s}-${n}`;
      nodes.push({ id, managed: true, name: id, site: `s${s}`, role: n === 0 ? "core" : "access" });
      if (n > 0) links.push({ a: { node: `${s}-0` }, b: { node: id } });
    }
    if (s > 0) links.push({ a: { node: `${s - 1}-0` }, b: { node: `${s}-0` } });
  }
  return { nodes, links, truncated: false } as unknown as Topology;
}

it("is the same for the same graph", () => {
  expect(layout(network(3, 8))).toEqual(layout(network(3, 8)));
});

it("puts every node into the box, apart from each other, the core above what hangs on it", () => {
  const topology = network(2, 10);
  const { places, box } = layout(topology);
  const all = [...places.values()];
  expect(all).toHaveLength(20);
  for (const { x, y } of all) {
    expect(x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height).toBe(true);
  }
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(index + 1)) {
      expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(30);
    }
  }
  const below = all
    .filter((_, index) => index % 10 !== 0)
    .filter((place) => place.y > (places.get("0-0")?.y ?? 0));
  expect(below.length).toBeGreaterThan(14);
});

it("fills the place for the drawing, also with many sites beside each other", () => {
  const { box } = layout(network(5, 8));
  expect(box.width / box.height).toBeLessThan(2.4);
});

it("draws a graph whose links lead to nodes that were left out, and one without nodes", () => {
  const topology = network(1, 2);
  topology.links.push({ a: { node: "0-0" }, b: { node: "gone" } } as unknown as Topology["links"][number]);
  expect(layout(topology).places.size).toBe(2);
  expect(layout({ nodes: [], links: [], truncated: false } as unknown as Topology).box.width).toBe(320);
});

it("draws the nodes that hold the graph together where there are too many, and no link to one that is left out", () => {
  const topology = network(3, 8);
  topology.nodes.unshift({ id: "alone", managed: true, name: "alone" } as Topology["nodes"][number]);
  expect(drawnOf(topology, 25)).toBe(topology);
  const { nodes, links } = drawnOf(topology, 10);
  const ids = nodes.map((node) => node.id);
  expect(ids).toHaveLength(10);
  expect(ids.slice(0, 3).sort()).toEqual(["0-0", "1-0", "2-0"]);
  expect(ids).not.toContain("alone");
  for (const { a, b } of links) expect(ids.includes(a.node) && ids.includes(b.node)).toBe(true);
});
