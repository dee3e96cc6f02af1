"""The log of a run: milestones for people and machines, no texts, no passwords, no part of any identity."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import logs
from wild_aieval.cli import main
from wild_aieval.errors import UserError

SECRET = "rotating-flange-of-nobody"


@pytest.fixture
def words(place: Any) -> list[str]:
    rows = [{"id": f"d{n}", "text": f"{SECRET} number {n}", "main": "A01B"} for n in range(6)]
    train = [{"id": "t1", "text": f"{SECRET} of old", "main": "A01B"}]
    place.classification(rows, train, confidentiality="aggregate-only")
    chosen = ["model=majority", "benchmark=classification/tiny", f"benchmark_roots=[{place.benchmarks}]"]
    return [
        *chosen,
        "tracking=none",
        "progress=false",
        "inference.chunk_size=2",
        f"hydra.run.dir={place.root}/runs/a/b",
    ]


def rows_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_nothing_is_said_unless_it_is_asked_for(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert "run begins" not in capsys.readouterr().err


def test_milestones_as_json_lines(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "log.level=debug", "log.format=json"]) == 0
    rows = rows_of(capsys.readouterr().err)
    said = [row["message"] for row in rows]
    assert said[0] == "run begins" and said[-1] == "run ends" and rows[-1]["facts"]["exit_code"] == 0
    for wanted in ("benchmark opened", "candidate made", "answers journalled", "written"):
        assert wanted in said
    assert all(set(row) == {"time", "level", "logger", "run_id", "benchmark", "message", "facts"} for row in rows)
    assert {row["run_id"] for row in rows} == {"a/b"}
    chunks = [row for row in rows if row["message"] == "answers journalled"]
    assert [row["facts"] for row in chunks] == [{"answers": 2, "errors": 0}] * 3
    assert {row["benchmark"] for row in chunks} == {"classification/tiny"} and chunks[0]["level"] == "debug"
    opened = next(row for row in rows if row["message"] == "benchmark opened")
    assert len(opened["facts"]["digest"]) == 64
    assert SECRET not in json.dumps(rows)


def test_a_file_takes_the_log_and_the_terminal_only_warns(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "logs" / "run.jsonl"
    assert main([*words, "log.level=info", "log.format=json", f"log.file={file}"]) == 0
    assert "run begins" not in capsys.readouterr().err
    assert next(row["message"] for row in rows_of(file.read_text())) == "run begins"
    assert file.stat().st_mode & 0o777 == 0o600
    assert main([*words, f"log.file={tmp_path}/runs"]) == 1
    assert "log.file" in capsys.readouterr().err


def test_the_log_enters_no_key_and_is_used_again_by_resume(words: list[str], place: Any) -> None:
    assert main(words) == 0
    run = place.root / "runs" / "a" / "b"
    before = (run / "journal.jsonl").read_bytes()
    file = place.root / "again.log"
    assert main([*words, "log.level=debug", f"log.file={file}"]) == 0
    assert (run / "journal.jsonl").read_bytes() == before  # every answer was found by its key
    size = file.stat().st_size
    assert main(["resume", str(run)]) == 0
    assert file.stat().st_size > size and (run / "journal.jsonl").read_bytes() == before


def test_an_end_before_the_end_is_logged(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "log.level=info", "model.suggestions=0", "benchmark=classification/none"]) == 1
    assert "run ends before it is finished" in capsys.readouterr().err


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


@pytest.mark.parametrize("form", ["text", "json"])
def test_passwords_texts_and_tracebacks_stay_out(form: Any, file: Path, tmp_path: Path) -> None:
    library = logging.getLogger("some.library")
    with logs.kept("debug", form, file, tmp_path):
        library.warning("no answer from %s", "postgresql://anna:sesame@host/db")
        library.warning("GET https://host/?api_key=sesame&q=1 failed")
        library.warning("bad input: %s", "long " * 400 + SECRET)
        library.debug("a detail of a library: %s", SECRET)
        warnings.warn("old: see https://user:sesame@host/", UserWarning, stacklevel=1)
        try:
            raise ValueError(SECRET)
        except ValueError:
            library.exception("it failed")
        logging.getLogger("wild_aieval.x").info("told", extra={"facts": {"where": "http://a:sesame@b/"}})
    text = file.read_text(encoding="utf-8")
    assert "sesame" not in text and SECRET not in text and "Traceback" not in text
    assert text.count("\n") == 6 and "it failed (ValueError)" in text and "old: see" in text
    assert str(Path(__file__).parent) not in text


def test_handlers_go_when_the_run_ends(file: Path, tmp_path: Path) -> None:
    before, shown = list(logging.getLogger().handlers), warnings.showwarning
    with pytest.raises(KeyError), logs.kept("info", "text", file, tmp_path):
        raise KeyError
    assert logging.getLogger().handlers == before and warnings.showwarning is shown
    assert logging.getLogger("wild_aieval").level == logging.NOTSET


def test_a_full_disk_stops_the_log_and_not_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with logs.kept("info", "text", Path("/dev/full"), tmp_path):
        for _ in range(3):
            logging.getLogger("wild_aieval.x").info("told")
    assert capsys.readouterr().err.count("could not be written") == 1


def test_a_closed_terminal_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "closed").open("w") as stream:
        pass
    monkeypatch.setattr(sys, "stderr", stream)
    with logs.kept("info", "text", None, tmp_path):
        logging.getLogger("wild_aieval.x").warning("told")


@pytest.mark.parametrize("given", ["log.level=loud", "log.format=xml", "log.lvl=info"])
def test_wrong_settings_name_what_there_is(words: list[str], given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, given]) == 1
    assert "log" in capsys.readouterr().err


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"log\.file"), logs.kept("info", "text", tmp_path, tmp_path):
        pass
