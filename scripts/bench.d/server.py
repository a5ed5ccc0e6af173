"""A server that is measured: started on the clients' core, asked over its API, its CPU read from the kernel."""

import http.client
import json
import os
import pathlib
import sqlite3
import subprocess
import threading
import time

import harness

PASSWORD = "bench-Password-1"
TICKS = os.sysconf("SC_CLK_TCK")
LONGEST = 600


class Server:
    """`showrun serve` on a data directory of its own, with SQLite, or with PostgreSQL where a URL is given."""

    def __init__(self, binaries, folder, database_url=None, search_index=True):
        self.binaries, self.folder = binaries, pathlib.Path(folder)
        where = {"SHOWRUN_DATABASE_URL": database_url} if database_url else {}
        where["SHOWRUN_SEARCH_INDEX"] = "true" if search_index else "false"
        os.sched_setaffinity(0, {harness.CLIENT_CORE})
        try:
            self.process = subprocess.Popen(
                [str(binaries.showrun), "--log", "warn", "serve", "--listen", "127.0.0.1:0", "--data-dir", str(self.folder)],
                env={**os.environ, **where, "SHOWRUN_ADMIN_PASSWORD": PASSWORD}, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
        finally:
            os.sched_setaffinity(0, {harness.LAB_CORE})
        harness._children[self.process.pid] = self.process
        self.url = None
        for line in self.process.stderr:
            if "listening on http://" in line:
                self.url = line.rsplit("http://", 1)[1].strip()
                break
        if self.url is None:
            raise harness.Failed("the server did not start")
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.token = None
        self.token = self.ask("POST", "/auth/login", {"username": "admin", "password": PASSWORD})["access_token"]

    def ask(self, method, path, body=None, kind="application/json", raw=False):
        connection = http.client.HTTPConnection(self.url, timeout=120)
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            headers["content-type"] = kind
            body = json.dumps(body) if kind == "application/json" else body
        connection.request(method, "/api/v1" + path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 300:
            raise harness.Failed(f"{method} {path}: {answer.status} {data[:300]}")
        return data if raw else json.loads(data or b"null")

    def log_in_again(self):
        """Access tokens live shorter than some measurements."""
        self.token = None
        self.token = self.ask("POST", "/auth/login", {"username": "admin", "password": PASSWORD})["access_token"]

    def add(self, inventory):
        rows = pathlib.Path(inventory).read_text().splitlines()
        column = rows[0].split(",").index("credential")
        plain = [",".join(cell for index, cell in enumerate(row.split(",")) if index != column) for row in rows]
        answer = self.ask("POST", "/device-imports?format=csv", "\n".join(plain), "text/csv")
        if answer["failed"]:
            raise harness.Failed(f"{answer['failed']} devices could not be imported")

    def cpu_ms(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICKS

    def peak_kb(self):
        return harness._peak_kb(self.process.pid)

    def wait_idle(self):
        """Until the server has used next to nothing for half a second."""
        before = self.cpu_ms()
        while True:
            time.sleep(0.5)
            now = self.cpu_ms()
            if now - before <= 1000 / TICKS:
                return
            before = now

    def collect(self, types, workers, watcher=True, load=False, filters=None):
        """One collection of all devices; CPU from the request until the server is idle again."""
        self.wait_idle()
        before, started = self.cpu_ms(), time.monotonic()
        body = {
            "filters": filters or {}, "capture_types": types,
            "credentials": {"username": harness.USER, "password": harness.PASSWORD},
            "options": {"max_workers": workers, "auto_load_db": load},
        }  # fmt: skip
        made = self.ask("POST", "/collections", body)
        watching = self.watch(made["id"]) if watcher else None
        while True:
            collection = self.ask("GET", f"/collections/{made['id']}")
            if "finished_at" in collection:
                break
            if time.monotonic() - started > LONGEST:
                raise harness.Failed("the collection does not end")
            time.sleep(0.2 if watcher else 0.01)
        wall = time.monotonic() - started
        self.wait_idle()
        if watching:
            watching.wait(30)
        if collection["status"] != "succeeded":
            raise harness.Failed(f"the collection ended as {collection['status']}: {collection['message']}")
        return {"cpu_ms": self.cpu_ms() - before, "wall": wall, "collection": collection}

    def watch(self, collection):
        """Somebody who watches over a WebSocket, on the devices' core."""
        command = [
            str(self.binaries.showrun), "collections", "--server", f"http://{self.url}", "--token-file",
            str(self.token_file()), "watch", collection, "--quiet",
        ]  # fmt: skip
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        harness._children[child.pid] = child
        return child

    def token_file(self):
        path = harness.scratch("token")
        path.touch(mode=0o600)
        path.write_text(self.token + "\n")
        return path

    def sizes(self):
        """Bytes of each table with its indexes, as SQLite counts its pages."""
        database = sqlite3.connect(f"file:{self.folder / 'showrun.db'}?mode=ro", uri=True)
        tables = dict(database.execute("SELECT name, tbl_name FROM sqlite_schema WHERE type IN ('table', 'index')"))
        sizes = {}
        try:
            pages = database.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name").fetchall()
        except sqlite3.OperationalError:
            return None
        for name, size in pages:
            table = tables.get(name, name)
            sizes[table] = sizes.get(table, 0) + size
        return sizes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            pass
        harness._kill(self.process.pid)
