"""Benchmarks whose data is elsewhere: left out of a run unless named, and what is said about them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import selection
from wild_aieval.errors import UserError
from wild_aieval.selection import open_benchmarks
from wild_aieval.tracking import content

SEGMENTS = [{"id": "s1", "source": "Ploughs", "target": "Arados"}]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Notices are said once for each process; no starters."""
    selection._say_once.cache_clear()
    (tmp_path / "none").mkdir()
    monkeypatch.setattr(selection, "starter_benchmarks", lambda: tmp_path / "none")
    monkeypatch.delenv("WILD_AIEVAL_DATA_OURS", raising=False)
    monkeypatch.delenv("WILD_AIEVAL_HUB_COPIES", raising=False)


def local(place: Any, name: str = "far", **extra: Any) -> Path:
    data = {"format": "jsonl", "files": {"test": "test.jsonl"}, "folder_from": "WILD_AIEVAL_DATA_OURS"}
    folder: Path = place.translation(SEGMENTS, name=name, data=data, **extra)
    (folder / "test.jsonl").rename(place.root / "test.jsonl")
    return folder


def hub(place: Any, name: str = "hub", **extra: Any) -> Path:
    data = {"format": "hub", "hub": {"test": {"id": "office/set", "revision": None, "split": "test"}}}
    folder: Path = place.translation(SEGMENTS, name=name, data=data, **extra)
    return folder


def opened(place: Any, benchmark: Any) -> list[str]:
    return [found.name for found in open_benchmarks(place.settings("copy-source", benchmark))]


def test_what_is_not_here_is_left_out_with_one_line(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.translation(SEGMENTS)
    local(place)
    hub(place)
    assert opened(place, "*") == ["translation/tiny"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("notice: translation/far, translation/hub are left out")
    assert "benchmark=translation/far" in said
    assert opened(place, "translation/*") == ["translation/tiny"]
    assert capsys.readouterr().err == "", "the candidates of a sweep open the same benchmarks"


def test_what_is_here_is_run(place: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    local(place)
    monkeypatch.setenv("WILD_AIEVAL_DATA_OURS", str(place.root))
    assert opened(place, "*") == ["translation/far"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["far", "translation/far"])
def test_named_without_its_data_the_remedy_is_told(place: Any, name: str) -> None:
    local(place)
    with pytest.raises(UserError, match=r"translation/far: .*set the environment variable WILD_AIEVAL_DATA_OURS"):
        opened(place, name)


def test_a_folder_without_the_file_is_not_here_and_named_it_is_told(
    place: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place.translation(SEGMENTS)
    local(place)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("WILD_AIEVAL_DATA_OURS", str(tmp_path / "empty"))
    assert opened(place, "*") == ["translation/tiny"]
    with pytest.raises(UserError, match=r"empty/test.jsonl: there is no such file"):
        opened(place, "far")


def test_a_file_outside_the_users_folder_is_refused(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = local(place)
    manifest = folder / "benchmark.yaml"
    manifest.write_text(manifest.read_text().replace("test: test.jsonl", "test: ../test.jsonl"))
    (place.root / "inner").mkdir()
    monkeypatch.setenv("WILD_AIEVAL_DATA_OURS", str(place.root / "inner"))
    with pytest.raises(UserError, match=r"'../test.jsonl' leads out"):
        opened(place, "far")


def test_nothing_that_fits_is_here(place: Any) -> None:
    hub(place)
    with pytest.raises(UserError, match=r"none of the chosen benchmarks fits.*translation/hub: its data is not here"):
        opened(place, "*")


def test_a_withdrawn_benchmark_is_left_out_and_named_it_is_refused(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place.translation(SEGMENTS)
    reason = {"day": "2026-02-03", "reason": "A third party's rights."}
    place.translation(SEGMENTS, name="old", withdrawn=reason)
    assert opened(place, "*") == ["translation/tiny"]
    assert "translation/old is left out" in capsys.readouterr().err
    with pytest.raises(
        UserError, match=r"translation/old 1.0.0 was withdrawn on 2026-02-03: A third party's rights\. "
    ):
        opened(place, "old")


def test_restricted_use_and_late_data_are_said_before_the_run(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.translation(
        SEGMENTS, licence="CC-BY-NC-4.0", terms_of_use="https://example.org/terms", retention="2020-01-01"
    )
    opened(place, "tiny")
    said = capsys.readouterr().err
    assert "notice: translation/tiny: the licence of the data, CC-BY-NC-4.0, forbids commercial use." in said
    assert "https://example.org/terms" in said
    assert "was to be kept until 2020-01-01" in said


def test_results_carry_restricted_use_and_what_is_not_comparable(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from wild_aieval.reports import console, html
    from wild_aieval.reports.results import read_results

    copy = hub(place, licence="CC-BY-NC-4.0") / "office" / "set"
    copy.mkdir(parents=True)
    (copy / "test.jsonl").write_text(json.dumps(SEGMENTS[0]) + "\n", encoding="utf-8")
    summary, folder = place.run("copy-source", benchmark="hub")
    assert "notice: Not comparable: translation/hub was read from a local copy" in capsys.readouterr().err
    (result,) = summary["results"]
    assert [note["code"] for note in result["notes"]] == ["restricted_use", "not_comparable"]
    assert (result["use"], result["revision"]) == ("non-commercial", "")
    assert summary["runspec"]["benchmarks"][0]["unlocked"] == ["office/set"]
    console.print_results([summary])
    assert "Not comparable" in capsys.readouterr().out.replace("\n", " ")
    page = html.write(folder).read_text(encoding="utf-8")
    assert "Not comparable: translation/hub" in page
    assert "non-commercial only" in page
    tags = content.tags(read_results(folder)[0])
    assert tags["wae.notes"] == "restricted_use, not_comparable"


def test_compare_shows_what_is_not_comparable(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from wild_aieval.commands import compare

    copy = hub(place) / "office" / "set"
    copy.mkdir(parents=True)
    rows = [{"id": f"s{n}", "source": f"Plough {n}", "target": f"Arado {n}"} for n in range(5)]
    (copy / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for name in ("one", "two"):
        place.run(place.tricky(weight=len(name)) | {"name": name}, folder=name, benchmark="hub")
    parser = argparse.ArgumentParser()
    compare.add_arguments(parser)
    capsys.readouterr()
    words = [str(place.root / "one"), str(place.root / "two"), "--out", str(place.root / "both"), "--tracking", "none"]
    assert compare.run(parser.parse_args(words)) == 0
    assert "Not comparable" in capsys.readouterr().out.replace("\n", " ")
