"""Files that earlier versions wrote are read by this one: continued, rescored, compared, logged, verified, imported."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from wild_aieval.cli import main

RUNS = ("copy", "majority", "ranking", "words")
FIGURES = ("value", "low", "high", "n")
SAMPLES = Path(__file__).parent / "samples"
OFFICE = "/office"
MOST_BYTES = 300_000


def measures(run: Path) -> dict[str, Any]:
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    (result,) = summary["results"]
    return {name: [found[part] for part in FIGURES] for name, found in result["measures"].items()}


def same(found: dict[str, Any], before: dict[str, Any]) -> bool:
    return found.keys() == before.keys() and all(found[name] == pytest.approx(before[name]) for name in before)


@pytest.mark.parametrize("run", RUNS)
def test_a_run_is_continued_without_asking_again(
    office: Path, run: str, record_property: Callable[[str, object], None]
) -> None:
    folder = office / "runs" / run
    before, journal = measures(folder), (folder / "journal.jsonl").read_bytes()
    assert main(["resume", str(folder)]) == 0
    assert (folder / "journal.jsonl").read_bytes() == journal
    assert same(measures(folder), before)
    record_property("stored runs continued", 1)


def test_a_cut_journal_is_continued_and_the_rest_is_the_same(office: Path) -> None:
    folder = office / "runs" / "words"
    journal = (folder / "journal.jsonl").read_bytes()
    half = journal[: len(journal) // 2]
    (folder / "journal.jsonl").write_bytes(half)
    before = measures(folder)
    assert main(["resume", str(folder)]) == 0
    after = (folder / "journal.jsonl").read_bytes()
    assert after.startswith(half[: half.rfind(b"\n") + 1])
    assert after.count(b"\n") == journal.count(b"\n")
    assert same(measures(folder), before)


@pytest.mark.parametrize("run", RUNS)
def test_a_run_is_scored_again_to_the_same_figures(office: Path, run: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = office / "runs" / run
    before = measures(folder)
    for name in ("predictions.parquet", "items.parquet", "flags.parquet", "statistics.npz"):
        (folder / name).unlink()
    assert main(["rescore", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == []
    assert same(measures(folder), before)


def test_runs_are_compared_to_the_same_result(office: Path) -> None:
    stored = json.loads((office / "comparison" / "comparison.json").read_text(encoding="utf-8"))
    runs = [str(office / "runs" / name) for name in ("words", "majority")]
    assert main(["compare", *runs, "--tracking", "none", "--resamples", "1000", "--out", str(office / "new")]) == 0
    found = json.loads((office / "new" / "comparison.json").read_text(encoding="utf-8"))
    assert [group["sentence"] for group in found["benchmarks"]] == [group["sentence"] for group in stored["benchmarks"]]


@pytest.mark.slow
def test_a_run_is_logged_into_mlflow(office: Path) -> None:
    folder = office / "runs" / "words"
    assert main(["log", str(folder), "--uri", f"sqlite:///{office}/mlflow.db"]) == 0
    (result,) = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["results"]
    assert result["mlflow_run_id"]


def test_a_stored_certificate_is_whole_and_covers_its_run(office: Path) -> None:
    from wild_aieval.oversight.risk import gate

    file = office / "runs" / "words" / "certificates.json"
    (entry,) = gate.read(file)
    summary = json.loads((office / "runs" / "words" / "summary.json").read_text(encoding="utf-8"))
    assert entry["certified"] and entry["population"]["benchmark"] == summary["results"][0]["benchmark"]
    certificates = json.loads(file.read_text(encoding="utf-8"))
    assert main(["certify", str(office / "runs" / "words"), "--alpha", "0.3", "--delta", "0.2",
                 "--assume-human-labels", "--out", str(office / "again.json")]) == 0  # fmt: skip
    again = json.loads((office / "again.json").read_text(encoding="utf-8"))
    assert again["certificates"][0]["threshold"] == certificates["certificates"][0]["threshold"]
    assert again["certificates"][0]["candidate"] == certificates["certificates"][0]["candidate"]


def test_a_stored_ledger_holds_and_goes_on(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(office / "runs" / "words")
    assert main(["review", "verify", run]) == 0
    assert "whole: " in capsys.readouterr().out
    for name, count in (("ben.csv", 9), ("cleo.jsonl", 9), ("dora.json", 9), ("anna.xlsx", 0)):
        assert main(["review", "import", str(office / "forms" / name), "--run", run]) == 0, name
        assert f": {count} first answers of " in capsys.readouterr().out
    assert main(["review", "report", run]) == 0
    assert main(["review", "status", run]) == 0
    assert main(["review", "verify", run]) == 0
    assert "whole: " in capsys.readouterr().out


def test_stored_people_keep_their_tokens(office: Path) -> None:
    from wild_aieval.review.desk.people import kept

    (office / "people.json").chmod(0o600)
    people, new = kept(office / "people.json", {"anna": "reviewer"})
    assert new == {} and people is not None


@pytest.mark.parametrize("task", ["classification", "search", "translation"])
def test_a_published_benchmark_is_still_the_one_that_was_published(
    office: Path, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from wild_aieval.benchmarks.catalogue import Entry
    from wild_aieval.benchmarks.load import load

    folder = office / "benchmarks" / task / "invented"
    main(["benchmark", "check", str(folder), "--json"])
    found = json.dumps(json.loads(capsys.readouterr().out))
    assert "published-version-changed" not in found and "published-file-changed" not in found
    summaries = [json.loads(file.read_text(encoding="utf-8")) for file in office.glob("runs/*/summary.json")]
    digests = {result["digest"] for summary in summaries for result in summary["results"] if result["task"] == task}
    assert {load(Entry(f"{task}/invented", folder)).identity.digest} == digests


def test_a_stored_lock_names_its_commit_and_the_hub_is_not_asked(office: Path) -> None:
    from wild_aieval.benchmarks import lock
    from wild_aieval.benchmarks.manifest import read_manifest

    folder = office / "pointers" / "classification" / "pointed"
    manifest = read_manifest(folder / "benchmark.yaml")
    assert lock.commit_of(manifest, folder, manifest.data.hub["test"][0]).startswith("0123456789abcdef")


def test_an_imported_benchmark_is_read(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = office / "imported" / "classification" / "imported"
    main(["benchmark", "check", str(folder), "--json"])
    assert "unreadable" not in capsys.readouterr().out
    report = json.loads((folder / "import-report.json").read_text(encoding="utf-8"))
    assert report["schema_version"] == 1 and report["total"]["taken"] == 1


@pytest.mark.parametrize("stored", sorted(folder.name for folder in SAMPLES.iterdir()))
def test_stored_sets_are_small_and_tell_nothing_of_the_machine(stored: str, maker: ModuleType) -> None:
    files = [file for file in (SAMPLES / stored).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
    assert maker.traces(SAMPLES / stored) == []
    specs = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.name == "runspec.json"]
    assert all(spec["benchmarks"][0]["path"].startswith(f"{OFFICE}/") for spec in specs)


def test_a_stored_set_is_never_written_over(tmp_path: Path, maker: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SAMPLES / "v1", tmp_path / "v1")
    monkeypatch.setattr(maker, "SAMPLES", tmp_path)
    monkeypatch.setattr(maker, "make", lambda root: pytest.fail("it was made again"))
    assert maker.main(["v1"]) == 1
