import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
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

/** One cell per device, at most this many rows high; ten thousand devices fit on a screen. */
function cellSize(count: number, width: number): number {
  for (const size of [22, 18, 14, 11, 9, 7]) {
    if (Math.ceil(count / Math.max(1, Math.floor(width / size))) * size <= MOST_PIXELS) return size;
  }
  return 6;
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
  const size = cellSize(devices.length, width);
  const columns = Math.max(1, Math.floor(width / size));
  const height = Math.max(1, Math.ceil(devices.length / columns)) * size;

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
    const side = size - (size > 10 ? 2 : 1);
    devices.forEach((device, index) => {
      const x = (index % columns) * size;
      const y = Math.floor(index / columns) * size;
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
          : "Point at a cell to see the device, click to open it."}
      </div>
    </div>
  );
}
