"""Help, version, completion, and where the door can be opened from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import __version__
from wild_aieval.cli import main

HEAVY = ("hydra", "omegaconf", "numpy", "torch", "mlflow", "pydantic", "pyarrow", "transformers", "yaml", "argparse")


@pytest.mark.parametrize("argument", ["--help", "-h", "help", "--version"])
def test_help_and_version_import_nothing_heavy(place: Any, argument: str) -> None:
    code = (
        "import sys; from wild_aieval.cli import main; code = main(sys.argv[1:]); "
        f"print(code, [name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, argument], env=place.environment(), capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "0 []"
    assert done.stdout.strip()


def test_help_names_models_benchmarks_commands_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for word in ("tfidf", "transformers-translator", "search/starter", "rescore", "max_error_rate", "130"):
        assert word in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_help_comes_also_after_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model=tfidf", "--help"]) == 0
    assert capsys.readouterr().out.startswith("wild-aieval:")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize("command", ["benchmark", "models", "resume", "rescore", "log"])
def test_each_command_has_help_of_its_own(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([command, "--help"]) == 0
    assert f"python -m wild_aieval {command}" in capsys.readouterr().out


def test_models_says_what_can_run_here(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    assert main(["models", "--json"]) == 0
    rows = {row["model"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["majority"]["here"] == "yes"
    assert rows["minilm"]["tasks"] == "classification, search"
    assert "there is no model folder" in rows["transformers-classifier"]["here"]
    assert main(["models"]) == 0
    assert "majority" in capsys.readouterr().out


def test_it_works_from_any_folder_and_through_a_closed_pipe(place: Any, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    assert place.cli("--version", cwd=elsewhere).stdout.strip() == __version__
    shell = f'"{sys.executable}" -m wild_aieval --help | true; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", shell], env=place.environment(), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.strip() == "0"


def test_hydra_help_and_bash_completion(place: Any) -> None:
    shown = place.cli("--hydra-help")
    assert shown.returncode == 0
    assert "--multirun" in shown.stdout
    script = place.cli("-sc", "install=bash")
    assert script.returncode == 0
    assert "complete" in script.stdout
    assert subprocess.run(["bash", "-n"], input=script.stdout, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("line", "expected"), [("wild-aieval model=tf", "model=tfidf"), ("wild-aieval max_err", "max_error_rate=")]
)
def test_completion_offers_names(place: Any, monkeypatch: pytest.MonkeyPatch, line: str, expected: str) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line)))
    done = place.cli("-sc", "query=bash")
    assert done.returncode == 0
    assert expected in done.stdout.split()
