/** The address bar as state: plain `?site=ams&site=fra`, readable in a ticket, instead of the router's JSON. */

export type RawSearch = Record<string, string | string[]>;

export function parseSearch(text: string): RawSearch {
  const found: RawSearch = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const before = found[key];
    if (before === undefined) found[key] = value;
    else found[key] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return found;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== "" && each !== false)
        params.append(key, String(each));
    }
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

export function one(search: Record<string, unknown>, key: string): string | undefined {
  const value = search[key];
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" && first !== "" ? first : undefined;
}

export function many(search: Record<string, unknown>, key: string): string[] | undefined {
  const value = search[key];
  const list = (Array.isArray(value) ? value : [value]).filter(
    (each): each is string => typeof each === "string" && each !== "",
  );
  return list.length === 0 ? undefined : list;
}

/** The value, where it is one of the words that are known; any other, as an old link may hold, is as good as none. */
export function oneOf<Word extends string>(
  words: readonly Word[],
  value: string | undefined,
): Word | undefined {
  return words.find((word) => word === value);
}

/** A time as the API takes it; what is none is as good as no time. */
export function timeOf(value: string | undefined): string | undefined {
  const at = new Date(value ?? "");
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** A whole number from `least` to `most`; anything else is as good as none. */
export function wholeOf(value: string | undefined, least: number, most: number): number | undefined {
  const number = Number(value);
  return value !== undefined && Number.isInteger(number) && number >= least && number <= most
    ? number
    : undefined;
}

/** Without the keys that say nothing, so that they are absent and not `undefined`. */
export function clean<T extends Record<string, unknown>>(search: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const kept = Object.entries(search).filter(
    ([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** The search of a page: which keys hold one value and which a list. Everything else in the address is dropped. */
export function searchOf<const One extends readonly string[], const Many extends readonly string[]>(
  ones: One,
  manys: Many,
) {
  type Search = { [K in One[number]]?: string } & { [K in Many[number]]?: string[] };
  return (search: Record<string, unknown>): Search =>
    clean(
      Object.fromEntries([
        ...ones.map((key) => [key, one(search, key)] as const),
        ...manys.map((key) => [key, many(search, key)] as const),
      ]),
    ) as Search;
}
