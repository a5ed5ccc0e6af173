// A server with something in it: simulated devices on five platforms, some of them faulty, collected from twice with
// changes in between, and the people and secrets of a small network team. For screenshots, and for looking at pages.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { client } from "../e2e/rooms.mjs";

export const PASSWORD = "a-Team-of-Three";
export const LAB = { username: "lab", password: "lab-Pass1", enable_password: "lab-Enable1" };
const TYPES = ["configs", "arp", "mac", "lldp", "interfaces", "routes", "version", "inventory"];
const FAULTS = [
  "3=auth-refused",
  "8=legacy-only",
  "12=close-mid",
  "17=password-expired",
  "21=unknown-command",
];

/** A process and the lines it prints on one of its outputs. */
function start(command, args, output, options = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
  const waiting = [];
  const seen = [];
  createInterface({ input: child[output] }).on("line", (line) => {
    seen.push(line);
    const next = waiting.findIndex(({ wanted }) => wanted(line));
    if (next !== -1) waiting.splice(next, 1)[0].resolve(line);
  });
  child[output === "stdout" ? "stderr" : "stdout"].resume();
  const line = (wanted) =>
    new Promise((resolve, reject) => {
      const early = seen.find(wanted);
      if (early !== undefined) return resolve(early);
      waiting.push({ wanted, resolve });
      child.on("exit", (code) =>
        reject(new Error(`${command} ended with ${code}: ${seen.slice(-5).join(" | ")}`)),
      );
    });
  const say = (text) =>
    new Promise((resolve) => {
      seen.length = 0;
      waiting.push({ wanted: () => true, resolve });
      child.stdin.write(`${text}\n`);
    });
  const stop = (signal) =>
    new Promise((resolve) => {
      if (child.exitCode !== null) return resolve();
      child.on("exit", resolve);
      child.kill(signal);
    });
  return { child, line, say, stop };
}

/** Simulated devices and a server, with nothing in it yet. */
export async function bare({ showrun, lab, labArgs, listen = "127.0.0.1:0", log = "info" }) {
  const folder = mkdtempSync(join(tmpdir(), "showrun-world-"));
  const inventory = join(folder, "inventory.csv");
  const fleet = start(lab, ["--inventory", inventory, ...labArgs, "--until-stdin-closes"], "stdout");
  let server;
  const stop = async () => {
    await server?.stop("SIGTERM");
    await fleet.stop("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await fleet.line((line) => line.startsWith("ready"));
    server = start(
      showrun,
      ["--log", log, "serve", "--listen", listen, "--data-dir", join(folder, "data")],
      "stderr",
      {
        env: { ...process.env, SHOWRUN_ADMIN_PASSWORD: PASSWORD },
      },
    );
    const said = await server.line((line) => line.includes("listening on http"));
    const url = said.slice(said.indexOf("http")).trim();
    const api = await client(url, "admin", PASSWORD);
    return { url, api, inventory, fleet, server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function importDevices(world, rows = Number.POSITIVE_INFINITY) {
  const [head, ...lines] = (await readFile(world.inventory, "utf8")).trim().split("\n");
  const names = head.split(",");
  const left = names
    .map((name, index) => (name === "credential" ? -1 : index))
    .filter((index) => index !== -1);
  const plain = [head, ...lines.slice(0, rows)].map((line) => {
    const cells = line.split(",");
    return left.map((index) => cells[index]).join(",");
  });
  return world.api.upload("/device-imports?format=csv", "text/csv", plain.join("\n"));
}

export async function collect(api, body) {
  const { id } = await api.post("/collections", {
    filters: {},
    capture_types: TYPES,
    credentials: LAB,
    ...body,
  });
  return ended(api, id);
}

export function ended(api, id) {
  return until(api, `/collections/${id}`, ({ finished_at }) => finished_at !== undefined);
}

/** Asks until what is at the address is as wanted. */
export async function until(api, path, wanted) {
  for (;;) {
    const found = await api.get(path);
    if (wanted(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A network of some size whose devices take their time, for what is seen while they are collected from. */
export async function busy(binaries) {
  const labArgs = ["--fleet", "240", "--think-ms", "350", "--sites", "6"];
  labArgs.push("--platforms", "cisco_ios,cisco_nxos,arista_eos,juniper_junos,hp_comware");
  const faults = { 3: "unknown-command", 9: "legacy-only", 17: "close-mid", 23: "auth-refused" };
  Object.assign(faults, { 31: "close-mid", 38: "legacy-only", 52: "password-expired", 66: "close-mid" });
  for (const [device, fault] of Object.entries(faults)) labArgs.push("--fault", `${device}=${fault}`);
  const world = await bare({ ...binaries, labArgs });
  try {
    await importDevices(world);
    return {
      ...world,
      start: async () => {
        const body = { name: "Nightly, all sites", filters: {}, capture_types: TYPES, credentials: LAB };
        return (await world.api.post("/collections", { ...body, options: { max_workers: 18 } })).id;
      },
      until: (id, wanted) => until(world.api, `/collections/${id}`, wanted),
    };
  } catch (error) {
    await world.stop();
    throw error;
  }
}

/** What a team would have after some days with the product. */
export async function furnished(binaries, listen) {
  const labArgs = ["--fleet", "30", "--think-ms", "40"];
  labArgs.push("--platforms", "cisco_ios,cisco_nxos,arista_eos,juniper_junos,hp_comware");
  for (const fault of FAULTS) labArgs.push("--fault", fault);
  const world = await bare({ ...binaries, labArgs, listen });
  try {
    const { api, fleet } = world;
    await importDevices(world);
    const first = await collect(api, { name: "First collection", options: { max_workers: 10 } });
    const devices = (await api.get(`/collections/${first.id}/devices?status=succeeded&limit=100`)).items;
    for (const index of [0, 4, 9, 15]) await fleet.say(`change ${devices[index]?.device_name}`);
    await collect(api, { name: "Nightly", options: { max_workers: 10 } });
    for (const index of [4, 5]) await fleet.say(`change ${devices[index]?.device_name}`);
    const last = await collect(api, { name: "After the maintenance window", options: { max_workers: 10 } });
    const retry = await api.post(`/collections/${last.id}/retry`, {});
    await ended(api, retry.id);
    await api.post("/credentials", {
      name: "Read only, all sites",
      username: "netops",
      password: "x".repeat(16),
    });
    await api.post("/credentials", {
      name: "Data centre",
      username: "netops-dc",
      password: "x".repeat(16),
      sites: ["vie"],
    });
    for (const [username, role] of [
      ["anna", "operator"],
      ["noc-screen", "viewer"],
    ]) {
      await api.post("/users", { username, password: `${username}-Pass-1`, role });
    }
    await api.post("/api-tokens", { name: "Nightly pipeline", scope: "operator" });
    return {
      ...world,
      collection: last.id,
      until: (path) => until(api, path, ({ finished_at }) => finished_at !== undefined),
    };
  } catch (error) {
    await world.stop();
    throw error;
  }
}
