"""The group's board: who is ahead, what nobody knows, and what certificates are worth on it."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import certifying
from wild_aieval.bundles import board, content, file, imported, keys
from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.risk.sequence import Level
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import board_page
from wild_aieval.reports.board_page import Board, Certificate

from .conftest import NOW, Offices

Rows = Callable[[int, int], list[dict[str, Any]]]
TODAY = datetime.date(2026, 5, 2)
SYMBOLS = ["A01B", "A61B", "B60L", "C07D", "E04H", "F16H", "G06F", "H04L"]


def right(count: int) -> list[dict[str, Any]]:
    """Documents that the plug-in candidate classifies right at its first guess."""
    found = []
    for number in range(count):
        text = f"thing number {number}"
        start = hashlib.sha256((text + "0").encode()).digest()[0] % 8
        found.append(
            {"id": f"d{number}", "text": text, "main": SYMBOLS[start], "date": f"2020-01-{1 + number % 28:02}"}
        )
    return found


def certified(offices: Offices, folder: str, **wish: Any) -> tuple[Path, Path]:
    """A run of that candidate, and its certificates."""
    place = offices.place.run(offices.place.tricky(), folder, chunk_size=400)[1]
    issued = {"issued": datetime.date(2026, 4, 1), "level": Level(0.2, 0.05)} | wish
    found = certifying.certify(place, certifying.Wish(**issued))
    return place.path, certifying.write(found, certifying.default_file(place))


def sent(offices: Offices, runs: list[Path], certificates: list[Path], office: str = "EP") -> list[Path]:
    parts = content.of_runs(runs, office, certificates, NOW)
    path = offices.place.root / "sent" / "board.results.zip"
    file.write(path, parts, keys.read_private(offices.keys[office]))
    bundle = file.read(path)
    imported.verified(bundle, offices.group, offices.trusted, NOW)
    return imported.take(bundle, offices.group, offices.trusted.of(office)[0], NOW)


def collected(offices: Offices, mine: list[Path] | None = None, today: datetime.date = TODAY) -> Board:
    return board.collect(board.own("US", mine or []), imported.runs(offices.group), today)


def page_of(offices: Offices, found: Board) -> str:
    return board_page.write(offices.place.root / "board.html", found, NOW.isoformat()).read_text(encoding="utf-8")


def ledger_of(run: Path, append: bool = True) -> FileLedger:
    """The ledger of a run, with one event."""
    found = FileLedger(run / "review" / "ledger.jsonl")
    if append:
        found.path.parent.mkdir()
        payload = {"certificate": "0" * 64, "statement": "none", "valid_until": "2027-01-01"}
        found.append("certificate.issued", "admin-1", "administrator", payload)
    return found


def states(found: Board) -> list[str]:
    return [one.state for one in found.certificates]


def test_a_certificate_in_force_and_one_that_has_expired(offices: Offices) -> None:
    offices.place.classification(right(200), label_origin="H", offices=["EP"])
    run, certificates = certified(offices, "run")
    ledger_of(run)
    sent(offices, [run], [certificates])
    found = collected(offices)
    assert states(found) == ["in force until 2027-01-01"]
    text = page_of(offices, found)
    assert "at most 20 % of the items that are not flagged" in text and "<td>in force until 2027-01-01</td>" in text
    head = ledger_of(run, append=False).head
    assert f"{head[0]} event, head {head[1][:12]}" in text and "admin-1" not in text
    bundle = json.dumps(json.loads((offices.place.root / "group").rglob("certificates.json").__next__().read_text()))
    assert '"scores"' not in bundle and '"ladder"' not in bundle
    late = collected(offices, today=datetime.date(2027, 1, 1))
    assert states(late) == ["expired on 2027-01-01"]
    assert "<td>none in force</td>" in page_of(offices, late)


def test_certificates_that_are_for_something_else(offices: Offices) -> None:
    offices.place.classification(right(200), label_origin="H")
    run, certificates = certified(offices, "run")
    other = offices.place.run(offices.place.tricky(weight=1), "other", chunk_size=400)[1].path
    sent(offices, [other], [certificates])
    assert states(collected(offices)) == [
        "for another candidate of this name: settings, weights or training part differ"
    ]
    offices.place.classification(right(200)[1:], label_origin="H", version="1.1.0")
    newer = offices.place.run(offices.place.tricky(), "newer", chunk_size=400)[1].path
    (found,) = collected(offices, [newer]).certificates
    assert found.office == "EP"
    own = certifying.certify(RunFolder(newer), certifying.Wish(level=Level(0.001, 0.05)))
    certifying.write(own, certifying.default_file(RunFolder(newer)))
    assert states(collected(offices, [newer]))[1] == "nothing certified"
    assert run.is_dir()


def test_a_certificate_of_another_version(offices: Offices) -> None:
    offices.place.classification(right(200), label_origin="H")
    _, certificates = certified(offices, "run")
    kept = certificates.read_bytes()
    offices.place.classification(right(200)[1:], label_origin="H", version="1.1.0")
    newer = offices.place.run(offices.place.tricky(), "newer", chunk_size=400)[1].path
    (newer / "certificates.json").write_bytes(kept)
    (state,) = states(collected(offices, [newer]))
    assert state.startswith("for another version of the benchmark (1.0.0, ")


def test_assumed_labels_and_a_changed_certificate(offices: Offices) -> None:
    offices.place.classification(right(200), label_origin="G")
    run, certificates = certified(offices, "run", assume_human=True)
    sent(offices, [run], [certificates])
    assert states(collected(offices)) == ["on labels that are only ASSUMED to be of human origin"]
    found = json.loads(certificates.read_text())
    found["certificates"][0]["alpha"] = 0.01
    certificates.write_text(json.dumps(found))
    with pytest.raises(UserError, match="changed after it was issued"):
        content.of_runs([run], "EP", [certificates], NOW)


def test_a_ledger_that_was_changed_keeps_its_run_at_home(offices: Offices, make_rows: Rows) -> None:
    run = offices.runs("EP", make_rows(0, 20))[0]
    ledger = ledger_of(run)
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b"admin-1", b"admin-2"))
    with pytest.raises(UserError, match="the ledger of this run is broken"):
        content.of_runs([run], "EP", [], NOW)


def test_runs_on_other_items_do_not_shrink_the_test_of_the_others(offices: Offices, make_rows: Rows) -> None:
    mine = offices.runs("US", make_rows(0, 60))
    few = offices.place.run("tfidf", folder="few", benchmark="tiny", limit=15)[1].path
    (found,) = collected(offices, [*mine, few]).benchmarks
    assert found.items == 60
    assert {(one.entry["counts"]["asked"], one.ties, one.untested) for one in found.standings} == {
        (60, "a", ""), (60, "b", ""), (15, "", "was asked other items"),
    }  # fmt: skip


def test_one_that_keeps_its_items_leaves_the_others_tested(offices: Offices, make_rows: Rows) -> None:
    folders = offices.runs("EP", make_rows(0, 60))
    for folder in sent(offices, folders, []):
        if RunFolder(folder).read_json("summary.json")["model"] == "majority":
            (folder / "statistics.npz").write_bytes((folder / "statistics.npz").read_bytes())
    third = offices.place.run("tfidf", folder="third", benchmark="tiny")[1]
    from wild_aieval.records import item_statistics

    taken = imported.runs(offices.group)
    item_statistics.write(RunFolder(taken[1].folder), [])  # as of a class that keeps them
    (found,) = collected(offices, [third.path]).benchmarks
    assert sorted((one.ties, one.untested) for one in found.standings) == [
        ("", "what items got stays in the office"), ("a", ""), ("a", ""),
    ]  # fmt: skip


def test_one_benchmark_that_stays_at_home_leaves_the_others_of_the_run(
    offices: Offices, make_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    train = [{**row, "id": f"t{row['id']}", "cluster": ""} for row in make_rows(1000, 60)]
    offices.place.classification(make_rows(0, 60), train, name="tiny")
    offices.place.classification(make_rows(100, 60), train, name="home", confidentiality="aggregate-only")
    both = offices.place.run("majority", folder="both", benchmark=["tiny", "home"])[1].path
    mine = offices.place.run("tfidf", folder="mine", benchmark="tiny")[1].path
    (taken,) = sent(offices, [both], [])
    boards = {one.benchmark: one for one in collected(offices, [mine]).benchmarks}
    tiny = boards["classification/tiny"]
    assert not tiny.untested and sorted(one.ties for one in tiny.standings) == ["a", "b"]
    assert str(offices.place.root) not in page_of(offices, collected(offices, [mine]))
    assert main(["compare", str(mine), str(taken), "--out", str(offices.place.root / "compared")]) == 0
    said = capsys.readouterr()
    assert "tfidf is better than majority" in said.out
    assert "notice: " in said.err and "classification/home is of a class that keeps what items got" in said.err


def test_a_certificate_is_for_one_benchmark_of_a_run(offices: Offices) -> None:
    for name in ("first", "second"):
        offices.place.classification(right(200), label_origin="H", name=name)
    place = offices.place.run(offices.place.tricky(), "run", chunk_size=400, benchmark=["first", "second"])[1]
    wish = certifying.Wish(issued=datetime.date(2026, 4, 1), level=Level(0.2, 0.05))
    certificates = certifying.write(certifying.certify(place, wish), certifying.default_file(place))
    found = json.loads(certificates.read_text())
    found["certificates"] = [one for one in found["certificates"] if "first" in str(one["benchmark"])]
    certificates.write_text(json.dumps(found))
    sent(offices, [place.path], [certificates])
    page = page_of(offices, collected(offices))
    assert page.count("<td>in force until 2027-01-01</td>") == 2, "beside the result, and in the list of certificates"
    assert page.count("<td>none in force</td>") == 1


def test_one_name_for_two_candidates_and_a_run_that_came_back(offices: Offices, make_rows: Rows) -> None:
    mine = offices.runs("US", make_rows(0, 60))
    sent(offices, mine[:1], [], "US")
    assert len(collected(offices, mine).benchmarks[0].standings) == 2  # the run itself, not what was imported of it
    settings = offices.place.settings("tfidf").model.model_dump() | {"ngrams": 1}
    other = offices.place.run(settings, folder="other", benchmark="tiny")[1].path
    names = collected(offices, [*mine, other]).candidates
    assert len(names) == 3 and names[0] == "majority" and all(name.startswith("tfidf #") for name in names[1:])


def test_sentences_for_a_reader_in_a_hurry(offices: Offices, make_rows: Rows) -> None:
    mine = offices.runs("US", make_rows(0, 60))
    found = collected(offices, mine)
    text = page_of(offices, found)
    assert "On classification/tiny 1.0.0 (60 documents, by subclass.first_guess.main), tfidf (US) is better" in text
    assert "Of 2 pairs of a candidate and a benchmark of a task that it does, nobody ran 0; of those" in text
    (only,) = found.benchmarks
    noted = {"code": "conflict_of_interest", "text": "Whose <i>data</i> these are."}
    only.standings[0] = replace(only.standings[0], entry={**only.standings[0].entry, "notes": [noted], "partial": True})
    text = page_of(offices, found)
    assert "tfidf (US, †) failed on too many items, so that nobody is named as ahead" in text
    assert "Whose &lt;i&gt;data&lt;/i&gt; these are." in text
    assert text.count("<caption>") == text.count("<table") and "http" not in text.replace("http-equiv", "")


def test_ties_in_words(offices: Offices, make_rows: Rows) -> None:
    (found,) = collected(offices, offices.runs("US", make_rows(0, 60))).benchmarks
    first, second = found.standings
    third = replace(second, office="EP")

    def said(*letters: str) -> str:
        pairs = zip((first, second, third), letters, strict=True)
        standings = [replace(one, ties=ties, rank=place) for place, (one, ties) in enumerate(pairs)]
        return board_page.board_words.tested(replace(found, standings=standings)).partition("), ")[2]

    assert said("a", "b", "c") == "tfidf (US) is better than majority (US) and majority (EP)."
    assert said("a", "a", "b") == "tfidf (US) and majority (US) cannot be told apart and are better than majority (EP)."
    assert said("a", "ab", "b") == "tfidf (US) is better than majority (EP); majority (US) could not be told from it."
    assert said("a", "a", "a") == "tfidf (US), majority (US) and majority (EP) could not be told apart."


def test_the_door(offices: Offices, make_rows: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    run = offices.runs("US", make_rows(0, 20))[0]
    group = ["--group", str(offices.group)]
    assert main(["results", "board", *group]) == 1
    assert "no results were imported yet" in capsys.readouterr().err
    assert main(["results", "board", str(run), *group]) == 1
    assert "--office XX" in capsys.readouterr().err
    (taken,) = sent(offices, [run], [], "US")
    assert main(["results", "board", str(taken), "--office", "EP", *group]) == 1
    assert "what was imported is on the board already" in capsys.readouterr().err
    assert main(["log", str(taken)]) == 1
    assert "imported from US. Log it with" in capsys.readouterr().err
    assert Certificate("EP", {}, "").covers == ()
