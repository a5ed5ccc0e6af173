// A large collection watched in the browser: one line of JSON with what was measured.
//
//   SHOWRUN, SHOWRUN_LAB, CHROMIUM   the binaries and the browser
//   DEVICES, WORKERS, THINK_MS       how large: 10000 devices, 100 workers, 1000 ms a command
//   ROUNDS                           so many collections one after the other in the same page: 2 are about 60,000 events, more
//                                    than ten thousand devices make in a collection of an hour
//   IDLE_SECONDS                     how long the page stays open after the end
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { bare, importDevices, PASSWORD } from "../scripts/world.mjs";

const { SHOWRUN, SHOWRUN_LAB, CHROMIUM = "/usr/bin/chromium" } = process.env;
const DEVICES = Number(process.env.DEVICES ?? 10_000);
const WORKERS = Number(process.env.WORKERS ?? 100);
const THINK_MS = Number(process.env.THINK_MS ?? 1_000);
const ROUNDS = Number(process.env.ROUNDS ?? 2);
const LAB = { username: "lab", password: "lab-Pass1" };

const labArgs = ["--fleet", String(DEVICES), "--platforms", "cisco_ios", "--think-ms", String(THINK_MS)];
labArgs.push("--enable-password=", "--sites", "40");
const world = await bare({ showrun: SHOWRUN, lab: SHOWRUN_LAB, labArgs, log: "warn" });
const args = ["--headless", "--no-sandbox", "--disable-gpu"];
const browser = await chromium.launch({ executablePath: CHROMIUM, args });
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await browser.close();
  await world.stop();
}

async function measure() {
  const imported = await importDevices(world);
  if (imported.failed > 0) throw new Error(`${imported.failed} devices were not imported`);
  const context = await browser.newContext({ baseURL: world.url, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(instruments);
  await page.goto("/");
  await page.getByLabel("User name", { exact: true }).fill("admin");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();

  const memory = await gauge(context, page);
  const body = {
    filters: {},
    capture_types: ["configs"],
    credentials: LAB,
    options: { max_workers: WORKERS },
  };
  const { id } = await world.api.post("/collections", body);
  const began = Date.now();
  // First paint of a running collection, as somebody opens it from a link: all of the application is loaded anew.
  while ((await world.api.get(`/collections/${id}`)).counts.succeeded < DEVICES / 20) await pause(100);
  const opened = Date.now();
  await page.goto(`/collections/${id}/run`, { waitUntil: "commit" });
  // With the numbers of the collection, not a frame that waits for them.
  await page.getByText(new RegExp(`^[\\d,]+ of ${DEVICES.toLocaleString("en")} devices? ended`)).waitFor();
  const firstPaint = Date.now() - opened;
  await page.getByText("Live", { exact: true }).waitFor();
  const wholeAfter = Date.now() - opened;
  await page.evaluate(() => globalThis.measured.begin());

  const watched = async (id) => {
    const began = Date.now();
    for (;;) {
      await pause(1_000);
      await memory.sample();
      const { counts } = await world.api.get(`/collections/${id}`);
      if (counts.queued + counts.running === 0) {
        await page.getByText(/Collection complete! \d/).waitFor({ timeout: 20_000 });
        return counts;
      }
      if (Date.now() - began > 900_000) throw new Error("the collection does not end");
    }
  };
  const counts = await watched(id);
  const seconds = (Date.now() - began) / 1000;
  const seen = await page.evaluate(() => globalThis.measured.end());
  const rounds = [await memory.settled()];
  for (let round = 1; round < ROUNDS; round++) {
    const next = await world.api.post("/collections", body);
    // In the same page, as somebody follows a link: what the one before left in the memory stays there.
    await page.evaluate((path) => {
      history.pushState({}, "", path);
      dispatchEvent(new PopStateEvent("popstate", { state: {} }));
    }, `/collections/${next.id}/run`);
    await page.getByText("Live", { exact: true }).waitFor();
    await watched(next.id);
    rounds.push(await memory.settled());
  }
  await pause(Number(process.env.IDLE_SECONDS ?? 5) * 1000);
  const atEnd = await memory.settled();
  const received = await page.evaluate(() => globalThis.measured.received());

  const lags = seen.lags.sort((a, b) => a - b);
  const counterLags = seen.counterLags.sort((a, b) => a - b);
  const at = (share, of = lags) => Math.round(of[Math.floor(share * (of.length - 1))] ?? Number.NaN);
  return {
    devices: DEVICES,
    workers: WORKERS,
    seconds,
    devices_succeeded: counts.succeeded,
    remaining: counts.queued + counts.running,
    first_paint_ms: firstPaint,
    whole_after_ms: wholeAfter,
    frames_per_second: seen.frames / seen.seconds,
    slowest_frame_ms: Math.round(seen.slowest),
    frames_over_100_ms: seen.slow,
    repaints_per_second: seen.repaints / seen.seconds,
    events_measured: lags.length,
    lag_p50_ms: at(0.5),
    lag_p95_ms: at(0.95),
    lag_worst_ms: at(1),
    counter_lag_p95_ms: at(0.95, counterLags),
    events_received: received,
    heap_peak_mb: memory.peak.heap,
    heap_at_end_mb: atEnd.heap,
    heap_after_each_round_mb: rounds.map((each) => each.heap),
    renderer_peak_mb: memory.peak.renderer,
    renderer_at_end_mb: atEnd.renderer,
    renderer_after_each_round_mb: rounds.map((each) => each.renderer),
  };
}

/** Megabytes of the page: its JavaScript heap by the browser's own account, and all that the process that draws it has alone. */
async function gauge(context, page) {
  const inside = await context.newCDPSession(page);
  const outside = await browser.newBrowserCDPSession();
  await inside.send("Performance.enable");
  const read = async () => {
    const { metrics } = await inside.send("Performance.getMetrics");
    const heap = metrics.find((metric) => metric.name === "JSHeapUsedSize")?.value ?? Number.NaN;
    const { processInfo } = await outside.send("SystemInfo.getProcessInfo");
    // A browser keeps a spare renderer; the one of the page is the largest.
    const sizes = processInfo.filter((each) => each.type === "renderer").map((each) => privateBytes(each.id));
    return { heap: heap / 1e6, renderer: Math.max(...sizes) / 1e6 };
  };
  const peak = { heap: 0, renderer: 0 };
  const sample = async () => {
    const now = await read();
    for (const part of ["heap", "renderer"]) peak[part] = Math.max(peak[part], now[part]);
    return now;
  };
  const settled = async () => {
    await inside.send("HeapProfiler.collectGarbage");
    return sample();
  };
  return { peak, sample, settled };
}

/** What the process has for itself; the code of the browser is shared by all of its processes. */
function privateBytes(pid) {
  const parts = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").matchAll(/^Private_\w+:\s+(\d+) kB/gm);
  return [...parts].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) * 1024;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Runs in the page. `device_completed` frames are noted as they arrive, with the time at which the server stored them. A
 * device is shown when the activity log has come to its event, which is drawn together with its cell of the map; the
 * counters follow when the server tells them. Both clocks are this machine's.
 */
function instruments() {
  const events = [];
  const counted = [];
  let received = 0;
  const lags = [];
  const counterLags = [];
  let [frames, slow, slowest, last, on, from, repaints] = [0, 0, 0, 0, false, 0, 0];
  const Original = globalThis.WebSocket;
  globalThis.WebSocket = class extends Original {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", (message) => {
        const event = JSON.parse(message.data);
        received += 1;
        if (!on) return;
        if (event.type === "device_completed") {
          const one = { seq: event.seq, at: Date.parse(event.at), ended: 0 };
          events.push(one);
          counted.push(one);
        }
        if (event.type === "collection_progress") {
          const { queued, running, total } = event.data.counts;
          for (const each of counted) if (each.ended === 0) each.ended = total - queued - running;
        }
      });
    }
  };
  // The sentence below the bar holds how many devices have ended, as the page shows it.
  const sentence = () => {
    const text = /([\d,]+) of [\d,]+ devices? ended/.exec(document.querySelector("main")?.textContent ?? "");
    return text ? Number(text[1].replaceAll(",", "")) : -1;
  };
  const logged = () => Number(document.querySelector('[role="log"] > :last-child')?.dataset.seq ?? -1);
  // A repaint is a frame before which anything in the document or in a drawing became different.
  let touched = false;
  new MutationObserver(() => {
    touched = true;
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  const { fillRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillRect = function (...given) {
    touched = true;
    return fillRect.apply(this, given);
  };
  const frame = (now) => {
    if (on) {
      frames += 1;
      if (last > 0) {
        slowest = Math.max(slowest, now - last);
        if (now - last > 100) slow += 1;
      }
      last = now;
      if (touched) {
        repaints += 1;
        const time = Date.now();
        const seq = logged();
        while (events.length > 0 && events[0].seq <= seq) lags.push(time - events.shift().at);
        const ended = sentence();
        while (counted.length > 0 && counted[0].ended !== 0 && counted[0].ended <= ended) {
          counterLags.push(time - counted.shift().at);
        }
      }
    }
    touched = false;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  globalThis.measured = {
    received: () => received,
    begin() {
      on = true;
      from = performance.now();
    },
    end() {
      on = false;
      return {
        frames,
        slow,
        slowest,
        lags,
        counterLags,
        repaints,
        seconds: (performance.now() - from) / 1000,
      };
    },
  };
}
