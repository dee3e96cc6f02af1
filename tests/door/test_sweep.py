"""What ends a sweep badly: a report that fails, a full disk, Ctrl-C."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.models import registry
from wild_aieval.reports import html


@pytest.fixture
def sweep(place: Any, documents: Any) -> list[str]:
    """Arguments of a sweep over two candidates."""
    place.classification(documents, [{"id": "t", "text": "soil", "main": "A01B"}])
    own = place.model_file("tricky", place.tricky())
    ground = [f"benchmark_roots=[{place.benchmarks}]", "benchmark=tiny", "tracking=none"]
    return ["-m", "model=majority,tricky", *ground, f"hydra.sweep.dir={place.root}/sweep", f"--config-dir={own}"]


def full(*_: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device", "/runs/x")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (UserError("sweep.html: cannot be written."), "wild-aieval: sweep.html: cannot be written."),
        (RuntimeError("no luck"), "wild-aieval: unexpected RuntimeError: no luck"),
        (OSError(errno.ENOSPC, "No space left on device"), "Make room on the disk"),
    ],
)
def test_a_report_that_fails_is_told_after_the_tables(
    sweep: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
    fault: Exception,
    expected: str,
) -> None:
    def fail(*_: Any) -> Path:
        raise fault

    monkeypatch.setattr(html, "write_sweep", fail)
    assert main(sweep) == 1
    said = capsys.readouterr()
    assert "classification/tiny 1.0.0" in said.out
    assert expected in said.err
    assert not [warning for warning in recwarn if "Callback" in str(warning.message)]


def test_a_damaged_summary_is_told(place: Any, sweep: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    damaged = place.root / "sweep" / "9-old" / "summary.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{", encoding="utf-8")
    assert main(sweep) == 1
    assert f"wild-aieval: {damaged}: not valid JSON" in capsys.readouterr().err


def test_a_full_disk_is_no_fault_of_the_harness(
    place: Any, sweep: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "build", full)
    assert main(sweep) == 1
    said = capsys.readouterr().err
    assert "failed: /runs/x: cannot be written (No space left on device)" in said
    assert f"resume {place.root / 'sweep' / '0-majority'}" in said
    assert "unexpected" not in said
    alone = [argument for argument in sweep if argument not in ("-m", sweep[1])]
    assert main(["model=majority", f"hydra.run.dir={place.root}/run", *alone]) == 1
    said = capsys.readouterr().err
    assert "wild-aieval: /runs/x: cannot be written" in said
    assert "fault of the harness" not in said


def test_an_interrupted_sweep_says_how_to_go_on(
    place: Any, sweep: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    own = place.model_file("tricky", place.tricky({"d3": "interrupt"}))
    assert main(sweep) == 130
    said = capsys.readouterr().err
    assert "finished candidates stay in" in said
    assert f"hydra.sweep.dir={place.root / 'sweep'}" in said
    assert "resume" not in said
    assert (place.root / "sweep" / "0-majority" / "summary.json").is_file()
    assert "d0" in place.asked(), "the log starts anew"
    place.model_file("tricky", place.tricky())
    assert f"--config-dir={own}" in sweep
    assert main(sweep) == 0
    assert "d9" in place.asked()


def test_an_interrupt_between_the_candidates_of_a_sweep(
    place: Any, sweep: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("wild_aieval.hydra_app._job", stopped)
    assert main(sweep) == 130
    assert f"hydra.sweep.dir={place.root / 'sweep'}" in capsys.readouterr().err
    assert main(["model=majority"]) == 130
    assert "Give the same command again." in capsys.readouterr().err


@pytest.mark.parametrize("spelling", ["debug=True", "debug=TRUE", "debug=yes", "+debug=on", "debug=1", "debug='true'"])
def test_every_spelling_of_true_switches_tracebacks_on(spelling: str) -> None:
    with pytest.raises(UserError):
        main(["resume", "/nowhere", "--bogus", spelling])


def test_tracebacks_stay_off(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["debug=False"], ["debug=0"], ["debug=true", "debug=false"], ["debug"]):
        assert main(["resume", "/nowhere", "--bogus", *arguments]) == 1
    assert "--bogus" in capsys.readouterr().err
