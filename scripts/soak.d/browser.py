"""A large collection that somebody watches in the browser: how fluent the page is, what it holds, how late it shows things."""

import json
import os
import pathlib
import subprocess

import harness

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FIRST_PAINT_MS, LAG_P95_MS, HEAP_MB, REPAINTS = 1_000, 1_000, 200, 4.0
# A headless browser without a graphics card draws in software, on the core that the server works on too.
FRAMES_A_SECOND = 20


def rounded(numbers):
    return ", ".join(f"{number:.0f}" for number in numbers)


def run(soak):
    frontend = harness.ROOT / "frontend"
    if not pathlib.Path(CHROMIUM).exists() or not (frontend / "node_modules/playwright-core").exists():
        raise harness.Failed("chromium or the frontend's modules are not installed")
    devices, workers, think = (300, 20, 300) if soak.options.quick else (10_000, 200, 1_500)
    print(f"-- browser: {devices} devices, {workers} workers, {think} ms a command, watched in Chromium", flush=True)
    os.sched_setaffinity(0, harness._cores)
    try:
        done = subprocess.run(
            ["node", "e2e/soak.mjs"], cwd=frontend, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2400,
            env={
                **os.environ, "SHOWRUN": str(soak.binaries.showrun), "SHOWRUN_LAB": str(soak.binaries.lab), "CHROMIUM": CHROMIUM,
                "DEVICES": str(devices), "WORKERS": str(workers), "THINK_MS": str(think),
            },
        )  # fmt: skip
    finally:
        os.sched_setaffinity(0, {harness.LAB_CORE})
    if done.returncode:
        raise harness.Failed(done.stderr.strip()[-600:])
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    judge = soak.judge
    judge(
        "every device ended well and none remains", seen["devices_succeeded"] == devices and seen["remaining"] == 0,
        f"{seen['devices_succeeded']} of {devices} in {seen['seconds']:.0f} s",
    )  # fmt: skip
    judge(
        "first paint of a running collection", seen["first_paint_ms"] <= FIRST_PAINT_MS,
        f"{seen['first_paint_ms']} ms, all rows after {seen['whole_after_ms']} ms, allowed {FIRST_PAINT_MS} ms",
    )  # fmt: skip
    judge(
        "from device_completed stored to shown", seen["events_measured"] > 0 and seen["lag_p95_ms"] <= LAG_P95_MS,
        f"p50 {seen['lag_p50_ms']} ms, p95 {seen['lag_p95_ms']} ms, worst {seen['lag_worst_ms']} ms "
        f"of {seen['events_measured']} devices, allowed {LAG_P95_MS} ms at the 95th percentile",
    )  # fmt: skip
    judge(
        "from device_completed stored to counted", seen["counter_lag_p95_ms"] <= LAG_P95_MS,
        f"p95 {seen['counter_lag_p95_ms']} ms, allowed {LAG_P95_MS} ms",
    )  # fmt: skip
    judge(
        "frames", seen["frames_per_second"] >= FRAMES_A_SECOND,
        f"{seen['frames_per_second']:.0f} a second, {seen['frames_over_100_ms']} longer than 100 ms, the longest {seen['slowest_frame_ms']} ms, "
        f"wanted {FRAMES_A_SECOND}",
    )  # fmt: skip
    judge(
        "repaints", seen["repaints_per_second"] <= REPAINTS + 0.3,
        f"{seen['repaints_per_second']:.1f} a second, at most {REPAINTS:.0f}",
    )  # fmt: skip
    judge(
        "memory of the page", seen["heap_peak_mb"] <= HEAP_MB,
        f"at most {seen['heap_peak_mb']:.0f} MB of JavaScript, {seen['heap_at_end_mb']:.0f} MB at the end, allowed {HEAP_MB} MB; after "
        f"each collection {rounded(seen['heap_after_each_round_mb'])} MB; {seen['events_received']} events; the process that draws it has "
        f"{seen['renderer_peak_mb']:.0f} MB for itself, at the end {seen['renderer_at_end_mb']:.0f} MB",
    )  # fmt: skip
