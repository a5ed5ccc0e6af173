/** How a device's status is drawn where a word has no room: each has a shape of its own, whatever its colour. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";

const COLOURS: Record<string, string> = {
  queued: "--sr-idle",
  running: "--sr-busy-solid",
  succeeded: "--sr-good-solid",
  partially_succeeded: "--sr-warn-solid",
  failed: "--sr-bad-solid",
  cancelled: "--sr-idle",
};

export type Paint = Record<string, string>;

/** The colours as they are in the scheme of now. */
export function paintOf(element: Element): Paint {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    Object.entries(COLOURS).map(([status, name]) => [status, style.getPropertyValue(name)]),
  );
}

/** Below this, lines inside a cell run into each other. */
const FINE = 8;

export function drawCell(
  context: CanvasRenderingContext2D,
  paint: Paint,
  status: string,
  x: number,
  y: number,
  side: number,
): void {
  const colour = paint[status] ?? paint.queued ?? "";
  context.fillStyle = colour;
  context.strokeStyle = colour;
  switch (status) {
    case "succeeded":
      context.fillRect(x, y, side, side);
      break;
    case "running": {
      const inset = Math.max(1, Math.round(side * 0.22));
      context.fillRect(x + inset, y + inset, side - 2 * inset, side - 2 * inset);
      break;
    }
    case "cancelled": {
      const bar = Math.max(2, Math.round(side * 0.34));
      context.fillRect(x, y + Math.floor((side - bar) / 2), side, bar);
      break;
    }
    case "partially_succeeded":
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + side, y + side);
      context.lineTo(x, y + side);
      context.fill();
      break;
    case "failed":
      context.fillRect(x, y, side, side);
      if (side < FINE) {
        const hole = Math.max(1, Math.round(side * 0.34));
        const at = Math.floor((side - hole) / 2);
        context.clearRect(x + at, y + at, hole, hole);
      } else {
        cross(context, x, y, side);
      }
      break;
    default:
      context.lineWidth = Math.max(1, Math.floor(side / 10));
      context.strokeRect(
        x + context.lineWidth / 2,
        y + context.lineWidth / 2,
        side - context.lineWidth,
        side - context.lineWidth,
      );
  }
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, side: number): void {
  const inset = side * 0.26;
  context.strokeStyle = "#fff";
  context.lineWidth = Math.max(1, side / 8);
  context.beginPath();
  context.moveTo(x + inset, y + inset);
  context.lineTo(x + side - inset, y + side - inset);
  context.moveTo(x + side - inset, y + inset);
  context.lineTo(x + inset, y + side - inset);
  context.stroke();
}

const SWATCH = 14;

/** One cell, for the legend. */
export function StatusCell({ status }: { status: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow the scheme
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.current.width = SWATCH * ratio;
    canvas.current.height = SWATCH * ratio;
    context.scale(ratio, ratio);
    context.clearRect(0, 0, SWATCH, SWATCH);
    drawCell(context, paintOf(canvas.current), status, 0, 0, SWATCH);
  }, [status, scheme]);
  return (
    <span aria-hidden="true" style={{ display: "flex" }}>
      <canvas ref={canvas} className="sr-swatch" />
    </span>
  );
}
