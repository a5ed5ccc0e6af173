import { ActionIcon, Group } from "@mantine/core";
import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Topology } from "../api/types";
import { count } from "../format";
import "./topology.css";
import { type Drawing, layout } from "./layout";

interface Props {
  topology: Topology;
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}

interface View {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** On a phone the whole of a network is a smudge: it begins with a part that can be read. */
function start(box: View, pixels: number | undefined): View {
  if (pixels === undefined || pixels > 640 || box.width < pixels * 1.2) return box;
  const width = pixels * 1.2;
  const height = Math.min(box.height, width * 1.2);
  return { x: box.x + (box.width - width) / 2, y: box.y, width, height };
}

/** More names than that are drawn only for what is chosen, or when one looks closer. */
const MOST_NAMES = 220;
/** So much of what is in sight a key or a button moves it by. */
const STEP = 0.2;

/** Where the view goes, by the key that takes it there and the button that does the same. */
const MOVES = [
  { key: "ArrowLeft", label: "Move left", sign: "←", x: -1, y: 0 },
  { key: "ArrowRight", label: "Move right", sign: "→", x: 1, y: 0 },
  { key: "ArrowUp", label: "Move up", sign: "↑", x: 0, y: -1 },
  { key: "ArrowDown", label: "Move down", sign: "↓", x: 0, y: 1 },
] as const;

/** The drawing. What it shows is in the tables beside it too, for the keyboard and for readers of the screen. */
export function Graph({ topology, chosen, onChoose }: Props) {
  const drawing = useMemo(() => layout(topology), [topology]);
  const [view, setView] = useState<View>(drawing.box);
  const svg = useRef<SVGSVGElement>(null);
  useEffect(() => setView(start(drawing.box, svg.current?.clientWidth)), [drawing]);
  const held = useRef<{ x: number; y: number; view: View; moved: boolean }>(undefined);

  const zoom = (factor: number, at = { x: 0.5, y: 0.5 }) =>
    setView((now) => {
      const width = Math.min(drawing.box.width * 3, Math.max(160, now.width * factor));
      const height = (width * now.height) / now.width;
      return {
        x: now.x + (now.width - width) * at.x,
        y: now.y + (now.height - height) * at.y,
        width,
        height,
      };
    });
  const move = (by: { x: number; y: number }) =>
    setView((now) => ({ ...now, x: now.x + by.x * STEP * now.width, y: now.y + by.y * STEP * now.height }));

  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    // React listens to wheels passively; the page must not scroll while one looks closer.
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const at = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
      zoom(event.deltaY > 0 ? 1.15 : 0.87, at);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const by = MOVES.find(({ key }) => key === event.key);
    if (by === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    move(by);
  };
  const onPointerDown = (event: PointerEvent) => {
    held.current = { x: event.clientX, y: event.clientY, view, moved: false };
  };
  const onPointerMove = (event: PointerEvent) => {
    const from = held.current;
    const box = svg.current?.getBoundingClientRect();
    if (!from || !box) return;
    const scale = Math.max(from.view.width / box.width, from.view.height / box.height);
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.abs(dx) + Math.abs(dy) > 4) from.moved = true;
    if (from.moved) setView({ ...from.view, x: from.view.x - dx * scale, y: from.view.y - dy * scale });
  };
  const onPointerUp = () => {
    if (held.current && !held.current.moved) onChoose(undefined);
    held.current = undefined;
  };

  const latest = useRef(onChoose);
  latest.current = onChoose;
  // The same one in every picture, so that a move of the view draws no node anew.
  const onNode = useCallback((event: PointerEvent, id: string) => {
    if (held.current?.moved) return;
    event.stopPropagation();
    held.current = undefined;
    latest.current(id);
  }, []);

  const near = useMemo(() => {
    if (chosen === undefined) return undefined;
    const found = new Set([chosen]);
    for (const { a, b } of topology.links) {
      if (a.node === chosen) found.add(b.node);
      if (b.node === chosen) found.add(a.node);
    }
    return found;
  }, [chosen, topology]);
  const names = topology.nodes.length <= MOST_NAMES || view.width < drawing.box.width / 2;

  return (
    <div className="sr-graph">
      {/* Above the drawing and not on it: there it would cover what lies in that corner. */}
      <div className="sr-graph-tools">
        <Legend />
        <Group gap={6}>
          {MOVES.map(({ key, label, sign, x, y }) => (
            <ActionIcon key={key} variant="default" aria-label={label} onClick={() => move({ x, y })}>
              {sign}
            </ActionIcon>
          ))}
          <ActionIcon variant="default" aria-label="Closer" onClick={() => zoom(0.75)}>
            +
          </ActionIcon>
          <ActionIcon variant="default" aria-label="Farther" onClick={() => zoom(1.33)}>
            −
          </ActionIcon>
          <ActionIcon variant="default" aria-label="Show all" onClick={() => setView(drawing.box)}>
            ⤢
          </ActionIcon>
        </Group>
      </div>
      <svg
        ref={svg}
        role="img"
        aria-label={`Drawing of ${count(topology.nodes.length)} nodes and ${count(topology.links.length)} links, moved by the arrow keys; the tables below have the same`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what is moved by dragging must be moved by keys too
        tabIndex={0}
        viewBox={`${view.x} ${view.y} ${view.width} ${view.height}`}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={() => {
          held.current = undefined;
        }}
      >
        <Links topology={topology} drawing={drawing} chosen={chosen} />
        <Nodes
          topology={topology}
          drawing={drawing}
          chosen={chosen}
          near={near}
          names={names}
          onNode={onNode}
        />
      </svg>
    </div>
  );
}

/** The shapes as they are drawn; colour says nothing that they do not. */
function Legend() {
  return (
    <ul className="sr-graph-legend" aria-label="What is drawn">
      <li>
        <svg viewBox="-12 -10 24 20" aria-hidden="true">
          <g className="sr-graph-node" data-managed>
            <rect x={-10} y={-8} width={20} height={16} rx={4} />
          </g>
        </svg>
        Device
      </li>
      <li>
        <svg viewBox="-12 -10 24 20" aria-hidden="true">
          <g className="sr-graph-node">
            <circle r={8} />
          </g>
        </svg>
        Neighbor that is no device
      </li>
      <li>
        <svg viewBox="-12 -10 24 20" aria-hidden="true">
          <line className="sr-graph-link" data-one-sided x1={-12} x2={12} y1={0} y2={0} />
        </svg>
        Heard by one side only
      </li>
    </ul>
  );
}

interface Drawn {
  topology: Topology;
  drawing: Drawing;
  chosen: string | undefined;
}

const Links = memo(function Links({ topology, drawing, chosen }: Drawn) {
  return topology.links.map((link) => {
    const [from, to] = [drawing.places.get(link.a.node), drawing.places.get(link.b.node)];
    if (!from || !to) return null;
    const lit = chosen !== undefined && (link.a.node === chosen || link.b.node === chosen);
    return (
      <line
        key={`${link.a.node} ${link.a.interface} ${link.b.node} ${link.b.interface}`}
        x1={from.x}
        y1={from.y}
        x2={to.x}
        y2={to.y}
        className="sr-graph-link"
        data-one-sided={link.one_sided || undefined}
        data-lit={lit || undefined}
        data-dim={(chosen !== undefined && !lit) || undefined}
      />
    );
  });
});

interface NodesProps extends Drawn {
  /** What is chosen, and what is linked with it. */
  near: ReadonlySet<string> | undefined;
  names: boolean;
  onNode: (event: PointerEvent, id: string) => void;
}

const Nodes = memo(function Nodes({ topology, drawing, chosen, near, names, onNode }: NodesProps) {
  return topology.nodes.map((node) => {
    const place = drawing.places.get(node.id);
    if (!place) return null;
    return (
      <g
        key={node.id}
        transform={`translate(${place.x} ${place.y})`}
        className="sr-graph-node"
        data-managed={node.managed || undefined}
        data-chosen={node.id === chosen || undefined}
        data-dim={(near !== undefined && !near.has(node.id)) || undefined}
        onPointerUp={(event) => onNode(event, node.id)}
      >
        <title>{[node.name, node.platform, node.site].filter(Boolean).join(", ")}</title>
        {node.managed ? <rect x={-10} y={-8} width={20} height={16} rx={4} /> : <circle r={8} />}
        {(names || near?.has(node.id)) && <Name text={node.name} />}
      </g>
    );
  });
});

/** About as wide as a letter is in the drawing. */
const LETTER = 6.6;

/** On a ground of its own, so that no line runs through it. */
function Name({ text }: { text: string }) {
  const shown = text.length > 18 ? `${text.slice(0, 17)}…` : text;
  const width = shown.length * LETTER + 8;
  return (
    <>
      <rect className="sr-graph-name" x={-width / 2} y={12} width={width} height={16} rx={4} />
      <text y={24} textAnchor="middle">
        {shown}
      </text>
    </>
  );
}
