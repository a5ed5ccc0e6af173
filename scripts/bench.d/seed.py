"""Years of history in a database: real rows of one collection, many times over with ids and times of their own."""

import pathlib
import re
import secrets
import signal
import sqlite3
import subprocess
import time
import uuid

import harness

HOUR_MS = 3600 * 1000
# Columns that are times; in copies they are as much earlier as their collection is.
TIMES = {
    "collection": ["created_at", "started_at", "finished_at"],
    "collection_device": ["started_at", "finished_at"],
    "event_batch": [],
    "capture": ["captured_at"],
}


def uuid7(ms):
    """As the server makes them: in the order of their time."""
    value = (ms & (2**48 - 1)) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


class Postgres:
    """A PostgreSQL of its own; None where there is none to start."""

    @staticmethod
    def there():
        return subprocess.run([harness.ROOT / "scripts/postgres-for-tests", "find"]).returncode == 0

    def __init__(self, under):
        folder = pathlib.Path(under) / "postgres"
        folder.mkdir()
        # Its own user must be able to get there.
        pathlib.Path(under).chmod(0o755)
        self.process = subprocess.Popen(
            [str(harness.ROOT / "scripts/postgres-for-tests"), "run", str(folder / "data")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        harness._children[self.process.pid] = self.process
        self.url = self.process.stdout.readline().strip()
        for _ in range(300):
            if self.url and self.ask("SELECT 1", check=False) == "1":
                return
            time.sleep(0.2)
        raise harness.Failed("PostgreSQL did not start")

    def ask(self, sql, check=True):
        done = subprocess.run(["psql", self.url, "-qtAX", "-v", "ON_ERROR_STOP=1", "-c", sql], capture_output=True, text=True)
        if check and done.returncode:
            raise harness.Failed(f"PostgreSQL: {done.stderr.strip()[:500]}")
        return done.stdout.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            pass
        harness._kill(self.process.pid)


def columns_of(create, table):
    """What is selected for a copy of each row: its columns, with the id of the collection and the times changed."""
    parts = []
    for column in create:
        if column == "id":
            parts.append("copy_id(:id)" if table == "collection" else "new_id(:ms)")
        elif column == "collection_id":
            parts.append("copy_id(:id)")
        elif column in TIMES[table]:
            parts.append(f"{column} - :earlier")
        elif column == "name" and table == "collection":
            parts.append("name || ' ' || :number")
        else:
            parts.append(column)
    return ", ".join(f'"{name}"' for name in create), ", ".join(parts)


def copies(count):
    """The ids and times of copies, the oldest first: one an hour."""
    now = int(time.time() * 1000)
    for number in range(count, 0, -1):
        earlier = number * HOUR_MS
        yield {"id": uuid7(now - earlier), "ms": now - earlier, "earlier": earlier, "number": number}


def sqlite(file, collection, count):
    """Copies a collection with its devices, events and captures. The server must not run."""
    database = sqlite3.connect(file, isolation_level=None)
    database.create_function("copy_id", 1, lambda text: uuid.UUID(text).bytes, deterministic=True)
    database.create_function("new_id", 1, lambda ms: uuid7(ms).bytes)
    database.execute("PRAGMA synchronous = OFF")
    source = uuid.UUID(collection).bytes
    database.execute("BEGIN")
    for values in copies(count):
        for table in TIMES:
            create = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            into, selected = columns_of(create, table)
            key = "id" if table == "collection" else "collection_id"
            database.execute(
                f"INSERT INTO {table} ({into}) SELECT {selected} FROM {table} WHERE {key} = :source",
                {**values, "id": str(values["id"]), "source": source},
            )
    database.execute("COMMIT")
    database.execute("ANALYZE")
    rows = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in (*TIMES, "device")}
    database.close()
    return rows, pathlib.Path(file).stat().st_size


def postgres(database, collection, count):
    """The same in PostgreSQL."""
    database.ask(
        "CREATE FUNCTION copy_id(id text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT id::uuid $$;"
        "CREATE FUNCTION new_id(ms bigint) RETURNS uuid LANGUAGE sql VOLATILE AS $$ SELECT (lpad(to_hex(ms), 12, '0') || '7' ||"
        " substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid $$;"
    )
    creates = {}
    for table in TIMES:
        listed = database.ask(
            f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' AND table_schema = 'public'"
            " ORDER BY ordinal_position"
        )
        creates[table] = listed.split()
    statements = []
    for values in copies(count):
        for table, create in creates.items():
            into, selected = columns_of(create, table)
            key = "id" if table == "collection" else "collection_id"
            text = f"INSERT INTO {table} ({into}) SELECT {selected} FROM {table} WHERE {key} = '{collection}';"
            put = {"id": f"'{values['id']}'", "ms": values["ms"], "earlier": values["earlier"], "number": values["number"]}
            statements.append(re.sub(r":(id|ms|earlier|number)\b", lambda found: str(put[found[1]]), text))
    script = harness.scratch("seed.sql")
    script.write_text("BEGIN;\n" + "\n".join(statements) + "\nCOMMIT;\nVACUUM ANALYZE;\n")
    done = subprocess.run(
        ["psql", database.url, "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(script)], capture_output=True, text=True
    )
    if done.returncode:
        raise harness.Failed(f"PostgreSQL: {done.stderr.strip()[:500]}")
    rows = {table: int(database.ask(f"SELECT count(*) FROM {table}")) for table in (*TIMES, "device")}
    return rows, int(database.ask("SELECT pg_database_size(current_database())"))
