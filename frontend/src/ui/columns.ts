/** Which columns of a table have room. Pure, and apart from the table for that. */

export type From = "sm" | "md" | "lg";

interface Sized {
  width: string;
  from?: From;
}

/** Between two columns, and at both sides of a row: as in the style sheet. */
const GAP = 14;
const SIDES = 32;
/** What is left out first. */
const ORDER: readonly From[] = ["lg", "md", "sm"];

/** The least that a track takes: `120px`, `minmax(140px, 2fr)`; others give way to nothing. */
export function leastOf(track: string): number {
  return Number(/^(?:minmax\()?(\d+(?:\.\d+)?)px/.exec(track)?.[1] ?? 0);
}

/**
 * As many as fit into so many pixels: what is wanted only on wide screens goes first, from the end. A navigation beside the
 * table, or a panel around it, takes room that the width of the screen does not tell.
 */
export function fitting<Column extends Sized>(columns: readonly Column[], width: number): Column[] {
  const kept = [...columns];
  const needed = () =>
    kept.reduce((sum, column) => sum + leastOf(column.width), SIDES + GAP * Math.max(0, kept.length - 1));
  for (const from of ORDER) {
    for (let at = kept.length - 1; at >= 0 && needed() > width; at -= 1) {
      if (kept[at]?.from === from) kept.splice(at, 1);
    }
  }
  return kept;
}
