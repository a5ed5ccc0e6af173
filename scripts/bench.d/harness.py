"""What the benchmark and the soak share: building, the simulated devices, running a process and measuring it.

Every process that is started here is ended here, by its number, however the script ends. The clients get one core and
the devices another. The script itself stays on the devices' core, so that a measured client has its core for itself.
"""

import atexit
import csv
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
USER, PASSWORD = "lab", "lab-Pass1"
COMMANDS = {
    "version": "show version",
    "configs": "show running-config",
    "arp": "show ip arp",
    "mac": "show mac address-table",
    "interfaces": "show interfaces",
}
ALL_TYPES = list(COMMANDS)
FILES_WANTED = 65_536
# Below the ports that the system gives to clients, so that no connection of a client takes the port of a device.
FIRST_PORT, LAST_PORT = 10_000, 32_000

_cores = sorted(os.sched_getaffinity(0))
CLIENT_CORE, LAB_CORE = _cores[0], _cores[min(1, len(_cores) - 1)]

_children = {}
_scratch = None


class Failed(Exception):
    """Something that should have worked did not; the text says what."""


def prepare(folder=None):
    """Limits, core, the folder for temporary files, and that nothing is left behind."""
    global _scratch
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (max(hard, FILES_WANTED), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, FILES_WANTED), wanted))
            break
        except (ValueError, OSError):
            continue
    os.sched_setaffinity(0, {LAB_CORE})
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    # In memory where that is possible: a disk's file system charges by its own history (ext4 passes over every inode that was
    # freed in the last half minute), which says nothing about whoever writes.
    if folder is None and os.access("/dev/shm", os.W_OK):
        folder = "/dev/shm"
    _scratch = pathlib.Path(tempfile.mkdtemp(prefix="showrun-bench.", dir=folder))
    atexit.register(_clean)


def _clean():
    for pid in list(_children):
        _kill(pid)
    if _scratch:
        shutil.rmtree(_scratch, ignore_errors=True)


def _kill(pid):
    child = _children.pop(pid, None)
    if child is None or child.returncode is not None:
        return
    child.kill()
    child.wait()


def scratch(name):
    return _scratch / name


def password_file():
    path = scratch("password")
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(PASSWORD + "\n")
    return path


def machine():
    """The lines that say where the figures come from."""
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) // 1024
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return [
        f"machine   {model}, {os.cpu_count()} cores, {memory} MB, {platform.system()} {platform.release()}, load {load}",
        f"cores     clients on {CLIENT_CORE}, devices on {LAB_CORE}; files {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}",
    ]


def quiet_wait(seconds=20):
    """Waits until both cores are nearly idle, at most so long. The share of them that others use, at the end."""
    until = time.monotonic() + seconds
    while True:
        busy = _busy_share(0.5)
        if busy < 0.10 or time.monotonic() > until:
            return busy


def _busy_share(seconds):
    def read():
        fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    total, idle = read()
    time.sleep(seconds)
    total_after, idle_after = read()
    return 1 - (idle_after - idle) / max(1, total_after - total)


def file_system(folder=None):
    """The kind of file system on which a folder is; without one, that of the temporary files."""
    folder, best = os.path.realpath(folder or _scratch), ("", "unknown")
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, place, kind = line.split()[:3]
        inside = place == "/" or folder == place or folder.startswith(place + "/")
        if inside and len(place) >= len(best[0]):
            best = (place, kind)
    return best[1]


def disk_folder():
    """A folder among the temporary files; None where that is where everything is anyway. It goes away with the script."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="showrun-bench."))
    atexit.register(shutil.rmtree, folder, True)
    return folder if file_system(folder) != file_system() else None


def files_cpu_ms(sizes, devices, under=None):
    """CPU per device of creating, writing and renaming files of these sizes, with nothing around it."""
    folder = (under or _scratch) / "files"
    for number in range(len(sizes)):
        (folder / str(number)).mkdir(parents=True)
    text = b"x" * max(sizes)
    before = resource.getrusage(resource.RUSAGE_SELF)
    for device in range(devices):
        for number, size in enumerate(sizes):
            path = f"{folder}/{number}/{device}"
            file = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(file, text[:size])
            os.close(file)
            os.rename(path + ".new", path)
    after = resource.getrusage(resource.RUSAGE_SELF)
    shutil.rmtree(folder)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000 / devices


class Binaries:
    """The release binaries, built if need be; or the debug ones that are there, to try a script."""

    names = ("showrun", "showrun-lab", "showrun-floor")

    def __init__(self, build=True, debug=False):
        self.cargo, self.debug = os.environ.get("CARGO", "cargo"), debug
        cargo = self.cargo
        if build:
            wanted = [part for name in self.names for part in ("--bin", name)]
            # A build may use all cores; the measuring comes later.
            os.sched_setaffinity(0, set(_cores))
            done = subprocess.run([cargo, "build", "--release", "--locked", *wanted], cwd=ROOT)
            os.sched_setaffinity(0, {LAB_CORE})
            if done.returncode != 0:
                raise Failed("the release binaries could not be built")
        facts = subprocess.run([cargo, "metadata", "--no-deps", "--format-version", "1"], cwd=ROOT, capture_output=True)
        if facts.returncode != 0:
            raise Failed(facts.stderr.decode(errors="replace"))
        folder = pathlib.Path(json.loads(facts.stdout)["target_directory"]) / ("debug" if debug else "release")
        try:
            # Copies: a build that somebody starts meanwhile must not change what is measured.
            self.showrun, self.lab, self.floor = (shutil.copy2(folder / name, scratch(name)) for name in self.names)
        except OSError as problem:
            raise Failed(f"a binary is missing: {problem}") from problem

    def test(self, name):
        """The binary of a whole-system test, built if need be with the same profile. It runs the binaries beside it."""
        profile = [] if self.debug else ["--release"]
        command = [self.cargo, "test", "--locked", "--no-run", "--message-format", "json", *profile, "-p", "tests", "--test", name]
        os.sched_setaffinity(0, set(_cores))
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        os.sched_setaffinity(0, {LAB_CORE})
        for line in done.stdout.splitlines():
            message = last_json(line) or {}
            if message.get("executable") and message["target"]["name"] == name:
                return message["executable"]
        raise Failed(f"the test {name} could not be built")


class Lab:
    """Simulated devices in a process of their own."""

    _next_port = FIRST_PORT

    def __init__(self, binary, devices, think_ms=0, faults=None, config_bytes=None, config_bytes_most=None, table_bytes=None, sites=None, busy=False):
        self.devices = devices
        name = f"inventory-{time.monotonic_ns()}.csv"
        self.inventory = scratch(name)
        command = [
            str(binary), "--fleet", str(devices), "--seed", "7", "--platforms", "cisco_ios",
            "--inventory", str(self.inventory), "--think-ms", str(think_ms), "--sites", str(sites or max(1, devices // 10)),
            "--username", USER, "--password", PASSWORD, "--enable-password=", "--until-stdin-closes",
        ]  # fmt: skip
        command += ["--busy"] if busy else []
        command += ["--config-bytes", str(config_bytes)] if config_bytes else []
        command += ["--config-bytes-most", str(config_bytes_most)] if config_bytes_most else []
        command += ["--table-bytes", str(table_bytes)] if table_bytes else []
        for index, fault in (faults or {}).items():
            command += ["--fault", f"{index}={fault}"]
        problem = ""
        for _ in range(6):
            first = Lab._next_port
            if first + devices > LAST_PORT:
                first = FIRST_PORT
            Lab._next_port = first + devices
            self.process = subprocess.Popen(
                [*command, "--first-port", str(first)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, bufsize=1,
            )  # fmt: skip
            _children[self.process.pid] = self.process
            ready = self.process.stdout.readline()
            if ready.startswith("ready"):
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
            problem = self.process.stderr.read()
            _kill(self.process.pid)
        raise Failed(f"the simulated devices did not start: {problem.strip()}")

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed("the simulated devices are gone")
        return json.loads(line)

    def open_sessions(self):
        return self.ask("counters")["open_sessions"]

    def cpu_ms(self):
        answer = self.ask("cpu")
        return answer["user_ms"] + answer["system_ms"]

    def some(self, count, first=0):
        """An inventory of so many of the devices."""
        path = scratch(f"{self.inventory.stem}-{first}-{count}.csv")
        lines = self.inventory.read_text().splitlines()
        path.write_text("\n".join([lines[0], *lines[1 + first : 1 + first + count]]) + "\n")
        return path

    def addresses(self, inventory):
        with open(inventory, newline="") as file:
            return [(row["host"], int(row["port"])) for row in csv.DictReader(file)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.write("quit\n")
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            pass
        _kill(self.process.pid)


class Run:
    """A process that ended: its time, CPU, memory and answer."""

    def __init__(self, wall, code, usage, peak_kb, fds, open_sessions, out, err):
        self.wall, self.code, self.out, self.err = wall, code, out, err
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak_kb, self.fds, self.open_sessions = peak_kb, fds, open_sessions

    def must(self, *codes):
        if self.code not in codes:
            text = (self.err.strip() or self.out.strip())[-1500:]
            raise Failed(f"ended with {self.code}, not {' or '.join(map(str, codes))}: {text}")
        return self


def run(command, watch=False, lab=None, limit=900):
    """Runs a command on the core of the clients.

    Its CPU time is the kernel's account of the process that ended. `watch` also looks every few milliseconds for the
    most memory it had: the account's own figure starts at what this script has, so it is too high for small processes.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        # The affinity is inherited; nothing runs between the fork and the program that would be counted.
        os.sched_setaffinity(0, {CLIENT_CORE})
        started = time.perf_counter()
        try:
            child = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        finally:
            os.sched_setaffinity(0, {LAB_CORE})
        _children[child.pid] = child
        timer = threading.Timer(limit, child.kill)
        timer.daemon = True
        timer.start()
        peak, fds, sessions, asked = 0, 0, 0, started
        while watch:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            ended = time.perf_counter()
            if pid:
                break
            peak = max(peak, _peak_kb(child.pid))
            if ended - asked > 0.4:
                asked = ended
                fds = max(fds, _fds(child.pid))
                sessions = max(sessions, lab.open_sessions()) if lab else 0
            time.sleep(0.004)
        if not watch:
            _, status, usage = os.wait4(child.pid, 0)
            ended = time.perf_counter()
        child.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
        _children.pop(child.pid, None)
        out.seek(0)
        err.seek(0)
        texts = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    return Run(ended - started, child.returncode, usage, peak, fds, sessions, *texts)


def _peak_kb(pid):
    try:
        found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
        # Before the program is loaded this is the script's own memory.
        own = os.readlink(f"/proc/{pid}/exe") == os.readlink("/proc/self/exe")
    except OSError:
        return 0
    return int(found[1]) if found and not own else 0


def _fds(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def floor(binaries, inventory, workers, types=ALL_TYPES, **how):
    """Runs the plain client. Its answer stands in `answer`."""
    command = [binaries.floor, "--inventory", inventory, "--workers", workers, "--user", USER, "--password", PASSWORD]
    for name in types:
        command += ["--command", COMMANDS[name]]
    result = run(command, **how).must(0)
    result.answer = json.loads(result.out)
    return result


_outputs = 0


def showrun(binaries, inventory, workers, types=ALL_TYPES, codes=(0,), more=(), under=None, **how):
    """Runs `showrun collect` into a folder of its own (`under` another one), and counts the files it wrote."""
    global _outputs
    _outputs += 1
    folder = (under or _scratch) / f"out-{_outputs}"
    command = [
        binaries.showrun, "collect", "--direct", "--inventory", inventory, "--types", ",".join(types), "--user", USER,
        "--password-file", password_file(), "--workers", workers, "--out", folder, "--output", "json",
        "--host-key-policy", "off", *more,
    ]  # fmt: skip
    result = run(command, **how)
    files = [path for path in folder.glob("*/*.txt") if path.parent.name in types] if folder.exists() else []
    result.files, result.bytes = len(files), sum(path.stat().st_size for path in files)
    # Kept to the end: ext4 passes over inodes that were freed a moment ago one by one, and the next run would pay for it.
    # Only outputs of many megabytes make room at once.
    if result.bytes > 200e6:
        shutil.rmtree(folder, ignore_errors=True)
    return result.must(*codes)


def last_json(text):
    """The last JSON value that a program printed; None where there is none."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    for line in reversed(text.strip().splitlines()):
        try:
            return json.loads(line)
        except ValueError:
            continue
    return None
