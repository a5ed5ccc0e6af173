import { useSession } from "../api/session";
import type { Me, Role } from "../api/types";

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

export function useMe(): Me {
  const session = useSession((state) => state.session);
  if (session.state !== "signed_in") throw new Error("a page is shown to people who are signed in");
  return session.me;
}

/** Whether the person has at least this role. The server decides; this only keeps controls away that it would refuse. */
export function useCan(role: Role): boolean {
  return RANK[useMe().role] >= RANK[role];
}
