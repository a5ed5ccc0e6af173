import type { ReactNode } from "react";

/** A table that is wider than a phone: it scrolls by itself, also by the keyboard. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a region of its own that scrolls
    <div
      role="region"
      aria-label={label}
      className="sr-scroll"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
      tabIndex={0}
    >
      {children}
    </div>
  );
}
