/** Where a text has what somebody looks for, and the way from one place to the next. Pure. */

/** The indexes of the lines that have it, in upper and lower case. */
export function hitsIn(lines: readonly string[], find: string): number[] {
  const wanted = find.toLowerCase();
  if (wanted === "") return [];
  return lines.flatMap((line, index) => (line.toLowerCase().includes(wanted) ? [index] : []));
}

/** The hit that one begins with: at the line that a link leads to, or the first one behind it. -1: there is none. */
export function firstHit(hits: readonly number[], line: number): number {
  const behind = hits.findIndex((hit) => hit >= line);
  return behind === -1 && hits.length > 0 ? 0 : behind;
}

/** After the last one comes the first, and before the first the last. */
export function nextHit(hits: readonly number[], at: number, by: 1 | -1): number {
  return hits.length === 0 ? -1 : (at + by + hits.length) % hits.length;
}
