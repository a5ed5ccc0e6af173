import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiProblem } from "../api/problem";
import type { Collection, CollectionDevice, Counts, ProgressEvent } from "../api/types";
import { backOff, CollectionFeed, type SocketEvents, type Source } from "./feed";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A server with one device, whose connections can be cut. */
class Server {
  log: ProgressEvent[] = [];
  sockets: SocketEvents[] = [];
  refuseSockets = false;
  /** Upgrades that nobody answers. */
  hanging = false;
  away = false;
  status: Collection["status"] = "running";
  row: CollectionDevice = {
    device_id: "d",
    device_name: "edge-1",
    ip_address: "192.0.2.1",
    platform: "cisco_ios",
    site: "",
    status: "queued",
    attempt: 0,
    captures: [],
  };

  counts(): Counts {
    const of = (status: string) => (this.row.status === status ? 1 : 0);
    return {
      total: 1,
      queued: of("queued"),
      running: of("running"),
      succeeded: of("succeeded"),
      partially_succeeded: 0,
      failed: of("failed"),
      cancelled: 0,
    };
  }

  emit(type: string, data: Record<string, unknown>) {
    const event = {
      seq: this.log.length + 1,
      at: "2026-01-01T00:00:00Z",
      collection_id: "c",
      type,
      data: { device_id: "d", device_name: "edge-1", ...data },
    };
    this.log.push(event);
    for (const socket of this.sockets) socket.event(event);
  }

  start() {
    this.row = { ...this.row, status: "running", attempt: 1 };
    this.emit("device_started", { attempt: 1, ip_address: "192.0.2.1" });
  }

  end() {
    this.row = { ...this.row, status: "succeeded", duration_ms: 5 };
    this.status = "succeeded";
    this.emit("device_completed", { status: "succeeded", success: true, duration_ms: 5 });
    this.emit("collection_progress", { stage: "finished", progress: 100, counts: this.counts() });
    this.emit("collection_complete", {
      success: true,
      status: "succeeded",
      devices_succeeded: 1,
      devices_failed: 0,
    });
    this.cut(1000);
  }

  cut(code: number) {
    for (const socket of this.sockets.splice(0)) socket.closed(code);
  }

  source(): Source {
    const up = () => {
      if (this.away) throw new ApiProblem({ title: "away", code: "network", status: 0 });
    };
    return {
      collection: async () => {
        up();
        return {
          status: this.status,
          stage: "collecting",
          progress: 0,
          counts: this.counts(),
          devices_succeeded: 0,
          devices_failed: 0,
          last_seq: this.log.length,
        } as unknown as Collection;
      },
      devices: async () => {
        up();
        return { items: [structuredClone(this.row)], last_seq: this.log.length };
      },
      events: async (after, limit) => {
        up();
        return { items: this.log.slice(after, after + limit), last_seq: this.log.length };
      },
      socket: async (after, on, signal) => {
        up();
        if (this.hanging) {
          return new Promise((_, reject) => {
            signal.addEventListener("abort", () =>
              reject(new ApiProblem({ title: "no", code: "network", status: 0 })),
            );
          });
        }
        if (this.refuseSockets) throw new ApiProblem({ title: "no", code: "network", status: 0 });
        this.sockets.push(on);
        for (const event of this.log.slice(Math.max(0, after))) on.event(event);
        if (this.status !== "running") queueMicrotask(() => this.cut(1000));
        return {
          close: () => {
            this.sockets = this.sockets.filter((other) => other !== on);
            on.closed(1006);
          },
        };
      },
      renewSession: async () => true,
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      now: () => Date.now(),
    };
  }
}

function follow(server: Server): CollectionFeed {
  const feed = new CollectionFeed(server.source());
  void feed.run();
  return feed;
}

const settle = (milliseconds = 1_000) => vi.advanceTimersByTimeAsync(milliseconds);

it("is live, and ends with what the server counted", async () => {
  const server = new Server();
  const feed = follow(server);
  await settle();
  expect(feed.get().link).toBe("live");
  server.start();
  await settle();
  expect(feed.get().progress.devices.get("d")?.status).toBe("running");
  server.end();
  await settle(20_000);
  expect(feed.get().link).toBe("ended");
  expect(feed.get().progress.counts.counts).toMatchObject({ queued: 0, running: 0, succeeded: 1 });
});

it("misses nothing when the connection is cut while things happen", async () => {
  const server = new Server();
  const feed = follow(server);
  await settle();
  server.cut(1006);
  server.start();
  await settle(20_000);
  expect(feed.get().link).toBe("live");
  expect(feed.get().progress.devices.get("d")?.status).toBe("running");
  expect(feed.get().progress.log.map((line) => line.seq)).toEqual([1]);
});

it("waits for a server that restarts, says so, and goes on", async () => {
  const server = new Server();
  const feed = follow(server);
  await settle();
  server.away = true;
  server.cut(1006);
  await settle(20_000);
  expect(feed.get().link).toBe("catching_up");
  expect(feed.get().problem?.code).toBe("network");
  server.away = false;
  await settle(60_000);
  expect(feed.get().problem).toBeUndefined();
  expect(["live", "polling"]).toContain(feed.get().link);
});

const logged = (feed: CollectionFeed) => feed.get().progress.log.map((line) => line.seq);

/** An event with a line of the log. */
function say(server: Server, n: number) {
  server.emit("capture_completed", { capture_type: `t${n}`, verdict: "complete", bytes: 1 });
}

it("misses no line of the log in an outage, when there are lines already", async () => {
  const server = new Server();
  const feed = follow(server);
  await settle();
  server.start();
  await settle();
  server.away = true;
  server.cut(1006);
  say(server, 1);
  say(server, 2);
  await settle(5_000);
  server.away = false;
  await settle(30_000);
  say(server, 3);
  await settle();
  expect(logged(feed)).toEqual([1, 2, 3, 4]);
});

it("misses no line of the log while it polls", async () => {
  const server = new Server();
  server.refuseSockets = true;
  const feed = follow(server);
  for (let n = 0; n < 100; n++) {
    say(server, n);
    await settle(700);
  }
  await settle(30_000);
  expect(logged(feed)).toEqual(server.log.map((event) => event.seq));
});

it("says how many events it left out when too many were missed", async () => {
  const server = new Server();
  const feed = follow(server);
  await settle();
  say(server, 0);
  await settle();
  server.away = true;
  server.cut(1006);
  for (let n = 1; n < 5_000; n++) say(server, n);
  server.away = false;
  await settle(60_000);
  const { log } = feed.get().progress;
  expect(log[1]?.text).toMatch(/^4,799 earlier events left out/);
  expect(log.map((line) => line.seq)).toEqual([
    1,
    4_800,
    ...Array.from({ length: 200 }, (_, n) => 4_801 + n),
  ]);
});

it("has the end of the log when it is opened late, and says what stands before", async () => {
  const server = new Server();
  server.start();
  for (let n = 0; n < 299; n++) say(server, n);
  server.end();
  const feed = follow(server);
  await settle(2_000);
  expect(feed.get().link).toBe("ended");
  expect(feed.get().progress.log[0]?.text).toMatch(/^103 earlier events left out/);
  expect(feed.get().progress.log.at(-1)?.seq).toBe(303);
});

it("has the whole log after any cuts, outages and refusals", async () => {
  const trouble = fc.oneof(
    fc.constantFrom("event", "cut", "away", "back", "refuse", "accept", "hang", "answer", "wake"),
    fc.integer({ min: 100, max: 20_000 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { maxLength: 40 }), async (steps) => {
      const server = new Server();
      server.start();
      const feed = follow(server);
      let n = 0;
      for (const step of steps) {
        if (typeof step === "number") await settle(step);
        if (step === "event") say(server, n++);
        if (step === "cut") server.cut(1006);
        if (step === "away") {
          server.away = true;
          server.cut(1006);
        }
        if (step === "back") server.away = false;
        if (step === "refuse") server.refuseSockets = true;
        if (step === "accept") server.refuseSockets = false;
        if (step === "hang") server.hanging = true;
        if (step === "answer") server.hanging = false;
        if (step === "wake") feed.wake();
      }
      server.away = false;
      server.end();
      await settle(120_000);
      expect(feed.get().link).toBe("ended");
      const lines = server.log.filter((event) => event.type !== "collection_progress");
      expect(logged(feed)).toEqual(lines.map((event) => event.seq));
      expect(feed.get().progress.counts.counts).toMatchObject({ queued: 0, running: 0, succeeded: 1 });
      feed.stop();
    }),
    { numRuns: 60 },
  );
});

it("polls where an upgrade is never answered, and waking up ends the wait", async () => {
  const server = new Server();
  server.hanging = true;
  const feed = follow(server);
  await settle(5_500);
  expect(feed.get().link).toBe("polling");
  server.start();
  await settle(3_000);
  expect(feed.get().progress.devices.get("d")?.status).toBe("running");
  feed.stop();
});

it("polls where no socket gets through, and still sees the end", async () => {
  const server = new Server();
  server.refuseSockets = true;
  const feed = follow(server);
  await settle(10_000);
  expect(feed.get().link).toBe("polling");
  server.start();
  await settle(5_000);
  expect(feed.get().progress.devices.get("d")?.status).toBe("running");
  server.end();
  await settle(30_000);
  expect(feed.get().link).toBe("ended");
});

it("goes back from polling to live", async () => {
  const server = new Server();
  server.refuseSockets = true;
  const feed = follow(server);
  await settle(10_000);
  expect(feed.get().link).toBe("polling");
  server.refuseSockets = false;
  await settle(60_000);
  expect(feed.get().link).toBe("live");
});

it("paints at most four times a second", async () => {
  const server = new Server();
  const feed = follow(server);
  await settle();
  let paints = 0;
  feed.subscribe(() => paints++);
  for (let n = 0; n < 100; n++) {
    server.emit("capture_completed", { capture_type: `t${n}`, verdict: "complete", bytes: 1 });
    await settle(10);
  }
  expect(paints).toBeLessThanOrEqual(5);
});

it("gives up on what is gone or not allowed", async () => {
  const server = new Server();
  const source = server.source();
  const feed = new CollectionFeed({
    ...source,
    collection: async () => {
      throw new ApiProblem({ title: "Not found", code: "not_found", status: 404 });
    },
  });
  await feed.run();
  expect(feed.get().problem?.status).toBe(404);
});

it("backs off with jitter, up to fifteen seconds", () => {
  for (let n = 0; n < 50; n++) {
    expect(backOff(1)).toBeGreaterThanOrEqual(500);
    expect(backOff(1)).toBeLessThanOrEqual(1_000);
    expect(backOff(20)).toBeLessThanOrEqual(15_000);
  }
});
