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

export interface ShownLine {
  line: SearchLine;
  /** Where in it; absent in a line that is only around one. */
  ranges: readonly { start: number; end: number }[] | undefined;
}

export interface Passage {
  section: readonly string[];
  lines: ShownLine[];
}

/** The hits of a text with the lines around them, each line once: what overlaps or follows at once is one passage. */
export function passages(hits: readonly SearchHit[]): Passage[] {
  const lines = new Map<number, ShownLine & { section: readonly string[] }>();
  for (const hit of hits) {
    for (const line of [...hit.before, ...hit.after]) {
      if (!lines.has(line.number)) lines.set(line.number, { line, ranges: undefined, section: hit.section });
    }
  }
  for (const { line, ranges, section } of hits) lines.set(line.number, { line, ranges, section });
  const found: Passage[] = [];
  let end = Number.NaN;
  for (const { line, ranges, section } of [...lines.values()].sort((a, b) => a.line.number - b.line.number)) {
    const last = found.at(-1);
    if (last !== undefined && line.number === end + 1) last.lines.push({ line, ranges });
    else found.push({ section, lines: [{ line, ranges }] });
    end = line.number;
  }
  return found;
}
