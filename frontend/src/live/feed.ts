import { type ApiProblem, asProblem } from "../api/problem";
import type { Collection, CollectionDevice, Page, ProgressEvent } from "../api/types";
import { hasEnded, type Input, NOTHING, type Progress, reduce } from "../progress";

/** How the page hears of what happens. */
export type Link = "catching_up" | "live" | "polling" | "ended";

export interface Feed {
  progress: Progress;
  collection: Collection | undefined;
  link: Link;
  /** The collection cannot be shown (gone, not allowed), or the server is away and is being asked again. */
  problem: ApiProblem | undefined;
  rowsComplete: boolean;
}

/** The ways to the server, so that a test can play one. */
export interface Source {
  collection(): Promise<Collection>;
  devices(pageToken: string | undefined): Promise<Page<CollectionDevice> & { last_seq: number }>;
  events(after: number, limit: number): Promise<{ items: ProgressEvent[]; last_seq: number }>;
  /** Resolves when the socket is open; then frames arrive until `closed` is called. `signal` ends a wait for the opening. */
  socket(after: number, on: SocketEvents, signal: AbortSignal): Promise<{ close(): void }>;
  renewSession(): Promise<unknown>;
  sleep(milliseconds: number): Promise<void>;
  now(): number;
}

export interface SocketEvents {
  event(event: ProgressEvent): void;
  closed(code: number): void;
}

/** Four repaints a second are as much as anybody can read. */
const FLUSH_MILLISECONDS = 250;
const POLL_MILLISECONDS = 2_000;
/** Between two attempts at a socket while polling. */
const POLLS_PER_ATTEMPT = 8;
/** Some proxies swallow an upgrade and say nothing. */
const OPEN_MILLISECONDS = 5_000;
/** A socket that closes sooner is as good as none, however often it opens. */
const LASTING_MILLISECONDS = 10_000;
const PAGE = 500;
const LOG_TAIL = 200;
/** More missed events than this are not read one by one: the rows say how the devices are, the log says how many are left out. */
const CATCH_UP_MOST = 2_000;
/** A socket this quiet while devices run is asked about by a poll: some proxies drop connections without a word. */
const QUIET_MILLISECONDS = 45_000;
const SESSION_ENDED = 4401;

interface Socket {
  close(): void;
  /** The code it closed with. */
  end: Promise<number>;
}

export class CollectionFeed {
  #feed: Feed = {
    progress: NOTHING,
    collection: undefined,
    link: "catching_up",
    problem: undefined,
    rowsComplete: false,
  };
  readonly #source: Source;
  readonly #listeners = new Set<() => void>();
  #stopped = false;
  #pending: ProgressEvent[] = [];
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #lastFlush = 0;
  /** Every event up to here has been received, or was left out on purpose; a new connection goes on after it. */
  #cursor = -1;
  /** The event before which the log of this page begins; what stands before it is read once. */
  #began = 0;
  #tailRead = false;
  #lastHeard = 0;
  #socket: { close(): void } | undefined;
  #opening: AbortController | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  readonly get = (): Feed => this.#feed;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#flushTimer);
    this.#opening?.abort();
    this.#socket?.close();
  }

  /** The page was hidden, asleep or offline: whatever the socket thinks, ask again. */
  wake(): void {
    if (this.#source.now() - this.#lastHeard <= 10_000) return;
    this.#opening?.abort();
    this.#socket?.close();
  }

  /** A newer answer of the server that another call brought, such as the one to cancel. */
  told(collection: Collection): void {
    this.#set({ collection }, { kind: "collection", collection });
  }

  async run(): Promise<void> {
    let failures = 0;
    let shortLived = 0;
    while (!this.#stopped) {
      try {
        await this.#snapshot();
        if (this.#ended()) return await this.#finish();
        failures = 0;
        const socket = shortLived >= 2 ? undefined : await this.#open();
        if (socket === undefined) {
          await this.#poll();
          shortLived = 0;
          if (this.#feed.progress.complete) await this.#source.sleep(100);
          continue;
        }
        const opened = this.#source.now();
        const code = await this.#listen(socket);
        if (code === SESSION_ENDED) await this.#source.renewSession();
        if (this.#feed.progress.complete) {
          await this.#source.sleep(100);
          continue;
        }
        shortLived = this.#source.now() - opened > LASTING_MILLISECONDS ? 0 : shortLived + 1;
      } catch (error) {
        const problem = asProblem(error);
        this.#set({ problem });
        if (problem.status === 403 || problem.status === 404) return;
      }
      if (this.#stopped) return;
      failures += 1;
      this.#set({ link: "catching_up" });
      await this.#source.sleep(backOff(failures));
    }
  }

  async #snapshot(): Promise<void> {
    const collection = await this.#source.collection();
    const last = collection.last_seq;
    if (this.#cursor < 0) {
      this.#cursor = last;
      this.#began = last;
    } else if (last - this.#cursor > CATCH_UP_MOST) {
      this.#flush();
      const to = last - LOG_TAIL;
      this.#set({}, { kind: "left_out", after: this.#cursor, to });
      this.#cursor = to;
    }
    this.#set({ collection, problem: undefined }, { kind: "collection", collection });
  }

  /** All device rows, page by page, each shown as it comes; then what was logged before this page was opened. */
  async #rows(): Promise<void> {
    let pageToken: string | undefined;
    do {
      const page = await this.#source.devices(pageToken);
      if (this.#stopped) return;
      pageToken = page.next_page_token;
      this.#set(
        { rowsComplete: this.#feed.rowsComplete || pageToken === undefined },
        { kind: "devices", items: page.items, lastSeq: page.last_seq },
      );
    } while (pageToken !== undefined);
    if (this.#tailRead) return;
    const from = Math.max(0, this.#began - LOG_TAIL);
    const tail = await this.#eventsIfKept(from, this.#began - from);
    if (from > 0 && tail !== undefined) this.#set({}, { kind: "left_out", after: 0, to: from });
    this.#set({}, { kind: "events", events: tail?.items ?? [] });
    this.#tailRead = true;
  }

  /** The events of an old collection may be gone; its rows say all that is left to say. */
  async #eventsIfKept(after: number, limit: number) {
    if (limit <= 0) return undefined;
    try {
      return await this.#source.events(after, limit);
    } catch (error) {
      if (asProblem(error).code !== "events_expired") throw error;
      return undefined;
    }
  }

  /** What happened since the last event that was received. */
  async #readOn(): Promise<void> {
    for (;;) {
      const page = await this.#eventsIfKept(this.#cursor, PAGE);
      for (const event of page?.items ?? []) this.#receive(event);
      if (page === undefined || page.items.length === 0 || this.#cursor >= page.last_seq) break;
    }
    this.#flush();
  }

  #ended(): boolean {
    const { collection } = this.#feed;
    return collection !== undefined && hasEnded(collection.status);
  }

  async #finish(): Promise<void> {
    await this.#rows();
    await this.#readOn();
    this.#set({ link: "ended" });
  }

  /** A socket, or nothing where none gets through; whether the server is there at all shows when it is asked. */
  async #open(): Promise<Socket | undefined> {
    let closed: (code: number) => void = () => undefined;
    const end = new Promise<number>((resolve) => {
      closed = resolve;
    });
    const opening = new AbortController();
    this.#opening = opening;
    const timer = setTimeout(() => opening.abort(), OPEN_MILLISECONDS);
    this.#lastHeard = this.#source.now();
    const events = { event: (event: ProgressEvent) => this.#receive(event), closed };
    try {
      const socket = await this.#source.socket(this.#cursor, events, opening.signal);
      return { close: () => socket.close(), end };
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
      this.#opening = undefined;
    }
  }

  /** Until the socket closes; the code it closed with. */
  async #listen(socket: Socket): Promise<number> {
    this.#socket = socket;
    if (this.#stopped) socket.close();
    const quiet = setInterval(() => void this.#checkQuiet(), QUIET_MILLISECONDS / 3);
    try {
      await this.#rows();
      this.#set({ link: "live" });
      return await socket.end;
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      clearInterval(quiet);
      this.#socket = undefined;
      this.#flush();
    }
  }

  async #checkQuiet(): Promise<void> {
    if (this.#source.now() - this.#lastHeard < QUIET_MILLISECONDS) return;
    this.#lastHeard = this.#source.now();
    try {
      const missed = await this.#source.events(this.#cursor, 1);
      if (missed.items.length > 0) this.#socket?.close();
    } catch {
      this.#socket?.close();
    }
  }

  async #poll(): Promise<void> {
    await this.#rows();
    this.#set({ link: "polling" });
    for (let n = 0; n < POLLS_PER_ATTEMPT && !this.#stopped && !this.#feed.progress.complete; n++) {
      await this.#readOn();
      if (!this.#feed.progress.complete) await this.#source.sleep(POLL_MILLISECONDS);
    }
  }

  #receive(event: ProgressEvent): void {
    this.#lastHeard = this.#source.now();
    if (event.seq <= this.#cursor) return;
    this.#cursor = event.seq;
    this.#pending.push(event);
    if (this.#flushTimer !== undefined) return;
    const wait = Math.max(0, this.#lastFlush + FLUSH_MILLISECONDS - this.#source.now());
    this.#flushTimer = setTimeout(() => this.#flush(), wait);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#pending.length === 0) return;
    const events = this.#pending;
    this.#pending = [];
    this.#lastFlush = this.#source.now();
    this.#set({}, { kind: "events", events });
  }

  #set(change: Partial<Feed>, input?: Input): void {
    if (this.#stopped) return;
    const progress = input ? reduce(this.#feed.progress, input) : this.#feed.progress;
    this.#feed = { ...this.#feed, ...change, progress };
    for (const listener of this.#listeners) listener();
  }
}

/** Half a second, doubling up to fifteen, each time with a different half of it: a restart must not meet all pages at once. */
export function backOff(failures: number): number {
  const whole = Math.min(15_000, 500 * 2 ** Math.min(failures, 6));
  return whole / 2 + (Math.random() * whole) / 2;
}
