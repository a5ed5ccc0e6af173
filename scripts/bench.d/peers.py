"""The libraries that others use, for comparison: installs them into a virtual environment of their own and runs them."""

import json
import os
import pathlib
import subprocess
import sys

import harness

PINNED = {"netmiko": "4.8.0", "asyncssh": "2.24.1"}


def _folder():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(cache) / "showrun" / "bench-venv"


def install():
    """The interpreter of the environment, with exactly the versions above in it."""
    folder = _folder()
    python = folder / "bin" / "python"
    wanted = [f"{name}=={version}" for name, version in PINNED.items()]
    mark = folder / "installed"
    if not (mark.exists() and mark.read_text() == " ".join(wanted)):
        folder.parent.mkdir(parents=True, exist_ok=True)
        for command in ([sys.executable, "-m", "venv", folder], [python, "-m", "pip", "install", "--quiet", *wanted]):
            if subprocess.run(command).returncode != 0:
                raise harness.Failed("netmiko and asyncssh could not be installed")
        mark.write_text(" ".join(wanted))
    return python


def run(python, name, inventory, workers):
    script = pathlib.Path(__file__).with_name(f"peer_{name}.py")
    command = [python, script, "--inventory", inventory, "--workers", workers]
    command += ["--user", harness.USER, "--password", harness.PASSWORD]
    for shown in harness.COMMANDS.values():
        command += ["--command", shown]
    result = harness.run(command).must(0)
    result.answer = json.loads(result.out.strip().splitlines()[-1])
    if result.answer["failed"]:
        raise harness.Failed(f"{name}: {result.answer['failed']} devices failed: {result.err.strip()[-300:]}")
    # Loading the library is no work of a device.
    result.cpu, result.wall = result.answer["cpu_seconds"], result.answer["wall_seconds"]
    return result
