"""Real patent data, half in each of two offices: the comparison of the whole to the last digit, and no word travels.

``WILD_AIEVAL_HALVES`` says how many items there are to a task; without it a few, so that it takes seconds.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.bundles import file, imported
from wild_aieval.comparison import compute
from wild_aieval.comparison.pairs import Question
from wild_aieval.records.run_folder import RunFolder

from .conftest import NOW, Offices

DATA = Path(os.environ.get("WILD_AIEVAL_REAL_DATA", str(Path(__file__).resolve().parents[3] / "shared" / "data")))
ITEMS = int(os.environ.get("WILD_AIEVAL_HALVES", "80"))
GUARDED = {"confidentiality": "shared-scores"}
RUN = 8  # words in a row that no bundle may share with the data
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real patent data are not at {DATA} (set WILD_AIEVAL_REAL_DATA)"),
]
Row = dict[str, Any]


def records(name: str) -> Iterator[Row]:
    with (DATA / name).open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


class Grants:
    """US grants by their symbols; TF-IDF against the most frequent one."""

    models: Sequence[Any] = ("tfidf", "majority")

    def __init__(self) -> None:
        found = [
            {"id": one["id"], "text": one["abstract"], "symbols": one["subclasses"]}
            for one in records("classification/us_grants_ipc_2006_2012.jsonl")
            if one["abstract"] and one["subclasses"]
        ]
        self.train, self.rows = found[2 * ITEMS : 5 * ITEMS], found[:ITEMS]

    def write(self, offices: Offices, rows: Sequence[Row]) -> None:
        offices.place.classification(rows, self.train, **GUARDED)

    def texts(self) -> Iterator[str]:
        return (row["text"] for row in (*self.rows, *self.train))

    def ids(self) -> Iterator[str]:
        return (row["id"] for row in (*self.rows, *self.train))


class Titles:
    """Entries of the IPC, English to Spanish; a copy of the source against a copy in capitals."""

    def __init__(self) -> None:
        found = itertools.islice(records("translation/ipc_titles_en_es.jsonl"), ITEMS)
        self.rows = [{"id": one["symbol"], "source": one["en"], "target": one["es"]} for one in found]
        self.models: Sequence[Any] = ("copy-source", {"name": "tricky", "kind": "tricky"})

    def write(self, offices: Offices, rows: Sequence[Row]) -> None:
        offices.place.translation(rows, **GUARDED)

    def texts(self) -> Iterator[str]:
        return (row[side] for row in self.rows for side in ("source", "target"))

    def ids(self) -> Iterator[str]:
        return (row["id"] for row in self.rows)


class Citations:
    """Citations of US patents; BM25 against a ranking at random. Each office has half of the queries."""

    models: Sequence[Any] = ("bm25", "random-ranking")

    def __init__(self) -> None:
        lines = (DATA / "search/us_citations/qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]
        self.qrels = [tuple(line.split("\t")) for line in lines]
        judged = {query for query, _, _ in self.qrels}
        queries = [one for one in records("search/us_citations/queries.jsonl") if one["_id"] in judged]
        self.rows = [self._row(one) for one in queries[:ITEMS]]
        asked = {row["id"] for row in self.rows}
        wanted = {document for query, document, _ in self.qrels if query in asked}
        corpus = list(records("search/us_citations/corpus.jsonl"))
        self.corpus = [self._row(one) for place, one in enumerate(corpus) if one["_id"] in wanted or place < 10 * ITEMS]

    @staticmethod
    def _row(one: Row) -> Row:
        facts = one.get("metadata") or {}
        family = {"family": facts["family_id"]} if facts.get("family_id") else {}
        date = {"date": facts["date"]} if facts.get("date") else {}
        return {"id": one["_id"], "title": one.get("title", ""), "text": one["text"], **family, **date}

    def write(self, offices: Offices, rows: Sequence[Row]) -> None:
        asked, known = {row["id"] for row in rows}, {row["id"] for row in self.corpus}
        qrels = [one for one in self.qrels if one[0] in asked and one[1] in known]
        offices.place.search(self.corpus, rows, qrels, **GUARDED)

    def texts(self) -> Iterator[str]:
        return (row["text"] for row in (*self.rows, *self.corpus))

    def ids(self) -> Iterator[str]:
        return (row["id"] for row in (*self.rows, *self.corpus))


def unpacked(bundle: file.Sealed) -> bytes:
    """All bytes of a bundle, arrays included, beside those without zeros between them (texts of NumPy)."""
    found = []
    with zipfile.ZipFile(bundle.path) as archive:
        for name in archive.namelist():
            raw = archive.read(name)
            found.append(raw)
            if name.endswith(".npz"):
                with zipfile.ZipFile(io.BytesIO(raw)) as inner:
                    found += [inner.read(part) for part in inner.namelist()]
    whole = b"\n".join(found)
    return whole + b"\n" + whole.replace(b"\0", b"")


def runs_of_words(texts: Iterator[str], length: int) -> set[tuple[str, ...]]:
    """Every so many words in a row."""
    found: set[tuple[str, ...]] = set()
    for text in texts:
        words = re.findall(r"\w+", text.lower())
        found.update(tuple(words[place : place + length]) for place in range(len(words) - length + 1))
    return found


def pair_and_measures(found: Mapping[str, Any]) -> tuple[Row, dict[str, Row]]:
    (pair,) = found["benchmarks"][0]["pairs"]
    kept = {name: value for name, value in pair.items() if name != "most_different"}
    return kept, {system["name"]: system["measures"] for system in found["benchmarks"][0]["systems"]}


@pytest.mark.parametrize("task", [Grants, Titles, Citations], ids=["grants", "titles", "citations"])
def test_halves_compare_as_the_whole_and_no_text_travels(offices: Offices, task: type[Any]) -> None:
    data, folders, raw = task(), [], b""
    half = len(data.rows) // 2

    def runs(name: str) -> list[Path]:
        return [offices.place.run(model, folder=f"{name}{place}")[1].path for place, model in enumerate(data.models)]

    for office, rows in (("EP", data.rows[:half]), ("US", data.rows[half:])):
        data.write(offices, rows)
        bundle = offices.export(office, runs(office))
        imported.verified(bundle, offices.group, offices.trusted, NOW)
        folders += imported.take(bundle, offices.group, offices.trusted.of(office)[0], NOW)
        raw += unpacked(bundle)
    data.write(offices, data.rows)
    whole = runs("whole")

    question = Question(resamples=2_000)
    pooled = compute.compare_runs([(str(run), run) for run in folders], question, pool=True)
    pair, measures = pair_and_measures(pooled)
    wanted, of_whole = pair_and_measures(compute.compare_runs([(str(run), run) for run in whole], question))
    assert pair == wanted
    for place, run in enumerate(whole):
        (entry,) = RunFolder(run).read_json("summary.json")["results"]
        assert {name: of_whole[entry["model"]][name] for name in measures[entry["model"]]} == measures[entry["model"]]
        assert len(measures[entry["model"]]) > 4, place

    text = raw.decode("utf-8", "replace")
    assert not runs_of_words(data.texts(), RUN) & runs_of_words(iter([text]), RUN)
    low = text.lower()
    assert not [one for one in data.texts() if one.lower() in low and len(one) > 20]
    assert not [one for one in data.ids() if one.lower() in low]
    print(f"\n{task.__name__}: {len(data.rows)} items, {len(raw):,} bytes, {pair['sentence']}")
