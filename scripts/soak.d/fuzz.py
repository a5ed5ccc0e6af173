"""Five minutes of hostile text: parsers with built-in and with users' templates, diffs, masking, verdicts.

The targets are those of `cargo fuzz`, and are guided by coverage as there. They are built with the compiler that builds
everything else: it puts in the marks that libFuzzer needs, and our code has no `unsafe` for which the sanitizers of the
nightly compiler would be of use. Whoever has these may run `cargo +nightly fuzz run` in `parsers` and `jobs`.
"""

import os
import pathlib
import re
import shutil
import subprocess
import time

import harness

TARGETS = (("parsers", "output"), ("parsers", "templates"), ("parsers", "changes"), ("parsers", "secrets"), ("jobs", "verdict"))
SECONDS = 300
MARKS = (
    "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 "
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table "
    "-Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Ccodegen-units=1"
)


def run(soak):
    if not shutil.which("c++"):
        # What was not run is not shown.
        soak.judge("fuzz: there is a C++ compiler, which libFuzzer needs", False, "apt-get install g++")
        return
    seconds = (25 if soak.options.quick else SECONDS) // len(TARGETS)
    print(f"-- fuzz: {len(TARGETS)} targets, {seconds} s each", flush=True)
    for crate, target in TARGETS:
        binary = build(crate, target)
        one(soak, crate, target, binary, seconds)


def build(crate, target):
    folder = harness.ROOT / crate / "fuzz"
    out = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", harness.ROOT / "target")) / "fuzz"
    rustc = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    host = re.search(r"^host: (.*)$", rustc, re.M).group(1)
    # With a target of its own the marks are not put into programs that only run while it is built.
    command = [os.environ.get("CARGO", "cargo"), "build", "--release", "--locked", "--target", host, "--bin", target]
    # A build may use all cores.
    os.sched_setaffinity(0, set(harness._cores))
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "RUSTFLAGS": MARKS, "CARGO_TARGET_DIR": str(out)}, capture_output=True, text=True
    )
    os.sched_setaffinity(0, {harness.LAB_CORE})
    if done.returncode:
        raise harness.Failed(f"the fuzz target {crate}/{target} was not built: {done.stderr[-1500:]}")
    return out / host / "release" / target


def one(soak, crate, target, binary, seconds):
    corpus, findings = harness.scratch(f"corpus-{target}"), harness.scratch(f"findings-{target}")
    for folder in (corpus, findings):
        folder.mkdir()
    started = time.monotonic()
    process = subprocess.Popen(
        [str(binary), str(corpus), f"-max_total_time={seconds}", "-timeout=20", "-max_len=6000", "-rss_limit_mb=2048",
         f"-artifact_prefix={findings}/", "-print_final_stats=1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
    )  # fmt: skip
    harness._children[process.pid] = process
    said = process.stderr.read()
    code = process.wait()
    harness._children.pop(process.pid, None)
    ran = re.findall(r"stat::number_of_executed_units: *(\d+)", said)
    covered = re.findall(r"cov: (\d+)", said)
    figures = f"{ran[-1] if ran else '?'} texts, {covered[-1] if covered else '?'} places reached, {time.monotonic() - started:.0f} s"
    found = sorted(findings.iterdir())
    if code or found:
        kept = keep(target, found)
        figures += f"; {kept}\n{said[-1500:]}"
    soak.judge(f"fuzz {crate}/{target}: no finding", code == 0 and not found, figures)


def keep(target, found):
    """Findings outlive the scratch folder."""
    folder = harness.ROOT / "target" / "fuzz-findings" / target
    folder.mkdir(parents=True, exist_ok=True)
    for file in found:
        shutil.copy(file, folder)
    return f"{len(found)} findings in {folder}"
