import { create } from "zustand";
import { type ApiProblem, asProblem, problemOf, unreachable } from "./problem";
import type { Me } from "./types";

/**
 * Who is signed in. The access token lives in this module's memory and nowhere else; what survives a reload is the
 * refresh cookie, which no script can read.
 */
export type Session =
  | { state: "unknown" }
  | { state: "signed_out"; reason?: string }
  | { state: "unreachable"; problem: ApiProblem }
  | { state: "signed_in"; me: Me };

export const useSession = create<{ session: Session }>(() => ({ session: { state: "unknown" } }));

let accessToken: string | undefined;
let renewal: Promise<boolean> | undefined;
let renewalTimer: ReturnType<typeof setTimeout> | undefined;

const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("showrun-session");
if (tabs) {
  tabs.onmessage = (message) => {
    if (message.data === "signed_out") forget();
    // Another tab signed in: the cookie is there now, so this tab can follow.
    if (message.data === "signed_in" && useSession.getState().session.state !== "signed_in") void start();
  };
}

function set(session: Session) {
  useSession.setState({ session });
}

function forget(reason?: string) {
  accessToken = undefined;
  clearTimeout(renewalTimer);
  set(reason === undefined ? { state: "signed_out" } : { state: "signed_out", reason });
}

interface Tokens {
  access_token: string;
  expires_in: number;
}

function keep(tokens: Tokens) {
  accessToken = tokens.access_token;
  clearTimeout(renewalTimer);
  // Early enough that a request started now does not meet an expired token, and not all tabs at the same moment.
  const seconds = Math.max(5, tokens.expires_in - 45 - Math.random() * 30);
  renewLater(seconds);
}

function renewLater(seconds: number) {
  // A server that is away now is asked again; whoever needs a token before that renews it then.
  renewalTimer = setTimeout(() => void renew().catch(() => renewLater(10)), seconds * 1000);
}

async function post(path: string, body: unknown): Promise<Response> {
  try {
    return await fetch(`/api/v1/auth/${path}`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch (error) {
    throw unreachable(error);
  }
}

async function answer<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemOf(body, response);
  return body as T;
}

/** One renewal at a time, whoever asks. True when there is a token again; throws when the server cannot be reached. */
export function renew(): Promise<boolean> {
  renewal ??= (async () => {
    try {
      keep(await answer<Tokens>(await post("refresh", {})));
      void noticeChangedRole();
      return true;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status !== 401 && problem.status !== 403) throw problem;
      const before = useSession.getState().session.state;
      forget(before === "signed_in" ? "Your session has ended. Sign in to go on." : undefined);
      return false;
    } finally {
      renewal = undefined;
    }
  })();
  return renewal;
}

/** A role that was changed shows with the next renewal; the server has held to it since the change. */
async function noticeChangedRole(): Promise<void> {
  if (useSession.getState().session.state !== "signed_in") return;
  const me = await whoAmI().catch(() => undefined);
  const { session } = useSession.getState();
  if (me && session.state === "signed_in" && session.me.role !== me.role) set({ state: "signed_in", me });
}

async function whoAmI(): Promise<Me> {
  const headers = new Headers();
  authorise(headers);
  let response: Response;
  try {
    response = await fetch("/api/v1/auth/me", { headers });
  } catch (error) {
    throw unreachable(error);
  }
  return answer<Me>(response);
}

/** On load: the cookie either gives a session or it does not; until then no page is shown, so that none flashes. */
export async function start(): Promise<void> {
  try {
    if (await renew()) set({ state: "signed_in", me: await whoAmI() });
  } catch (error) {
    set({ state: "unreachable", problem: asProblem(error) });
  }
}

export async function signIn(username: string, password: string): Promise<void> {
  keep(await answer<Tokens>(await post("login", { username, password })));
  set({ state: "signed_in", me: await whoAmI() });
  tabs?.postMessage("signed_in");
}

export async function signOut(): Promise<void> {
  await post("logout", {}).catch(() => undefined);
  forget();
  tabs?.postMessage("signed_out");
}

export function authorise(headers: Headers): void {
  if (accessToken !== undefined) headers.set("authorization", `Bearer ${accessToken}`);
}
