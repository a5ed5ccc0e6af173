const number = new Intl.NumberFormat("en-GB");

export function count(value: number): string {
  return number.format(value);
}

/** `1 device`, `12 devices`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let rest = value;
  let unit = "";
  for (const next of units) {
    rest /= 1000;
    unit = next;
    if (rest < 999.5) break;
  }
  return `${rest < 10 ? rest.toFixed(1) : Math.round(rest)} ${unit}`;
}

/** `12 ms`, `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `343 d 15 h`. */
export function duration(seconds: number): string {
  if (seconds < 0.095) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pad = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const hours = Math.floor(whole / 3600);
  if (hours >= 48) return `${count(Math.floor(hours / 24))} d ${hours % 24} h`;
  return `${hours} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const dayFormat = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

/** A time for a log line, in the reader's zone. */
export function clock(at: string): string {
  return clockFormat.format(new Date(at));
}

export function dateTime(at: string): string {
  return dayFormat.format(new Date(at));
}

/** Both clocks, for a tooltip: what is written into a ticket is usually UTC. */
export function bothTimes(at: string): string {
  return `${dateTime(at)} local · ${new Date(at).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });

export function ago(at: string, now: number): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return seconds > 30 ? "soon" : "just now";
}

/** Names sort as people count: `sw2` before `sw10`. */
export const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;
