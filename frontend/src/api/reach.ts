import { create } from "zustand";

/** Whether the last request found the server. */
export const useReach = create<{ away: boolean }>(() => ({ away: false }));

/** What stands before a server answers so while it starts anew. */
export function isAway(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}
