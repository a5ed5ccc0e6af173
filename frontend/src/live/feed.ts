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
  /** Resolves when the socket is open; then frames arrive until `closed` is called. */
  socket(after: number, on: SocketEvents): Promise<{ close(): void }>;
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
const LOG_TAIL = 200;
/** A socket this quiet while devices run is asked about by a poll: some proxies drop connections without a word. */
const QUIET_MILLISECONDS = 45_000;
const SESSION_ENDED = 4401;

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
  /** Everything up to here arrived, by snapshot or event; a new connection goes on after it. */
  #cursor = -1;
  #lastHeard = 0;
  #socket: { close(): void } | undefined;

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
    this.#socket?.close();
  }

  /** The page was hidden, asleep or offline: whatever the socket thinks, ask again. */
  wake(): void {
    if (this.#source.now() - this.#lastHeard > 10_000) this.#socket?.close();
  }

  /** A newer answer of the server that another call brought, such as the one to cancel. */
  told(collection: Collection): void {
    this.#set({ collection }, { kind: "collection", collection });
  }

  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      try {
        await this.#snapshot();
        if (this.#ended()) return await this.#finish();
        if (failures >= 2) {
          await this.#poll();
        } else {
          const code = await this.#listen();
          if (code === SESSION_ENDED) await this.#source.renewSession();
        }
        if (this.#feed.progress.complete) {
          await this.#source.sleep(100);
          continue;
        }
        failures = this.#feed.link === "live" ? 0 : failures;
      } catch (error) {
        const problem = asProblem(error);
        if (problem.status === 403 || problem.status === 404) {
          this.#set({ problem });
          return;
        }
        this.#set({ problem });
      }
      if (this.#stopped) return;
      failures = failures >= 2 && this.#feed.problem === undefined ? 1 : failures + 1;
      this.#set({ link: "catching_up" });
      await this.#source.sleep(backOff(failures));
    }
  }

  async #snapshot(): Promise<void> {
    const collection = await this.#source.collection();
    this.#cursor = Math.max(this.#cursor, collection.last_seq);
    this.#set({ collection, problem: undefined }, { kind: "collection", collection });
  }

  /** All device rows, page by page, each shown as it comes; then the end of the log. */
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
    if (this.#feed.progress.log.length > 0) return;
    try {
      const tail = await this.#source.events(Math.max(0, this.#cursor - LOG_TAIL), LOG_TAIL);
      this.#set({}, { kind: "events", events: tail.items });
    } catch (error) {
      // The events of an old collection may be gone; its rows say all that is left to say.
      if (asProblem(error).code !== "events_expired") throw error;
    }
  }

  #ended(): boolean {
    const { collection } = this.#feed;
    return collection !== undefined && hasEnded(collection.status);
  }

  async #finish(): Promise<void> {
    this.#flush();
    await this.#rows();
    this.#set({ link: "ended" });
  }

  /** Until the socket closes; the code it closed with. */
  async #listen(): Promise<number> {
    let closed: (code: number) => void = () => undefined;
    const end = new Promise<number>((resolve) => {
      closed = resolve;
    });
    this.#lastHeard = this.#source.now();
    const socket = await this.#source.socket(this.#cursor, {
      event: (event) => this.#receive(event),
      closed,
    });
    this.#socket = socket;
    if (this.#stopped) socket.close();
    const quiet = setInterval(() => void this.#checkQuiet(), QUIET_MILLISECONDS / 3);
    try {
      await this.#rows();
      this.#set({ link: "live" });
      return await end;
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
      for (;;) {
        const page = await this.#source.events(this.#cursor, 500);
        for (const event of page.items) this.#receive(event);
        if (page.items.length === 0 || this.#cursor >= page.last_seq) break;
      }
      this.#flush();
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
