import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { ago, bothTimes, dateTime } from "../format";

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for every "5 minutes ago" of the page. */
function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 20_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

export function Ago({ at, none = "never" }: { at: string | undefined; none?: string }) {
  const current = useSyncExternalStore(subscribe, () => now);
  if (at === undefined) return <span className="sr-muted">{none}</span>;
  return (
    <Tooltip label={bothTimes(at)}>
      <time dateTime={at}>{ago(at, Math.max(current, new Date(at).getTime()))}</time>
    </Tooltip>
  );
}

/** The time itself, for what is read again much later or pasted into a ticket. */
export function Moment({ at }: { at: string }) {
  return (
    <Tooltip label={bothTimes(at)}>
      <time dateTime={at}>{dateTime(at)}</time>
    </Tooltip>
  );
}
