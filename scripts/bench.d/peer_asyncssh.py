"""Collects the same commands with asyncssh, one shell a device, and throws the output away. Prints one JSON line.

Runs in the benchmark's own virtual environment. The time for loading the library is not counted.
"""

import argparse
import asyncio
import csv
import json
import resource
import sys
import time

import asyncssh


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def until_prompt(reader, prompt):
    total, end = 0, b""
    while not end.endswith(prompt):
        data = await reader.read(65536)
        if not data:
            raise EOFError("the device closed the session")
        total += len(data)
        end = (end + data)[-len(prompt) :]
    return total


async def collect(row, options):
    prompt = f"\n{row['name']}#".encode()
    async with asyncssh.connect(
        row["host"], int(row["port"]), username=options.user, password=options.password, known_hosts=None,
        client_keys=None, agent_path=None, config=None,
    ) as session:  # fmt: skip
        writer, reader, _ = await session.open_session(term_type="vt100", term_size=(511, 1000), encoding=None)
        total = await until_prompt(reader, prompt)
        for command in ["terminal length 0", *options.command]:
            writer.write(command.encode() + b"\n")
            total += await until_prompt(reader, prompt)
        return total


async def run(rows, options):
    waiting, results = iter(rows), []

    async def worker():
        for row in waiting:
            try:
                results.append(await collect(row, options))
            except Exception as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)

    await asyncio.gather(*(worker() for _ in range(options.workers)))
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--inventory", required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--command", action="append", default=[])
    options = parser.parse_args()
    with open(options.inventory, newline="") as file:
        rows = list(csv.DictReader(file))
    cpu, started = used(), time.perf_counter()
    results = asyncio.run(run(rows, options))
    wall = time.perf_counter() - started
    failed = len(rows) - len(results)
    print(json.dumps({"devices": len(rows), "failed": failed, "wall_seconds": wall, "cpu_seconds": used() - cpu, "bytes": sum(results)}))


main()
