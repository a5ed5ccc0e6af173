/** Hits of a search as they are shown: those of one text together, each in its lines. Pure. */
import type { SearchHit, SearchLine } from "../api/types";

export interface TextHits {
  captureId: string;
  deviceId: string;
  deviceName: string;
  captureType: string;
  capturedAt: string;
  hits: SearchHit[];
}

export function byText(hits: readonly SearchHit[]): TextHits[] {
  const texts: TextHits[] = [];
  for (const hit of hits) {
    const last = texts.at(-1);
    if (last?.captureId === hit.capture_id) last.hits.push(hit);
    else {
      texts.push({
        captureId: hit.capture_id,
        deviceId: hit.device_id,
        deviceName: hit.device_name,
        captureType: hit.capture_type,
        capturedAt: hit.captured_at,
        hits: [hit],
      });
    }
  }
  return texts;
}

export interface Piece {
  text: string;
  found: boolean;
}

/** The line with what was found marked. Places are counted in characters as people see them, not in those of JavaScript. */
export function pieces(line: SearchLine, ranges: readonly { start: number; end: number }[]): Piece[] {
  const characters = [...line.text];
  const found: Piece[] = [];
  let at = 0;
  for (const { start, end } of ranges) {
    if (start < at || end > characters.length) continue;
    found.push({ text: characters.slice(at, start).join(""), found: false });
    found.push({ text: characters.slice(start, end).join(""), found: true });
    at = end;
  }
  found.push({ text: characters.slice(at).join(""), found: false });
  return found.filter((piece) => piece.text !== "");
}
