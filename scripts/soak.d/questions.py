"""Questions at full size: list pages, /locate and /search over a million ARP entries, a million MAC entries and a hundred
thousand last good texts, on SQLite and on PostgreSQL. 95 of 100 answers must come within 50 ms.

The rows are written into the database as the server keeps them; the server itself makes the texts searchable.
"""

import hashlib
import ipaddress
import itertools
import json
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
import uuid
from urllib.parse import quote

import harness
import server

LIMIT_MS = 50
TEXT_BYTES = 4_096
TYPES = ("configs", "arp", "mac", "lldp", "interfaces", "routes", "version", "inventory")
ROUTERS, SWITCHES = 0.08, 0.4
ASKED = 200
NOW = 1_780_000_000_000
WORDS = (
    "access core server printer camera phone uplink building floor rack north south east west office lab guest voice data "
    "management backup primary customer transit peering storage wireless parking security reception workshop"
).split()


def packed(text):
    """A zstd frame that holds a text as it is."""
    blocks = [text[at : at + 0x20000] for at in range(0, len(text), 0x20000)] or [b""]
    frame = bytes.fromhex("28b52ffd") + bytes([0xA0]) + len(text).to_bytes(4, "little")
    for number, block in enumerate(blocks):
        frame += ((len(block) << 3) | (number == len(blocks) - 1)).to_bytes(3, "little") + block
    return frame


class Sqlite:
    name = "SQLite"

    def __init__(self, folder):
        self.file = folder / "showrun.db"
        self.arguments = []

    def fill(self, tables):
        database = sqlite3.connect(self.file)
        database.execute("PRAGMA synchronous = OFF")
        for table, columns, rows in tables:
            marks = ", ".join("?" * len(columns))
            rows = ([value.bytes if isinstance(value, uuid.UUID) else value for value in row] for row in rows)
            database.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
            database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def settle(self):
        pass

    def size(self):
        return self.file.stat().st_size

    def end(self):
        pass


class Postgres:
    name = "PostgreSQL"

    def __init__(self, folder):
        script = pathlib.Path(__file__).resolve().parents[1] / "postgres-for-tests"
        self.process = subprocess.Popen(
            [str(script), "run", str(folder / "postgres")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        harness._children[self.process.pid] = self.process
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise harness.Failed("PostgreSQL did not start")
        self.arguments = ["--database-url", self.url]
        until = time.monotonic() + 60
        while subprocess.run(["psql", self.url, "-qc", ""], stderr=subprocess.DEVNULL).returncode:
            if time.monotonic() > until:
                raise harness.Failed("PostgreSQL is not ready")
            time.sleep(0.1)

    @staticmethod
    def is_there():
        script = pathlib.Path(__file__).resolve().parents[1] / "postgres-for-tests"
        return shutil.which("psql") and not subprocess.run([str(script), "find"]).returncode

    def psql(self, *commands):
        arguments = itertools.chain.from_iterable(("-c", command) for command in commands)
        return subprocess.run(["psql", self.url, "-qtA", *arguments], check=True, capture_output=True, text=True).stdout

    @staticmethod
    def cell(value):
        if value is None:
            return "\\N"
        if isinstance(value, bool):
            return "t" if value else "f"
        if isinstance(value, bytes):
            return "\\\\x" + value.hex()
        return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")

    def fill(self, tables):
        for table, columns, rows in tables:
            copy = ["psql", self.url, "-qc", f"COPY {table} ({', '.join(columns)}) FROM STDIN"]
            with subprocess.Popen(copy, stdin=subprocess.PIPE, text=True) as filling:
                for row in rows:
                    filling.stdin.write("\t".join(map(self.cell, row)) + "\n")
            if filling.returncode:
                raise harness.Failed(f"{table} could not be filled")
        self.settle()

    def settle(self):
        # What the database does by itself a minute later.
        self.psql("VACUUM ANALYZE")

    def size(self):
        return int(self.psql("SELECT pg_database_size(current_database())"))

    def end(self):
        self.process.terminate()
        self.process.wait(60)


class Network:
    """Devices with their tables and texts, always the same ones."""

    def __init__(self, devices, rows, texts):
        self.random = random.Random(7)
        self.devices, self.rows, self.texts = devices, rows, texts
        routers, switches = max(1, int(len(devices) * ROUTERS)), max(1, int(len(devices) * SWITCHES))
        self.routers, self.switches = devices[:routers], devices[routers : routers + switches]
        self.hosts = [(0x0200_0000_0000 + number * 7919, str(ipaddress.ip_address(0x0A00_0000 + number))) for number in range(rows // 2)]

    @staticmethod
    def inventory(count):
        lines = ["name,ip,platform,site,role"]
        lines += [f"dev-{number:05},10.255.{number // 250}.{number % 250 + 1},cisco_ios,site-{number % 40},access" for number in range(count)]
        return "\n".join(lines) + "\n"

    def record(self, kind, number, identity, found, record, device):
        return (
            device, uuid.UUID(int=number + 1), hashlib.md5(identity.encode()).digest(), number, json.dumps(record), NOW - 86_400_000, *found,
        )  # fmt: skip

    @staticmethod
    def mac_text(mac):
        digits = f"{mac:012x}"
        return ":".join(digits[at : at + 2] for at in range(0, 12, 2))

    @staticmethod
    def ip_key(address):
        return b"\0" * 10 + b"\xff\xff" + ipaddress.ip_address(address).packed

    def arp(self):
        for number in range(self.rows):
            # Two routers know each host.
            mac, address = self.hosts[number // 2]
            router = self.routers[(number // 2 * 2 + number % 2) % len(self.routers)]
            vlan = number // 2 % 200 + 10
            found = (self.ip_key(address), mac, f"vlan{vlan}", None, None)
            record = {"address": address, "mac": self.mac_text(mac), "interface": f"Vlan{vlan}", "age_seconds": 60}
            yield self.record("arp", number, f"arp {number}", found, record, router)

    def macs(self):
        for number in range(self.rows):
            # Ten switches have learned each host: at one it is at the edge, the others know their uplink.
            host, place = number // 10, number % 10
            mac, _ = self.hosts[host * 5 % len(self.hosts)]
            switch = self.switches[(host * 13 + place) % len(self.switches)]
            port = f"GigabitEthernet1/0/{host % 46 + 1}" if place == 0 else "TenGigabitEthernet1/1/1"
            vlan = str(host % 200 + 10)
            record = {"mac": self.mac_text(mac), "vlan": vlan, "interface": port, "kind": "dynamic"}
            yield self.record("mac", number, f"mac {number}", (mac, port.lower(), vlan, None), record, switch)

    def neighbors(self):
        for number, switch in enumerate(self.switches):
            other = (number + 1) % len(self.switches)
            name = f"dev-{len(self.routers) + other:05}"
            record = {
                "local_interface": "TenGigabitEthernet1/1/1", "neighbor_name": name, "neighbor_interface": "TenGigabitEthernet1/1/2",
                "management_addresses": [], "capabilities": "B, R",
            }  # fmt: skip
            yield self.record("lldp", number, f"lldp {number}", (None, None, "tengigabitethernet1/1/1", name), record, switch)

    def loads(self):
        for device in self.devices:
            for kind in ("arp", "mac", "lldp"):
                yield (device, kind, NOW, "", "", 0, 0, 0, NOW)

    def text(self, number):
        """What a device may print: what all have, and what only this one has."""
        pick = self.random
        device, kind = number // len(TYPES), TYPES[number % len(TYPES)]
        lines = [f"hostname dev-{device:05}", "service timestamps log datetime msec", "no ip http server", "!"]
        port = 1
        while sum(map(len, lines)) + len(lines) < TEXT_BYTES - 160:
            words = " ".join(pick.choice(WORDS) for _ in range(2))
            if kind in ("configs", "interfaces"):
                network = f"10.{pick.randrange(256)}.{pick.randrange(256)}.{pick.randrange(256)}"
                lines += [
                    f"interface GigabitEthernet{pick.randrange(1, 4)}/0/{port}", f" description {words} {pick.randrange(10_000)}",
                    f" switchport access vlan {pick.randrange(2, 400)}", f" ip address {network} 255.255.255.0",
                    " spanning-tree portfast", "!",
                ]  # fmt: skip
            elif kind == "routes":
                network = f"10.{pick.randrange(256)}.{pick.randrange(256)}.0"
                lines.append(f"O    {network}/24 [110/{pick.randrange(2, 90)}] via 10.0.{pick.randrange(8)}.{pick.randrange(255)}, 1w2d, Gi1/0/{pick.randrange(48)}")
            else:
                address = f"10.{pick.randrange(256)}.{pick.randrange(256)}.{pick.randrange(256)}"
                mac = f"{pick.randrange(1 << 48):012x}"
                lines.append(f"Internet  {address:<16} {pick.randrange(240):>4}   {mac[:4]}.{mac[4:8]}.{mac[8:]}  ARPA   Gi1/0/{port} {words}")
            port = port % 48 + 1
        lines.append(f"end of {kind} {number:06}")
        return ("\n".join(lines) + "\n").encode()

    def stored_texts(self):
        for number in range(self.texts):
            text = self.text(number)
            sha = hashlib.sha256(text).digest()
            yield (number + 1, int.from_bytes(sha[:8], "big", signed=True), sha, None, 0, len(text), packed(text))

    def of_text(self, number):
        return self.devices[number // len(TYPES)], TYPES[number % len(TYPES)], uuid.UUID(int=(1 << 100) + number)

    def captures(self):
        for number in range(self.texts):
            device, kind, capture = self.of_text(number)
            yield (capture, device, f"dev-{number // len(TYPES):05}", uuid.UUID(int=0), kind, "show", "complete", TEXT_BYTES, 80, number + 1, NOW)

    def currents(self):
        for number in range(self.texts):
            device, kind, capture = self.of_text(number)
            yield (device, kind, capture, number + 1)

    def tables(self):
        common = ("device_id", "capture_id", "identity", "content", "record", "first_seen_at")
        return [
            ("arp_entry", (*common, "ip", "mac", "interface", "vlan", "vrf"), self.arp()),
            ("mac_entry", (*common, "mac", "interface", "vlan", "vrf"), self.macs()),
            ("neighbor", (*common, "ip", "mac", "interface", "name"), self.neighbors()),
            ("load", ("device_id", "capture_type", "at", "templates", "version", "records", "incomplete", "unknown_lines", "tried_at"), self.loads()),
            ("text", ("id", "sha_key", "sha256", "base_id", "depth", "bytes", "data"), self.stored_texts()),
            ("capture", (
                "id", "device_id", "device_name", "collection_id", "capture_type", "commands", "verdict", "bytes", "lines", "text_id",
                "captured_at",
            ), self.captures()),
            ("current_capture", ("device_id", "capture_type", "capture_id", "text_id"), self.currents()),
        ]  # fmt: skip

    def questions(self):
        """What is asked, by kind: paths."""
        pick = random.Random(11)
        hosts = [pick.choice(self.hosts) for _ in range(ASKED)]
        learned = [self.hosts[pick.randrange(self.rows // 10) * 5 % len(self.hosts)] for _ in range(ASKED)]
        names = [f"dev-{pick.randrange(len(self.devices)):05}" for _ in range(ASKED)]
        whole = [f"10.{pick.randrange(256)}.{pick.randrange(256)}.{pick.randrange(256)}" for _ in range(ASKED)]
        seen = random.Random(7)
        own = Network.__new__(Network)
        own.random = seen
        words = [pick.choice(own.text(number).decode().splitlines()[4:-1]) for number in range(ASKED)]
        ports = [f"Gi1/0/{pick.randrange(48)}" for _ in range(ASKED)]
        ends = [f"end of {TYPES[number % len(TYPES)]} {number:06}" for number in (pick.randrange(self.texts) for _ in range(ASKED))]
        beginnings = [f"10.{pick.randrange(256)}.{pick.randrange(256)}." for _ in range(ASKED)]
        common = ["interface", "10.0.0.", "Gi1/0/1", "description", "switchport access vlan 3", "255.255.255.0", "vlan", " ip address 10."]
        search = lambda texts: [f"/search?q={quote(text)}" for text in texts]  # noqa: E731
        return {
            "list pages": [
                f"/{table}?limit=50{more}" for mac, address in hosts[: ASKED // 8] for table, more in (
                    ("arp-entries", ""), ("mac-entries", ""), ("arp-entries", f"&ip={address}"), ("arp-entries", f"&mac={self.mac_text(mac)}"),
                    ("mac-entries", f"&mac={self.mac_text(mac)}"), ("mac-entries", f"&device=dev-{len(self.routers):05}"),
                    ("arp-entries", f"&prefix={address}/28"), ("captures", "&current=true"),
                )
            ],
            "lists by what many rows have": [
                path for number in range(ASKED // 10) for path in (
                    f"/mac-entries?limit=50&vlan={number + 10}", f"/arp-entries?limit=50&interface=Vlan{number + 10}",
                    f"/mac-entries?limit=50&interface=Gi1/0/{number % 46 + 1}", "/arp-entries?limit=50&prefix=10.0.0.0/8",
                    f"/arp-entries?limit=50&prefix=10.{number % 8}.0.0/16", "/mac-entries?limit=50&mac=02:00:00",
                    f"/mac-entries?limit=50&device={names[number]}&vlan={number + 10}",
                )
            ],
            "lists by what no row has": [
                path for number in range(ASKED // 10) for path in (
                    f"/mac-entries?limit=50&vlan={number + 3000}", f"/mac-entries?limit=50&interface=Gi9/0/{number}",
                    f"/arp-entries?limit=50&interface=Vlan{number + 3000}", f"/arp-entries?limit=50&vrf=no-such-{number}",
                    f"/arp-entries?limit=50&prefix=192.0.{number}.0/24",
                )
            ],
            "/locate by MAC address": [f"/locate?q={self.mac_text(mac)}" for mac, _ in learned],
            "/locate by IP address": [f"/locate?q={address}" for _, address in learned],
            "/locate by name": [f"/locate?q={name}" for name in names],
            "/search for an address": search(whole),
            "/search for the beginning of an address": search(beginnings),
            "/search for a port": search(ports),
            "/search for a line": search(words),
            "/search for what stands once": search(ends),
            "/search for what is everywhere": search(text for text in common for _ in range(ASKED // len(common))),
            "/search for what is nowhere": search(f"no-such-{word}-{number}" for number, word in enumerate(words)),
        }  # fmt: skip


class Asked(server.Server):
    """A server on one of the databases."""

    def __init__(self, binaries, folder, database):
        self.extra = database.arguments
        shown = type("Binaries", (), {"showrun": binaries.showrun})
        wrapper = harness.scratch("showrun-with-database")
        arguments = " ".join(f"'{argument}'" for argument in self.extra)
        wrapper.write_text(f"#!/bin/sh\nexec '{binaries.showrun}' \"$@\" {arguments}\n")
        wrapper.chmod(0o755)
        shown.showrun = wrapper
        super().__init__(shown, folder)

    def end(self):
        self.process.terminate()
        self.process.wait(60)


def measured(asked, paths):
    """How long answers take, in milliseconds, one after the other; what was asked first is asked once more before."""
    import http.client

    connection = http.client.HTTPConnection(asked.url, timeout=120)
    headers = {"authorization": f"Bearer {asked.token}"}
    times, slowest = [], (0, "")
    for path in itertools.chain(paths[:5], paths):
        began = time.monotonic()
        connection.request("GET", "/api/v1" + path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        took = (time.monotonic() - began) * 1000
        if answer.status != 200:
            raise harness.Failed(f"{path}: {answer.status} {body[:300]}")
        times.append(took)
        slowest = max(slowest, (took, path))
    connection.close()
    return sorted(times[5:]), slowest


def on(soak, database_kind, quick):
    rows, texts = (20_000, 2_000) if quick else (1_000_000, 100_000)
    # On a disk: this is more than fits into memory beside everything else.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="showrun-soak."))
    database = database_kind(folder)
    try:
        began = time.monotonic()
        asked = Asked(soak.binaries, folder, database)
        count = -(-texts // len(TYPES))
        answer = asked.ask("POST", "/device-imports?format=csv", Network.inventory(count), "text/csv")
        if answer["failed"]:
            raise harness.Failed(f"{answer['failed']} devices could not be imported")
        devices, token = [], ""
        while token is not None:
            page = asked.ask("GET", f"/devices?limit=500&page_token={token}")
            devices += [uuid.UUID(item["id"]) for item in page["items"]]
            token = page.get("next_page_token")
        asked.end()
        network = Network(devices, rows, texts)
        database.fill(network.tables())
        print(f"      {database.name}: filled in {time.monotonic() - began:.0f} s, {database.size() / 1e6:.0f} MB", flush=True)
        began = time.monotonic()
        asked = Asked(soak.binaries, folder, database)
        while True:
            state = asked.ask("GET", "/search?q=hostname&limit=1")
            if state["texts_pending"] == 0 and "message" not in state:
                break
            time.sleep(0.5)
            if time.monotonic() - began > 3600:
                raise harness.Failed("the texts do not become searchable")
            if time.monotonic() - began > 600:
                asked.log_in_again()
        took = time.monotonic() - began
        cpu = asked.cpu_ms() / texts
        print(
            f"      {database.name}: {texts} texts made searchable in {took:.0f} s ({took / texts * 1000:.2f} ms each, {cpu:.2f} ms CPU of the "
            f"server), {database.size() / 1e6:.0f} MB, server at most {asked.peak_kb() / 1024:.0f} MB",
            flush=True,
        )
        soak.judge(f"{database.name}: the index was asked", state["indexed"], str(state["indexed"]))
        database.settle()
        asked.log_in_again()
        for what, paths in network.questions().items():
            times, (slowest, path) = measured(asked, paths)
            p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
            figures = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, at most {slowest:.0f} ms ({path[:60]})"
            soak.judge(f"{database.name}: {what} within {LIMIT_MS} ms", p95 <= LIMIT_MS, figures)
        asked.end()
    finally:
        database.end()
        shutil.rmtree(folder, ignore_errors=True)


def run(soak):
    """The group of `scripts/soak`."""
    quick = soak.options.quick
    print(f"-- questions: {'20,000' if quick else '1,000,000'} ARP and MAC entries, {'2,000' if quick else '100,000'} texts", flush=True)
    on(soak, Sqlite, quick)
    if Postgres.is_there():
        on(soak, Postgres, quick)
    else:
        soak.judge("PostgreSQL", False, "is not installed, or psql is not")
