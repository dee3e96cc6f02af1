"""What a program that is started sees: never the keys and passwords that lie in our environment."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from wild_aieval.models.tools.apertium import Apertium
from wild_aieval.models.tools.environment import reduced

SECRETS = {"MLFLOW_TRACKING_PASSWORD": "one-secret", "OFFICE_API_KEY": "another-secret", "PGPASSWORD": "a-third-secret"}
FAKE = """#!/bin/sh
env >> {seen}
case "$1" in -l) echo eng-spa; echo spa-eng ;; -V) echo 3.8 ;; *) cat ;; esac
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def test_a_tool_sees_only_what_is_named(place, documents):
    place.classification(documents)
    seen = place.root / "seen.json"
    tool = place.root / "tool.py"
    tool.write_text(
        "import json, os, pathlib, sys\n"
        f"pathlib.Path({str(seen)!r}).write_text(json.dumps(dict(os.environ)))\n"
        "for line in sys.stdin:\n"
        "    said = {'id': json.loads(line)['id'], 'symbols': [{'symbol': 'A01B', 'score': 0.5}]}\n"
        "    print(json.dumps(said), flush=True)\n"
    )
    model = {"name": "tool", "kind": "command", "tasks": ["classification"], "command": [sys.executable, str(tool)]}
    place.run(model | {"version": "1", "env": ["OFFICE_API_KEY"]})
    environment = json.loads(seen.read_text())
    assert environment["OFFICE_API_KEY"] == SECRETS["OFFICE_API_KEY"]
    assert not {"MLFLOW_TRACKING_PASSWORD", "PGPASSWORD"} & set(environment)
    written = [path.read_bytes() for path in place.root.rglob("*") if path.is_file() and path != seen]
    assert not [text for text in written for value in SECRETS.values() if value.encode() in text]


def test_apertium_sees_no_secrets(tmp_path):
    seen, program = tmp_path / "seen", tmp_path / "apertium"
    program.write_text(FAKE.format(seen=seen))
    program.chmod(0o700)
    model = Apertium(Apertium.Settings(name="a", kind="apertium", program=str(program)), None)
    model.facts()
    assert "PATH=" in seen.read_text()
    assert "secret" not in seen.read_text()


def test_the_reduced_environment_is_enough_to_start_a_program(monkeypatch):
    assert set(SECRETS).isdisjoint(reduced())
    assert "OFFICE_API_KEY" in reduced(["OFFICE_API_KEY", "NOT_SET_AT_ALL"])
    assert shutil.which("env", path=reduced()["PATH"])
