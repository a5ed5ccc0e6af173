import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Collection, CollectionDevice, Counts, ProgressEvent } from "./api/types";
import { type Input, NOTHING, type Progress, reduce, shown } from "./progress";

type DeviceStatus = "queued" | "running" | "succeeded" | "partially_succeeded" | "failed" | "cancelled";

/** The server's side, small: what happened so far, and from it the snapshot at any moment. */
type Step =
  | { do: "start"; device: number }
  | { do: "capture"; device: number; type: string; verdict: string }
  | { do: "end"; device: number; status: DeviceStatus }
  | { do: "tell" };

interface Moment {
  seq: number;
  collection: Collection;
  rows: CollectionDevice[];
}

const AT = "2026-01-01T00:00:00Z";
const DEVICES = 4;

function play(steps: readonly Step[]): { events: ProgressEvent[]; moments: Moment[] } {
  const rows: CollectionDevice[] = Array.from({ length: DEVICES }, (_, n) => ({
    device_id: `d${n}`,
    device_name: `device-${n}`,
    ip_address: `192.0.2.${n}`,
    platform: "cisco_ios",
    site: "ams",
    status: "queued",
    attempt: 0,
    captures: [],
  }));
  const events: ProgressEvent[] = [];
  const moments: Moment[] = [];
  let ended: Collection["status"] | undefined;

  const counts = (): Counts => {
    const of = (status: DeviceStatus) => rows.filter((row) => row.status === status).length;
    return {
      total: DEVICES,
      queued: of("queued"),
      running: of("running"),
      succeeded: of("succeeded"),
      partially_succeeded: of("partially_succeeded"),
      failed: of("failed"),
      cancelled: of("cancelled"),
    };
  };
  const emit = (type: string, data: Record<string, unknown>) => {
    events.push({ seq: events.length + 1, at: AT, collection_id: "c", type, data });
  };
  const progress = () => {
    const now = counts();
    const completed = DEVICES - now.queued - now.running;
    emit("collection_progress", {
      stage: "collecting",
      progress: Math.round((100 * completed) / DEVICES),
      counts: now,
    });
  };
  const moment = () => {
    const now = counts();
    moments.push({
      seq: events.length,
      collection: {
        id: "c",
        name: "c",
        status: ended ?? (events.length === 0 ? "queued" : "running"),
        stage: events.length === 0 ? "queued" : "collecting",
        progress: Math.round((100 * (DEVICES - now.queued - now.running)) / DEVICES),
        counts: now,
        capture_types: ["configs", "arp"],
        devices_succeeded: ended ? now.succeeded : 0,
        devices_failed: ended ? DEVICES - now.succeeded : 0,
        last_seq: events.length,
      } as unknown as Collection,
      rows: structuredClone(rows),
    });
  };
  const end = (row: CollectionDevice, status: DeviceStatus) => {
    row.status = status;
    row.duration_ms = 100;
    const success = status === "succeeded";
    if (!success) {
      row.failure_kind = "command_timeout";
      row.message = "Command timed out after 15 seconds";
    }
    emit("device_completed", {
      device_id: row.device_id,
      device_name: row.device_name,
      success,
      status,
      duration_ms: 100,
      ...(success ? {} : { failure_kind: row.failure_kind, message: row.message }),
    });
  };

  moment();
  for (const step of steps) {
    const row = step.do === "tell" ? undefined : rows[step.device];
    if (step.do === "start" && row?.status === "queued") {
      row.status = "running";
      row.attempt += 1;
      row.started_at = AT;
      emit("device_started", {
        device_id: row.device_id,
        device_name: row.device_name,
        ip_address: row.ip_address,
        attempt: row.attempt,
      });
    } else if (step.do === "capture" && row?.status === "running") {
      if (row.captures.some((capture) => capture.capture_type === step.type)) continue;
      row.captures.push({ capture_type: step.type, verdict: step.verdict, bytes: 7, lines: 1 });
      emit("capture_completed", {
        device_id: row.device_id,
        device_name: row.device_name,
        capture_type: step.type,
        verdict: step.verdict,
        bytes: 7,
      });
    } else if (step.do === "end" && row?.status === "running") {
      end(row, step.status);
    }
    // A batch is committed whole, with its counters, before anybody can read it.
    progress();
    moment();
  }
  for (const row of rows) if (row.status === "queued" || row.status === "running") end(row, "failed");
  progress();
  ended = counts().succeeded === DEVICES ? "succeeded" : "partially_succeeded";
  emit("collection_complete", {
    success: ended === "succeeded",
    status: ended,
    devices_succeeded: counts().succeeded,
    devices_failed: DEVICES - counts().succeeded,
  });
  moment();
  return { events, moments };
}

const device = fc.integer({ min: 0, max: DEVICES - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("start" as const), device }),
  fc.record({
    do: fc.constant("capture" as const),
    device,
    type: fc.constantFrom("configs", "arp"),
    verdict: fc.constantFrom("complete", "truncated"),
  }),
  fc.record({
    do: fc.constant("end" as const),
    device,
    status: fc.constantFrom<DeviceStatus>("succeeded", "partially_succeeded", "failed", "cancelled"),
  }),
  fc.constant<Step>({ do: "tell" }),
);

/** What a person sees; `seq` marks are how it came about. */
function picture(progress: Progress) {
  return {
    counts: shown(progress.counts.counts, progress.counts.percent),
    status: progress.status.status,
    succeeded: progress.status.succeeded,
    failed: progress.status.failed,
    complete: progress.complete,
    lastSeq: progress.lastSeq,
    log: progress.log,
    devices: [...progress.devices.values()]
      .map(({ seq: _, ...rest }) => rest)
      .sort((a, b) => a.id.localeCompare(b.id)),
  };
}

function all(inputs: readonly Input[], from: Progress = NOTHING): Progress {
  return inputs.reduce(reduce, from);
}

describe("reduce", () => {
  it("gives the same picture for any interleaving of reloads, old, repeated and shuffled events", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { maxLength: 8 }),
        fc.infiniteStream(fc.nat({ max: 1_000_000 })),
        (steps, reloads, random) => {
          const { events, moments } = play(steps);
          const first = moments[0] as Moment;
          const undisturbed = all([
            { kind: "collection", collection: first.collection },
            { kind: "devices", items: first.rows, lastSeq: first.seq },
            ...events.map((event): Input => ({ kind: "events", events: [event] })),
          ]);

          const pick = () => random.next().value as number;
          const inputs: Input[] = [];
          // Snapshots of any moments, their pages read at other moments than the collection, as a reload reads them.
          for (const [at, left, right] of [[0, 0, 0] as const, ...reloads]) {
            const of = (n: number) => moments[n % moments.length] as Moment;
            inputs.push({ kind: "collection", collection: of(at).collection });
            inputs.push({ kind: "devices", items: of(left).rows.slice(0, 2), lastSeq: of(left).seq });
            inputs.push({ kind: "devices", items: of(right).rows.slice(2), lastSeq: of(right).seq });
          }
          for (const event of events) inputs.push({ kind: "events", events: [event] });
          for (let n = 0; n < 10; n++) {
            const from = pick() % events.length;
            inputs.push({ kind: "events", events: events.slice(from, from + (pick() % 5)) });
          }
          for (let n = inputs.length - 1; n > 0; n--) {
            const other = pick() % (n + 1);
            [inputs[n], inputs[other]] = [inputs[other] as Input, inputs[n] as Input];
          }
          expect(picture(all(inputs))).toEqual(picture(undisturbed));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("counts what the server counts, and nothing remains at the end", () => {
    const { events, moments } = play([{ do: "start", device: 0 }]);
    const last = moments.at(-1) as Moment;
    const view = picture(
      all([
        { kind: "collection", collection: last.collection },
        { kind: "events", events },
      ]),
    );
    expect(view.counts.remaining).toBe(0);
    expect(view.counts.completed + view.counts.failed).toBe(view.counts.total);
    expect(view.complete).toBe(true);
  });

  it("adds partial and cancelled devices to the failed ones and says how many", () => {
    const counts = {
      total: 9,
      queued: 0,
      running: 0,
      succeeded: 4,
      partially_succeeded: 2,
      failed: 2,
      cancelled: 1,
    };
    expect(shown(counts, 100)).toMatchObject({ completed: 4, failed: 5, partial: 2, remaining: 0 });
  });

  it("takes a device back to queued when a later snapshot says so, as after a restart of the server", () => {
    const { events, moments } = play([{ do: "start", device: 0 }]);
    const first = moments[0] as Moment;
    const running = all([
      { kind: "devices", items: first.rows, lastSeq: 0 },
      { kind: "events", events: events.slice(0, 1) },
    ]);
    expect(running.devices.get("d0")?.status).toBe("running");
    const after = reduce(running, { kind: "devices", items: first.rows, lastSeq: 1 });
    expect(after.devices.get("d0")?.status).toBe("queued");
  });
});
