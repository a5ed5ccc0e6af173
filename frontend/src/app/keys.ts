import { useEffect, useRef } from "react";

const KEY = "showrun.shortcuts";

export function shortcutsOn(): boolean {
  return localStorage.getItem(KEY) !== "off";
}

export function setShortcuts(on: boolean): void {
  if (on) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, "off");
}

/** Whether this key is for the page: not typed into a field, not with a modifier, and wanted at all (WCAG 2.1.4). */
export function isShortcut(event: KeyboardEvent): boolean {
  const typing = (event.target as HTMLElement).closest("input, textarea, select, [contenteditable]");
  return !typing && !event.metaKey && !event.ctrlKey && !event.altKey && shortcutsOn();
}

const SECOND_KEY_MILLISECONDS = 1_500;
let going = 0;

/** `g` was pressed: the next key says where to go and means nothing else. */
export function go(): void {
  going = Date.now();
}

export function isGoing(): boolean {
  return Date.now() - going < SECOND_KEY_MILLISECONDS;
}

export function gone(): void {
  going = 0;
}

/** Single keys of a page. A key that is `undefined` does nothing now. */
export function useKeys(keys: Record<string, (() => void) | undefined>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isGoing() || !isShortcut(event)) return;
      const act = latest.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
