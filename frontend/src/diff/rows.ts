/** From hunks to the rows of a view. Pure. */
import type { DiffHunk, DiffLine } from "../api/types";

export type Row =
  | { kind: "hunk"; key: string; hunk: number; section: readonly string[]; severity: string }
  | { kind: "line"; key: string; hunk: number; line: DiffLine; other: DiffLine | undefined }
  | { kind: "pair"; key: string; hunk: number; before: DiffLine | undefined; after: DiffLine | undefined };

function head(hunk: DiffHunk, index: number): Row {
  return { kind: "hunk", key: `h${index}`, hunk: index, section: hunk.section, severity: hunk.severity };
}

/** Lines that were taken away and those put in their place, one beside the other as far as they go. */
function blocks(lines: readonly DiffLine[]): (DiffLine | { gone: DiffLine[]; come: DiffLine[] })[] {
  const found: (DiffLine | { gone: DiffLine[]; come: DiffLine[] })[] = [];
  let block: { gone: DiffLine[]; come: DiffLine[] } | undefined;
  for (const line of lines) {
    if (line.op === "equal") {
      block = undefined;
      found.push(line);
      continue;
    }
    // What comes after lines were put in is another change.
    if (block === undefined || (line.op === "removed" && block.come.length > 0)) {
      block = { gone: [], come: [] };
      found.push(block);
    }
    (line.op === "removed" ? block.gone : block.come).push(line);
  }
  return found;
}

export function unified(hunks: readonly DiffHunk[]): Row[] {
  return hunks.flatMap((hunk, index): Row[] => {
    const rows: Row[] = [head(hunk, index)];
    const add = (line: DiffLine, other?: DiffLine) =>
      rows.push({ kind: "line", key: `h${index}l${rows.length}`, hunk: index, line, other });
    for (const each of blocks(hunk.lines)) {
      if ("op" in each) {
        add(each);
        continue;
      }
      for (const [at, line] of each.gone.entries()) add(line, each.come[at]);
      for (const [at, line] of each.come.entries()) add(line, each.gone[at]);
    }
    return rows;
  });
}

export function sideBySide(hunks: readonly DiffHunk[]): Row[] {
  return hunks.flatMap((hunk, index): Row[] => {
    const rows: Row[] = [head(hunk, index)];
    const add = (before: DiffLine | undefined, after: DiffLine | undefined) =>
      rows.push({ kind: "pair", key: `h${index}p${rows.length}`, hunk: index, before, after });
    for (const each of blocks(hunk.lines)) {
      if ("op" in each) {
        add(each, each);
        continue;
      }
      for (let at = 0; at < Math.max(each.gone.length, each.come.length); at++) {
        add(each.gone[at], each.come[at]);
      }
    }
    return rows;
  });
}

export interface Part {
  text: string;
  different: boolean;
}

/** What of a line is other than in the line it replaces: the middle, when both ends are the same words. */
export function parts(text: string, other: string | undefined): Part[] {
  if (other === undefined) return [{ text, different: false }];
  const [a, b] = [words(text), words(other)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  // Lines that share nothing but their indent are two lines, not one that was edited.
  const same = [...a.slice(0, start), ...a.slice(a.length - end)].join("").trim();
  if (same === "") return [{ text, different: false }];
  return [
    { text: a.slice(0, start).join(""), different: false },
    { text: a.slice(start, a.length - end).join(""), different: true },
    { text: a.slice(a.length - end).join(""), different: false },
  ].filter((part) => part.text !== "");
}

function words(text: string): string[] {
  return text.match(/\s+|[^\s./:,]+|[./:,]/g) ?? [];
}
