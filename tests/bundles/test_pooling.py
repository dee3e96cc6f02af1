"""Parts of a benchmark in several offices, taken as one: every figure is that of the data in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.bundles import imported
from wild_aieval.comparison import compute
from wild_aieval.comparison.pairs import Question
from wild_aieval.comparison.systems import read
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import RunFolder

from .conftest import NOW, Offices

Rows = Callable[[int, int], list[dict[str, Any]]]
GUARDED = {"confidentiality": "shared-scores"}
WORDS = [
    "rotor",
    "bearing",
    "seal",
    "valve",
    "piston",
    "spring",
    "lever",
    "clutch",
    "gear",
    "shaft",
    "nozzle",
    "filter",
]
WORDS += ["pump", "belt", "chain", "hinge"]
_OWN = ("run", "most_different", "deviation_words")


def whole_and_halves(
    offices: Offices, write: Callable[[Sequence[Any]], object], rows: Sequence[Any], cut: int, models: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The comparison of the whole, that of the halves of two offices, and the measures of the whole by model."""

    def runs(name: str) -> list[Path]:
        return [
            offices.place.run(model, folder=f"{name}-{number}", benchmark="tiny")[1].path
            for number, model in enumerate(models)
        ]

    folders = []
    for office, half in (("EP", rows[:cut]), ("US", rows[cut:])):
        write(half)
        bundle = offices.export(office, runs(office))
        imported.verified(bundle, offices.group, offices.trusted, NOW)
        folders += imported.take(bundle, offices.group, offices.trusted.of(office)[0], NOW)
    write(rows)
    all_of_it = runs("whole")
    measures = {}
    for folder in all_of_it:
        (entry,) = RunFolder(folder).read_json("summary.json")["results"]
        measures[entry["model"]] = entry["measures"]
    question = Question(resamples=1_000)
    pooled = compute.compare_runs([(str(run), run) for run in folders], question, pool=True)["benchmarks"][0]
    whole = compute.compare_runs([(str(run), run) for run in all_of_it], question)["benchmarks"][0]
    return pooled, whole, measures


def same(pooled: dict[str, Any], whole: dict[str, Any], measures: dict[str, Any]) -> None:
    """Pairs, and every measure of every system that a pooled one may have."""
    for one, other in zip(pooled["pairs"], whole["pairs"], strict=True):
        assert {name: one[name] for name in one if name not in _OWN} == {
            name: other[name] for name in other if name not in _OWN
        }
    for system in pooled["systems"]:
        wanted = {
            name: measure
            for name, measure in measures[system["model"]].items()
            if measure["value"] is not None and "macro_f1" not in name  # labels stay at home
        }
        assert system["measures"] == wanted
        assert len(wanted) > 3


def test_classes_that_one_half_lacks(offices: Offices, make_rows: Rows) -> None:
    rows = sorted(make_rows(0, 70), key=lambda row: str(row["main"]))  # the first half has the first symbols
    for number, row in enumerate(rows):
        row["cluster"] = f"fam{number // 2}"
    train = [{**row, "id": f"t{row['id']}", "cluster": ""} for row in make_rows(1000, 60)]

    def write(part: Sequence[Any]) -> None:
        offices.place.classification(part, train, clusters_are="family", **GUARDED)

    same(*whole_and_halves(offices, write, rows, 34, ["tfidf", "majority"]))


def test_macro_f1_of_own_halves_whose_classes_differ(offices: Offices, make_rows: Rows) -> None:
    """Runs of this office carry their labels."""
    rows = sorted(make_rows(0, 70), key=lambda row: str(row["main"]))
    for row in rows:
        del row["cluster"]
    folders = {name: offices.runs(name, part) for name, part in (("a", rows[:33]), ("b", rows[33:]), ("whole", rows))}
    named = [(str(run), run) for run in (*folders["a"], *folders["b"])]
    pooled = {system.entry["model"]: system.entry for systems in read(named, pool=True).values() for system in systems}
    for folder in folders["whole"]:
        (entry,) = RunFolder(folder).read_json("summary.json")["results"]
        assert entry["measures"]["subclass.macro_f1.main"]["value"] is not None
        known = {name: one for name, one in entry["measures"].items() if one["value"] is not None}
        assert pooled[entry["model"]]["measures"] == known
        for name in ("counts", "partial"):
            assert pooled[entry["model"]][name] == entry[name]


def segments(count: int) -> list[dict[str, Any]]:
    """Units, reference signs and glossary terms stand in the later ones only."""
    found = []
    for number in range(count):
        words = [WORDS[(number * step + step) % len(WORDS)] for step in (1, 3, 5, 7)]
        row = {"id": f"s{number}", "source": f"The {' '.join(words)} is held", "target": f"El {' '.join(words[:3])} va"}
        if number > count // 2:
            row = {**row, "source": f"{row['source']} at {number} mm (10)", "target": f"{row['target']} a {number} mm"}
            row["terms"] = [{"source": words[0], "targets": [words[0]]}]
        found.append(row)
    return found


def test_translations_with_measures_that_one_half_gives_no_ground_for(offices: Offices) -> None:
    def write(part: Sequence[Any]) -> None:
        offices.place.translation(part, **GUARDED)

    rows = segments(60)
    found = whole_and_halves(offices, write, rows, 28, ["copy-source", offices.place.tricky({"s3": "raise"})])
    assert found[2]["copy-source"]["units_kept"]["value"] is not None
    same(*found)
    systems = {system["model"]: system for system in found[0]["systems"]}
    assert systems["tricky"]["partial"] and not systems["copy-source"]["partial"]
    assert systems["tricky"]["counts"]["errors"] == 1


def test_queries_of_two_offices_on_one_collection(offices: Offices) -> None:
    corpus = [{"id": f"d{n}", "text": " ".join(WORDS[(n * step) % 16] for step in (1, 2, 5))} for n in range(50)]
    queries = [{"id": f"q{n}", "text": f"{WORDS[n % 16]} {WORDS[(n * 3) % 16]}"} for n in range(40)]
    queries = [{**query, "text": f"{query['text']} variant {number}"} for number, query in enumerate(queries)]

    def write(part: Sequence[Any]) -> None:
        qrels = [
            (query["id"], f"d{(int(query['id'][1:]) * 7) % 50}", str(1 + int(query["id"][1:]) % 2)) for query in part
        ]
        offices.place.search(corpus, part, qrels, **GUARDED)

    same(*whole_and_halves(offices, write, queries, 17, ["bm25", "random-ranking"]))


def test_what_a_reader_must_know_of_any_part_is_said_of_the_whole(offices: Offices, make_rows: Rows) -> None:
    first = offices.runs("a", make_rows(0, 30))
    second = offices.runs("b", make_rows(30, 30))
    place = RunFolder(second[0])
    summary = place.read_json("summary.json")
    summary["results"][0]["notes"] = [{"code": "CONFLICT_OF_INTEREST", "text": "Its provider gave the data."}]
    summary["results"][0]["partial"] = True
    place.write_json("summary.json", summary)
    named = [(str(run), run) for run in (*first, *second)]
    found = {system.entry["model"]: system.entry for systems in read(named, pool=True).values() for system in systems}
    assert found["tfidf"]["partial"] and found["tfidf"]["notes"][0]["code"] == "CONFLICT_OF_INTEREST"
    assert found["tfidf"]["flags"]["flagged"] == sum(
        RunFolder(run).read_json("summary.json")["results"][0]["flags"]["flagged"] for run in (first[0], second[0])
    )


def test_parts_that_were_counted_in_different_ways(offices: Offices, make_rows: Rows) -> None:
    from dataclasses import replace

    from wild_aieval.records import item_statistics

    first, second = offices.runs("a", make_rows(0, 30)), offices.runs("b", make_rows(30, 30))
    place = RunFolder(second[0])
    (found,) = item_statistics.read(place).values()
    name = "subclass.first_guess.main"
    other = replace(found.aggregates[name], signature=f"{name}|depth:2")
    item_statistics.write(place, [replace(found, aggregates={**found.aggregates, name: other})])
    named = [(str(run), run) for run in (*first, *second)]
    with pytest.raises(UserError, match="was computed in different ways"):
        read(named, pool=True)


def test_one_name_for_two_candidates_is_not_pooled(offices: Offices, make_rows: Rows) -> None:
    first, second = offices.runs("a", make_rows(0, 30)), offices.runs("b", make_rows(30, 30))
    named = [(str(run), run) for run in (*first, *second)]

    def say(change: dict[str, Any]) -> None:
        place = RunFolder(second[0])
        summary = place.read_json("summary.json")
        for part, values in change.items():
            summary["runspec"]["model"][part] |= values
        place.write_json("summary.json", summary)

    say({"facts": {"scikit-learn": "0.1"}})
    found = {system.entry["model"]: system.entry for systems in read(named, pool=True).values() for system in systems}
    (note,) = found["tfidf"]["notes"]
    assert "different versions of scikit-learn" in note["text"] and "0.1" in note["text"]
    say({"settings": {"ngrams": 1}})
    with pytest.raises(UserError, match=r"not the same candidate in all parts: settings\.ngrams differs"):
        read(named, pool=True)
    say({"settings": {"ngrams": "withheld"}})
    assert read(named, pool=True)
