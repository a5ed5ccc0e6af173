/**
 * From a snapshot and events to what the page shows. Pure.
 *
 * Every part of the picture remembers the `seq` it is as of, and only something newer replaces it; a capture is recorded at
 * most once per device and type, so captures are a union. Hence the order in which snapshots, pages and events arrive does
 * not matter, and neither do duplicates: a reload in the middle gives the picture that an undisturbed page has.
 * The counters are the server's; nothing here counts devices.
 */
import type { Collection, CollectionDevice, Counts, ProgressEvent } from "./api/types";
import { bytes, plural } from "./format";

export interface SeenCapture {
  captureType: string;
  verdict: string;
  bytes: number;
}

export interface SeenDevice {
  id: string;
  name: string;
  address: string;
  platform: string;
  site: string;
  /** The status below is as of this event. */
  seq: number;
  status: string;
  failureKind: string | undefined;
  message: string | undefined;
  attempt: number;
  startedAt: string | undefined;
  durationMs: number | undefined;
  captures: Readonly<Record<string, SeenCapture>>;
}

export interface LogLine {
  seq: number;
  /** Absent where the line is about events and not of one. */
  at: string | undefined;
  kind: "info" | "good" | "bad" | "warn";
  deviceId: string | undefined;
  device: string | undefined;
  /** The slug of what the text is about; its title stands before it. */
  captureType?: string | undefined;
  text: string;
}

export interface Progress {
  /** Every event up to here is in the picture. */
  lastSeq: number;
  counts: { seq: number; counts: Counts; stage: Collection["stage"]; percent: number };
  status: { seq: number; status: Collection["status"]; succeeded: number; failed: number };
  devices: ReadonlyMap<string, SeenDevice>;
  log: readonly LogLine[];
  /** `collection_complete` was seen, or the snapshot had already ended. */
  complete: boolean;
}

export type Input =
  | { kind: "collection"; collection: Collection }
  | { kind: "devices"; items: readonly CollectionDevice[]; lastSeq: number }
  | { kind: "events"; events: readonly ProgressEvent[] }
  /** The events after the one and up to the other were not asked for; the log says so. */
  | { kind: "left_out"; after: number; to: number };

/** As many lines as a person scrolls through; the whole log can be downloaded. */
export const LOG_LINES = 500;

const NO_COUNTS: Counts = {
  total: 0,
  queued: 0,
  running: 0,
  succeeded: 0,
  partially_succeeded: 0,
  failed: 0,
  cancelled: 0,
};

export const NOTHING: Progress = {
  lastSeq: -1,
  counts: { seq: -1, counts: NO_COUNTS, stage: "queued", percent: 0 },
  status: { seq: -1, status: "queued", succeeded: 0, failed: 0 },
  devices: new Map(),
  log: [],
  complete: false,
};

const ENDED: ReadonlySet<Collection["status"]> = new Set([
  "succeeded",
  "partially_succeeded",
  "failed",
  "cancelled",
]);

export function hasEnded(status: Collection["status"]): boolean {
  return ENDED.has(status);
}

export function reduce(progress: Progress, input: Input): Progress {
  switch (input.kind) {
    case "collection":
      return withCollection(progress, input.collection);
    case "devices":
      return withDevices(progress, input.items, input.lastSeq);
    case "events":
      return withEvents(progress, input.events);
    case "left_out":
      return { ...progress, log: merged(progress.log, [leftOut(input.after, input.to)]) };
  }
}

function leftOut(after: number, to: number): LogLine {
  const text = `${plural(to - after, "earlier event")} left out; the whole log can be downloaded`;
  return { seq: to, at: undefined, kind: "info", deviceId: undefined, device: undefined, text };
}

function withCollection(progress: Progress, collection: Collection): Progress {
  const seq = collection.last_seq;
  const next = { ...progress, lastSeq: Math.max(progress.lastSeq, seq) };
  if (seq >= progress.counts.seq) {
    next.counts = { seq, counts: collection.counts, stage: collection.stage, percent: collection.progress };
  }
  if (seq >= progress.status.seq) {
    next.status = {
      seq,
      status: collection.status,
      succeeded: collection.devices_succeeded,
      failed: collection.devices_failed,
    };
    next.complete = progress.complete || hasEnded(collection.status);
  }
  return next;
}

function withDevices(progress: Progress, items: readonly CollectionDevice[], asOf: number): Progress {
  const devices = new Map(progress.devices);
  for (const row of items) {
    const known = devices.get(row.device_id);
    const captures: Record<string, SeenCapture> = { ...known?.captures };
    for (const { capture_type, verdict, bytes } of row.captures) {
      captures[capture_type] = { captureType: capture_type, verdict, bytes };
    }
    const still = known !== undefined && known.seq > asOf ? known : undefined;
    // Attempts only grow, so the highest seen is the latest, whatever arrived first.
    const later = known !== undefined && known.attempt > row.attempt ? known : undefined;
    devices.set(row.device_id, {
      id: row.device_id,
      name: row.device_name,
      address: row.ip_address,
      platform: row.platform,
      site: row.site,
      seq: still?.seq ?? asOf,
      status: still?.status ?? row.status,
      failureKind: still ? still.failureKind : row.failure_kind,
      message: still ? still.message : row.message,
      attempt: later?.attempt ?? row.attempt,
      startedAt: later ? later.startedAt : row.started_at,
      durationMs: still ? still.durationMs : row.duration_ms,
      captures,
    });
  }
  return { ...progress, devices };
}

function withEvents(progress: Progress, events: readonly ProgressEvent[]): Progress {
  if (events.length === 0) return progress;
  const next = { ...progress, devices: new Map(progress.devices) };
  const lines: LogLine[] = [];
  for (const event of events) {
    apply(next, next.devices, event);
    const line = logLine(event);
    if (line) lines.push(line);
    next.lastSeq = Math.max(next.lastSeq, event.seq);
  }
  next.log = merged(progress.log, lines);
  return next;
}

/** What the contract says an event's data holds; read leniently, since a newer server may send more. */
interface Data {
  device_id?: string;
  device_name?: string;
  ip_address?: string;
  attempt?: number;
  capture_type?: string;
  verdict?: string;
  bytes?: number;
  status?: string;
  success?: boolean;
  message?: string;
  failure_kind?: string;
  duration_ms?: number;
  stage?: Collection["stage"];
  progress?: number;
  counts?: Counts;
  devices_succeeded?: number;
  devices_failed?: number;
  error?: string;
}

function dataOf(event: ProgressEvent): Data {
  return event.data as Data;
}

function apply(next: Progress, devices: Map<string, SeenDevice>, event: ProgressEvent) {
  const data = dataOf(event);
  switch (event.type) {
    case "collection_progress":
      if (event.seq > next.counts.seq && data.counts) {
        next.counts = {
          seq: event.seq,
          counts: data.counts,
          stage: data.stage ?? next.counts.stage,
          percent: data.progress ?? next.counts.percent,
        };
      }
      if (event.seq > next.status.seq && next.status.status === "queued") {
        next.status = { ...next.status, status: "running" };
      }
      break;
    case "collection_complete":
      if (event.seq > next.status.seq) {
        next.status = {
          seq: event.seq,
          status: data.status ?? "failed",
          succeeded: data.devices_succeeded ?? 0,
          failed: data.devices_failed ?? 0,
        };
      }
      next.complete = true;
      break;
    case "device_started":
    case "device_completed":
    case "capture_completed": {
      if (data.device_id === undefined) break;
      const device = devices.get(data.device_id) ?? unseen(data.device_id, data.device_name);
      devices.set(device.id, withDeviceEvent(device, event, data));
      break;
    }
  }
}

/** A device whose page of the snapshot has not arrived yet. */
function unseen(id: string, name: string | undefined): SeenDevice {
  return {
    id,
    name: name ?? id,
    address: "",
    platform: "",
    site: "",
    seq: -1,
    status: "queued",
    failureKind: undefined,
    message: undefined,
    attempt: 0,
    startedAt: undefined,
    durationMs: undefined,
    captures: {},
  };
}

function withDeviceEvent(device: SeenDevice, event: ProgressEvent, data: Data): SeenDevice {
  if (event.type === "capture_completed") {
    const captureType = data.capture_type ?? "";
    const capture = { captureType, verdict: data.verdict ?? "", bytes: data.bytes ?? 0 };
    return { ...device, captures: { ...device.captures, [captureType]: capture } };
  }
  if (event.type === "device_started") {
    const attempt = data.attempt ?? 1;
    const latest = attempt > device.attempt ? { ...device, attempt, startedAt: event.at } : device;
    if (event.seq <= device.seq) return latest;
    return {
      ...latest,
      address: data.ip_address ?? device.address,
      seq: event.seq,
      status: "running",
      failureKind: undefined,
      message: undefined,
      durationMs: undefined,
    };
  }
  if (event.seq <= device.seq) return device;
  return {
    ...device,
    seq: event.seq,
    status: data.status ?? (data.success ? "succeeded" : "failed"),
    failureKind: data.failure_kind,
    message: data.message,
    durationMs: data.duration_ms,
  };
}

function logLine(event: ProgressEvent): LogLine | undefined {
  const data = dataOf(event);
  const line = (kind: LogLine["kind"], text: string): LogLine => ({
    seq: event.seq,
    at: event.at,
    kind,
    deviceId: data.device_id,
    device: data.device_name,
    text,
  });
  switch (event.type) {
    case "device_started":
      return line("info", (data.attempt ?? 1) > 1 ? `started again, attempt ${data.attempt}` : "started");
    case "capture_completed":
      return {
        ...(data.verdict === "complete"
          ? line("info", `recorded, ${bytes(data.bytes ?? 0)}`)
          : line("warn", `is ${data.verdict?.replaceAll("_", " ")}`)),
        captureType: data.capture_type,
      };
    case "device_completed":
      if (data.success) return line("good", "succeeded");
      return line(data.status === "partially_succeeded" ? "warn" : "bad", data.message ?? "did not succeed");
    case "collection_error":
      return line("bad", data.error ?? data.message ?? "The collection met an error");
    case "collection_complete":
      return line(
        data.success ? "good" : data.devices_succeeded ? "warn" : "bad",
        `Collection complete: ${data.devices_succeeded ?? 0} succeeded, ${data.devices_failed ?? 0} failed`,
      );
    default:
      return undefined;
  }
}

function merged(log: readonly LogLine[], lines: readonly LogLine[]): readonly LogLine[] {
  const known = new Set(log.map((line) => line.seq));
  const fresh: LogLine[] = [];
  for (const line of lines) {
    if (known.has(line.seq)) continue;
    known.add(line.seq);
    fresh.push(line);
  }
  if (fresh.length === 0) return log;
  return [...log, ...fresh].sort((a, b) => a.seq - b.seq).slice(-LOG_LINES);
}

/** The five numbers of the page. "Failed" is every device that ended otherwise than succeeded. */
export interface Shown {
  running: number;
  completed: number;
  failed: number;
  partial: number;
  cancelled: number;
  remaining: number;
  total: number;
  percent: number;
}

export function shown(counts: Counts, percent: number): Shown {
  return {
    running: counts.running,
    completed: counts.succeeded,
    failed: counts.partially_succeeded + counts.failed + counts.cancelled,
    partial: counts.partially_succeeded,
    cancelled: counts.cancelled,
    remaining: counts.queued + counts.running,
    total: counts.total,
    percent,
  };
}
