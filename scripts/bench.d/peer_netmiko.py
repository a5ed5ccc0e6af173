"""Collects the same commands with netmiko, and throws the output away. Prints one JSON line.

Runs in the benchmark's own virtual environment. The time for loading the library is not counted.
"""

import argparse
import concurrent.futures
import csv
import json
import resource
import sys
import time

import netmiko


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def collect(row, options):
    with netmiko.ConnectHandler(
        device_type="cisco_ios", host=row["host"], port=int(row["port"]), username=options.user, password=options.password
    ) as session:
        return sum(len(session.send_command(command)) for command in options.command)


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
    cpu, started, failed, total = used(), time.perf_counter(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
        for future in [pool.submit(collect, row, options) for row in rows]:
            try:
                total += future.result()
            except Exception as error:
                failed += 1
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
    wall = time.perf_counter() - started
    print(json.dumps({"devices": len(rows), "failed": failed, "wall_seconds": wall, "cpu_seconds": used() - cpu, "bytes": total}))


main()
