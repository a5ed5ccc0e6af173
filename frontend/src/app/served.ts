/** Whether the server answers, and whether the pages that it has are those that this one belongs to. */
export type Served = "away" | "same" | "updated";

/** `entry` is the address of the script that this page began with: its name changes with what is in any of the pages. */
export async function servedNow(entry = entryHere()): Promise<Served> {
  try {
    const response = await fetch("/", { cache: "no-store" });
    if (!response.ok) return "away";
    const page = await response.text();
    return entry === undefined || page.includes(entry) ? "same" : "updated";
  } catch {
    return "away";
  }
}

function entryHere(): string | undefined {
  return document.querySelector('script[type="module"][src]')?.getAttribute("src") ?? undefined;
}
