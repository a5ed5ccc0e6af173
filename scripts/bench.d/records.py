"""What is made of texts: two large configurations compared through the API, and what parsing and loading cost."""

import http.client
import statistics
import time

import harness
import server

LINES = 50_000
TYPES = ["configs", "arp", "mac", "lldp", "interfaces", "routes", "version", "inventory"]


def run(bench):
    diffs(bench)
    loading(bench)


def diffs(bench):
    """Two versions of a configuration of 50,000 lines, and those of two devices."""
    size = 2_000_000
    for _ in range(3):
        with harness.Lab(bench.binaries.lab, 2, config_bytes=size) as lab:
            with server.Server(bench.binaries, harness.scratch(f"diffs-{size}")) as ours:
                ours.add(lab.some(2))
                names = [row.split(",")[0] for row in lab.some(2).read_text().splitlines()[1:]]
                ours.collect(["configs"], 2, watcher=False)
                captures = ours.ask("GET", "/captures?capture_type=configs&current=true")["items"]
                lines = min(capture["lines"] for capture in captures)
                if lines < LINES:
                    size = int(size * LINES / lines * 1.05)
                    continue
                before = {capture["device_name"]: capture["id"] for capture in captures}
                for _ in range(100):
                    lab.ask(f"change {names[0]}")
                ours.collect(["configs"], 2, watcher=False)
                newest = {capture["device_name"]: capture["id"] for capture in ours.ask("GET", "/captures?current=true")["items"]}
                pairs = {
                    "two versions": (newest[names[0]], before[names[0]], ""),
                    "two versions, without secrets": (newest[names[0]], before[names[0]], "&masked=true"),
                    "two devices": (newest[names[0]], newest[names[1]], ""),
                    "two devices, without secrets": (newest[names[0]], newest[names[1]], "&masked=true"),
                }
                for what, (new, old, more) in pairs.items():
                    times = []
                    for _ in range(5 if bench.options.quick else 20):
                        started = time.perf_counter()
                        diff = ours.ask("GET", f"/captures/{new}/diff?against={old}{more}")
                        times.append((time.perf_counter() - started) * 1000)
                    note = f"2 x {lines} lines, {diff['lines_added']} added, {diff['lines_removed']} removed, slowest {max(times):.0f} ms"
                    bench.judge(f"diff through the API, {what}", statistics.median(times), 100, "ms", note=note)
        return
    raise harness.Failed("the devices have no configuration of 50,000 lines")


def loading(bench):
    """The first parse and load, and what loading costs where nothing changed."""
    devices, workers = (60, 30) if bench.options.quick else (500, 100)
    with bench.lab(devices, busy=True) as lab:
        inventory = lab.some(devices)
        bench.floor(inventory, workers)  # the devices make their keys at the first connection
        with server.Server(bench.binaries, harness.scratch("unloaded")) as ours:
            ours.add(inventory)
            without = ours.collect(TYPES, workers)["cpu_ms"] / devices
        with server.Server(bench.binaries, harness.scratch("loaded")) as ours:
            ours.add(inventory)
            run = ours.collect(TYPES, workers, load=True)
            if run["collection"].get("loaded_to_db") is not True:
                raise harness.Failed(f"not everything was loaded: {run['collection'].get('message')}")
            first = run["cpu_ms"] / devices
            parse = parsed_ms(ours) / devices
            bench.say("first collection, loading off: CPU per device", without, "ms", note=f"{devices} devices x {len(TYPES)} types")
            bench.say("first parse: CPU per device", parse, "ms")
            bench.say("first load: CPU per device", first - without - parse, "ms", note="all else that loading costs")
            on, off = [], []
            for number in range(bench.rounds):
                for of, load in ((on, True), (off, False)) if number % 2 == 0 else ((off, False), (on, True)):
                    of.append(ours.collect(TYPES, workers, load=load)["cpu_ms"] / devices)
            on, off = statistics.median(on), statistics.median(off)
            bench.judge(
                "nothing changed, loading on to loading off", on / off, 1.2, "x",
                note=f"{on:.2f} ms of {off:.2f} ms a device; parsed again: {parsed_ms(ours) / devices - parse:.2f} ms",
            )  # fmt: skip


def parsed_ms(ours):
    """CPU that parsing took since the server started."""
    connection = http.client.HTTPConnection(ours.url, timeout=30)
    connection.request("GET", "/metrics", headers={"authorization": f"Bearer {ours.token}"})
    text = connection.getresponse().read().decode()
    connection.close()
    sums = [line for line in text.splitlines() if line.startswith("showrun_capture_parse_cpu_seconds_sum")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in sums) * 1000
