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
      socket: async (after, on) => {
        up();
        if (this.refuseSockets) throw new ApiProblem({ title: "no", code: "network", status: 0 });
        this.sockets.push(on);
        for (const event of this.log.slice(Math.max(0, after))) on.event(event);
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
