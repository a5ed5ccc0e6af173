import { useRef } from "react";
import { idempotencyKey } from "./client";
import { asProblem } from "./problem";

/**
 * One `Idempotency-Key` per body until the server has answered: a second click, or one after a lost answer, must not start
 * the same thing twice. After an answer, asking again means it.
 */
export function useIdempotencyKey() {
  const kept = useRef<{ body: string; header: ReturnType<typeof idempotencyKey> }>(undefined);
  return {
    of: (body: unknown) => {
      const text = JSON.stringify(body);
      if (kept.current?.body !== text) kept.current = { body: text, header: idempotencyKey() };
      return kept.current.header;
    },
    settled: (error: unknown) => {
      if (!error || !asProblem(error).unreachable) kept.current = undefined;
    },
  };
}
