"""Two offices with private halves find what they would find with the data in one place, and no text leaves."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.bundles import imported
from wild_aieval.cli import main
from wild_aieval.comparison import compute
from wild_aieval.comparison.pairs import Question
from wild_aieval.records import item_statistics
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.records.salting import salted

from .conftest import NOW, SECRET, Offices

Rows = Callable[[int, int], list[dict[str, Any]]]
FIGURES = ("one", "other", "effect", "low", "high", "p", "p_adjusted", "deviation", "items", "above", "equal", "below")


def pair_of(runs: list[Path], pool: bool) -> dict[str, Any]:
    """The pair of a comparison by folders."""
    found = compute.compare_runs([(str(run), run) for run in runs], Question(resamples=2_000), pool=pool)
    pair: dict[str, Any] = found["benchmarks"][0]["pairs"][0]
    return {name: pair[name] for name in FIGURES}


@pytest.mark.parametrize("clustered", [False, True], ids=["items", "families"])
def test_halves_in_two_offices_compare_as_the_whole_in_one(offices: Offices, make_rows: Rows, clustered: bool) -> None:
    extra = {"confidentiality": "shared-scores"} | ({"clusters_are": "family"} if clustered else {})
    halves = {"EP": make_rows(0, 60), "US": make_rows(60, 50)}
    for row in [] if clustered else [*halves["EP"], *halves["US"]]:
        del row["cluster"]
    folders = []
    for office, half in halves.items():
        bundle = offices.export(office, offices.runs(office, half, **extra))
        imported.verified(bundle, offices.group, offices.trusted, NOW)
        folders += imported.take(bundle, offices.group, offices.trusted.of(office)[0], NOW)
    whole = offices.runs("whole", [*halves["EP"], *halves["US"]], **extra)
    assert pair_of(folders, pool=True) == pair_of(whole, pool=False)


@pytest.mark.parametrize("confidentiality", ["open", "shared-scores", "aggregate-only"])
def test_no_text_and_no_id_leaves(offices: Offices, make_rows: Rows, confidentiality: str) -> None:
    bundle = offices.export("EP", offices.runs("EP", make_rows(0, 40), confidentiality=confidentiality))
    with zipfile.ZipFile(bundle.path) as archive:
        raw = b"\n".join(archive.read(name) for name in archive.namelist())
        npz = [name for name in archive.namelist() if name.endswith(".npz")]
        assert bool(npz) == (confidentiality != "aggregate-only")
        for name in npz:
            with archive.open(name) as stream, zipfile.ZipFile(stream) as inner:
                raw += b"\n".join(inner.read(part) for part in inner.namelist())
    for word in (SECRET.encode(), b"escapement", b"doc17", b"fam8", str(offices.place.root).encode()):
        assert word not in raw


@pytest.mark.parametrize("confidentiality", ["open", "shared-scores"])
def test_a_bundle_is_held_against_runs_of_this_office_item_by_item(
    offices: Offices, make_rows: Rows, confidentiality: str
) -> None:
    mine = offices.runs("EP", make_rows(0, 40), confidentiality=confidentiality)
    bundle = offices.export("EP", mine[:1])
    theirs = imported.take(bundle, offices.group, offices.trusted.of("EP")[0], NOW)
    assert pair_of([*theirs, mine[1]], pool=False) == pair_of(mine, pool=False)


def test_aggregates_alone_stand_on_the_board_and_cannot_be_compared(
    offices: Offices, make_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = offices.export("EP", offices.runs("EP", make_rows(0, 40), confidentiality="aggregate-only"))
    folders = imported.take(bundle, offices.group, offices.trusted.of("EP")[0], NOW)
    assert main(["compare", *map(str, folders), "--tracking", "none"]) == 1
    assert "keeps what items got in its office" in capsys.readouterr().err
    page = offices.place.root / "board.html"
    assert main(["results", "board", "--group", str(offices.group), "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "what items got stays in the office" in text and "were not tested against each other" in text
    assert "<td>EP</td>" in text


def test_the_board_names_ties_and_what_was_not_run(
    offices: Offices, make_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    one = offices.export("EP", offices.runs("EP", make_rows(0, 60), contributor="<b>EPO</b>"))
    imported.take(one, offices.group, offices.trusted.of("EP")[0], NOW)
    own = offices.runs("US", make_rows(60, 40), benchmark="other")
    page = offices.place.root / "board.html"
    command = ["results", "board", str(own[0]), "--office", "US", "--group", str(offices.group), "--out", str(page)]
    assert main(command) == 0
    text = page.read_text(encoding="utf-8")
    assert "not run" in text
    assert "&lt;b&gt;EPO" in text and "<b>EPO" not in text
    overview = text.partition("</table>")[0]
    assert overview.count("<td>EP</td>") == 2 and overview.count("<td>US</td>") == 1
    assert "(60 documents, by subclass.first_guess.main), tfidf (EP) is better than majority (EP)." in text
    assert "On classification/other 1.0.0, tfidf (US) is the only result: nothing to compare it with." in text
    assert "<li>majority: classification/other 1.0.0</li>" in text
    assert str(page) in capsys.readouterr().out


def test_clusters_and_ids_are_hashed_under_the_content_of_the_benchmark(offices: Offices, make_rows: Rows) -> None:
    run = offices.runs("EP", make_rows(0, 20), clusters_are="family")[0]
    (found,) = item_statistics.read(RunFolder(run)).values()
    one, other = salted(found, "a" * 64), salted(found, "b" * 64)
    assert set(one.item_ids).isdisjoint(other.item_ids) and one.clusters is not None and found.clusters is not None
    assert len(set(one.clusters)) == len(set(found.clusters))
    assert json.dumps(list(one.item_keys)) == json.dumps(list(salted(found, "a" * 64).item_keys))
