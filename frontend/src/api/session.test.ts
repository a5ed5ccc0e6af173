import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** A server that knows one person and gives a new token at each renewal. */
class Server {
  requests: string[] = [];
  tokens = 0;
  valid: string | undefined;
  cookie = true;
  away = false;

  readonly fetch = async (input: string | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(
      new URL(typeof input === "string" ? input : input.url, "http://showrun.test"),
      init,
    );
    const headers = typeof input === "string" ? request.headers : input.headers;
    const path = new URL(request.url).pathname.replace("/api/v1", "");
    this.requests.push(path);
    if (this.away) throw new TypeError("Failed to fetch");
    await Promise.resolve();
    if (path === "/auth/refresh") {
      if (!this.cookie) return problem(401, "refresh_failed");
      this.valid = `token-${++this.tokens}`;
      return Response.json({ access_token: this.valid, expires_in: 900 });
    }
    if (headers.get("authorization") !== `Bearer ${this.valid}`) return problem(401, "unauthenticated");
    return Response.json({ id: "1", username: "maria", role: "operator", via: "session" });
  };
}

function problem(status: number, code: string): Response {
  return Response.json(
    { type: "about:blank", title: "Sign in", status, code, request_id: "r-1" },
    { status },
  );
}

let server: Server;
let session: typeof import("./session");
let client: typeof import("./client");

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
  vi.stubGlobal("location", { origin: "http://showrun.test" });
  vi.stubGlobal("BroadcastChannel", undefined);
  session = await import("./session");
  client = await import("./client");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const state = () => session.useSession.getState().session;
const ask = () => client.ask(client.api.GET("/auth/me"));

it("begins with neither a page nor the login, and the cookie decides", async () => {
  expect(state().state).toBe("unknown");
  await session.start();
  expect(state()).toMatchObject({ state: "signed_in", me: { username: "maria" } });
});

it("shows the login where there is no cookie", async () => {
  server.cookie = false;
  await session.start();
  expect(state()).toEqual({ state: "signed_out" });
});

it("does not show the login because the server is away", async () => {
  server.away = true;
  await session.start();
  expect(state().state).toBe("unreachable");
});

it("renews once however many requests meet an expired token, and sends each again", async () => {
  await session.start();
  server.valid = "another";
  server.requests = [];
  const answers = await Promise.all([ask(), ask(), ask()]);
  expect(answers.map((answer) => answer.username)).toEqual(["maria", "maria", "maria"]);
  expect(server.requests.filter((path) => path === "/auth/refresh")).toHaveLength(1);
});

it("renews before the token ends", async () => {
  await session.start();
  server.requests = [];
  await vi.advanceTimersByTimeAsync(900_000);
  expect(server.requests).toContain("/auth/refresh");
});

it("goes back to the login, with a reason, when the session was revoked", async () => {
  await session.start();
  server.valid = "another";
  server.cookie = false;
  await expect(ask()).rejects.toMatchObject({ status: 401, requestId: "r-1" });
  expect(state()).toMatchObject({ state: "signed_out", reason: expect.stringContaining("ended") });
});
