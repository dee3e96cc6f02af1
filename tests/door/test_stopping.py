"""An interrupt that comes while Python clears an object away is dropped there; the command stops all the same."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

SCRIPT = """
import os, signal, sys, time
from wild_aieval import stopping

class Cleared:
    def __del__(self):
        os.kill(os.getpid(), signal.{name})
        time.sleep(0)

class Broken:
    def __del__(self):
        raise ValueError("shown as ever")

stopping.as_ctrl_c()
try:
    Broken()
    Cleared()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        pass
    print("went on")
except KeyboardInterrupt:
    print("stopped")
stopping.not_now()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_that_python_dropped_is_heard(place: Any, name: str) -> None:
    command = [sys.executable, "-c", SCRIPT.replace("{name}", name)]
    done = subprocess.run(command, env=place.environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "stopped\n", done.stderr
    assert done.returncode == 0
    assert "KeyboardInterrupt" not in done.stderr
    assert "ValueError: shown as ever" in done.stderr
