/** What a reading operation of the API takes and gives, out of the generated types. */
import type { paths } from "./schema";

export type Path = keyof paths;

export type QueryOf<Of extends Path> = paths[Of] extends { get: { parameters: { query?: infer Query } } }
  ? NonNullable<Query>
  : never;

export type AnswerOf<Of extends Path> = paths[Of] extends {
  get: { responses: { 200: { content: { "application/json": infer Answer } } } };
}
  ? Answer
  : never;

/**
 * The filters of an operation as a page puts them together, where one that is not set may stand as `undefined`. Written
 * out as `clean<FiltersOf<"/devices">>({ … })`, so that the compiler refuses a filter that the operation has not.
 */
export type FiltersOf<Of extends Path> = {
  [Name in keyof QueryOf<Of>]?: QueryOf<Of>[Name] | undefined;
};

/**
 * The words of an enumeration of the API in an order of one's own: `wordsOf<Role>()("viewer", "operator", "admin")`. The
 * compiler refuses one that the API has not, and a list in which one is missing.
 */
export function wordsOf<Word extends string>() {
  return <const Words extends readonly Word[]>(
    ...words: Words & ([Exclude<Word, Words[number]>] extends [never] ? unknown : "a word is missing")
  ): Words => words;
}
