import { useComputedColorScheme } from "@mantine/core";
import { useElementSize, useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import type { SeenDevice } from "../progress";
import { failureWord, statusWord } from "../words";
import { drawCell, paintOf } from "./StatusCells";

interface Props {
  /** In an order that does not change with the statuses, so that cells keep their places. */
  devices: readonly SeenDevice[];
  onOpen: (id: string) => void;
}

const MOST_PIXELS = 420;

/** At most this many rows high; ten thousand devices fit on a screen. A full row reaches from edge to edge. */
function cells(count: number, width: number): { size: number; columns: number } {
  for (const least of [22, 18, 14, 11, 9, 7, 6]) {
    const columns = Math.max(1, Math.floor(width / least));
    const size = count < columns ? least : width / columns;
    if (least === 6 || Math.ceil(count / columns) * size <= MOST_PIXELS) return { size, columns };
  }
  return { size: 6, columns: 1 };
}

/**
 * All devices at a glance, drawn and not laid out: a page with ten thousand elements would not follow. What it shows is also
 * in the table, row by row, for the keyboard and for readers of the screen.
 */
export function HeatMap({ devices, onOpen }: Props) {
  const { ref, width } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme();
  const [hover, setHover] = useState<SeenDevice>();
  const touch = useMediaQuery("(hover: none)");
  const { size, columns } = cells(devices.length, width);
  const height = Math.ceil(Math.max(1, Math.ceil(devices.length / columns)) * size);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow the scheme
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.current.width = Math.floor(width * ratio);
    canvas.current.height = Math.floor(height * ratio);
    context.scale(ratio, ratio);
    context.clearRect(0, 0, width, height);
    const paint = paintOf(canvas.current);
    const side = Math.floor(size) - (size > 10 ? 2 : 1);
    // Edges between two pixels would be blurred.
    const whole = (at: number) => Math.round(at * ratio) / ratio;
    devices.forEach((device, index) => {
      const x = whole((index % columns) * size);
      const y = whole(Math.floor(index / columns) * size);
      drawCell(context, paint, device.status, x, y, side);
    });
  }, [devices, width, height, size, columns, scheme]);

  const at = (event: React.MouseEvent): SeenDevice | undefined => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / size);
    const row = Math.floor((event.clientY - box.top) / size);
    return column < columns ? devices[row * columns + column] : undefined;
  };

  return (
    <div>
      {/* On a phone it scrolls, so the keyboard must reach it. */}
      <div ref={ref} className="sr-map" tabIndex={height > MOST_PIXELS ? 0 : undefined}>
        <canvas
          ref={canvas}
          className="sr-heat"
          role="img"
          aria-label="All devices by status; the table has the same, row by row"
          style={{ height }}
          onMouseMove={(event) => setHover(at(event))}
          onMouseLeave={() => setHover(undefined)}
          onClick={(event) => {
            const device = at(event);
            if (device) onOpen(device.id);
          }}
        />
      </div>
      <div
        className="sr-cut sr-muted"
        style={{ minHeight: 24, marginTop: 8, fontSize: "0.86rem" }}
        aria-hidden="true"
      >
        {hover
          ? `${hover.name} · ${hover.address} · ${statusWord(hover.status).text}${
              hover.failureKind ? `: ${hover.message ?? failureWord(hover.failureKind)}` : ""
            }`
          : touch
            ? "Tap a cell to open its device."
            : "Point at a cell to see the device, click to open it."}
      </div>
    </div>
  );
}
