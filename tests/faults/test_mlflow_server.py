"""A real MLflow server that goes away, fails or hangs half-way: the run is whole, and is logged once, later."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

_SPEC = importlib.util.spec_from_file_location("faulty_proxy", Path(__file__).with_name("faulty_proxy.py"))
assert _SPEC is not None and _SPEC.loader is not None
faulty_proxy = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(faulty_proxy)

# Less patience than usual, so that a server that hangs shows soon.
SOON = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "2", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
SHARES = {"half-way": 0.5, "late": 0.9}  # of the requests of a run


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def server(forge: Any) -> Iterator[tuple[Any, Path]]:
    """The server and its store, behind a proxy."""
    scene, port = forge.scene("server"), free_port()
    store = scene / "mlflow.db"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{store}", "--artifacts-destination", str(scene / "mlartifacts")]
    more = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "OMP_NUM_THREADS": "1"}
    with (scene / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=os.environ | more, stdout=log, stderr=log, start_new_session=True)
    try:
        end = time.monotonic() + 180
        while not healthy(port):
            assert process.poll() is None and time.monotonic() < end, (scene / "server.log").read_text()[-2000:]
            time.sleep(0.1)
        proxy = faulty_proxy.Proxy(port)
        yield proxy, store
        proxy.close()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def whole(forge: Any, seen: Any, server: Any) -> Any:
    """What a run leaves with a server that behaves, and how many requests it makes."""
    proxy, store = server
    scene = forge.scene("served", store=False)
    proxy.heal()
    done = forge.run(scene, *forge.command(scene, f"tracking.uri={proxy.url}"))
    assert done["code"] == 0, done["stderr"]
    assert "could not be written to" not in done["stderr"], done["stderr"]
    count = proxy.seen
    (scene / "mlflow.db").symlink_to(store)
    (scene / "mlartifacts").symlink_to(store.parent / "mlartifacts")
    return seen(scene), count


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("fault", faulty_proxy.FAULTS)
def test_a_server_that_fails_costs_no_answer_and_leaves_no_second_run(
    forge: Any, seen: Any, differ: Any, server: Any, whole: Any, fault: str, share: str, record_property: Any
) -> None:
    (proxy, store), (expected, count) = server, whole
    forge.empty(store)
    scene = forge.scene(f"server-{fault.replace(' ', '-')}-{share}", store=False)
    proxy.heal()
    proxy.arm(fault, max(1, round(SHARES[share] * count)))
    done = forge.run(scene, *forge.command(scene, f"tracking.uri={proxy.url}"), env=SOON)
    assert proxy.seen >= SHARES[share] * count - 1, "the fault was met"
    proxy.heal()
    assert done["code"] == 0, done
    assert forge.clean(done["stderr"]), done["stderr"]
    if fault != "answer lost":
        assert "The run is complete and kept in" in done["stderr"]
        assert f"Log it later with: python -m wild_aieval log {scene / 'run'}" in done["stderr"]
        assert "Is the server running" in done["stderr"]
    forge.asked()
    done = forge.run(scene, "log", str(scene / "run"))
    assert done["code"] == 0, done
    assert forge.asked() == []
    (scene / "mlflow.db").symlink_to(store)
    (scene / "mlartifacts").symlink_to(store.parent / "mlartifacts")
    assert differ(seen(scene), expected) == []
    record_property("faults of an MLflow server", 1)
