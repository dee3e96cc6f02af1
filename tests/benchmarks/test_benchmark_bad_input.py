"""Bad input is one readable error with the exact place, and never a traceback of the code's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from wild_aieval.benchmarks.load import load
from wild_aieval.errors import UserError


class Case(NamedTuple):
    """A fault in the files or the manifest, and what the message says."""

    task: str
    files: dict[str, str | bytes | None]
    words: list[str]
    changes: Mapping[str, Any] = MappingProxyType({})


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


GOOD = {"id": "b", "text": "a harrow", "main": "A01B 19/00"}
MANY = [lines({"id": str(number), "text": "x", "main": "A01B"}) for number in range(5_000)]
DEEP = "[" * 100_000
POINTER = {"revision": "0" * 40, "split": "test"}
HEADER = "query-id\tcorpus-id\tscore\n"
CSV = {"data": {"format": "csv", "files": {"train": None, "test": "test.csv"}}}


def in_file(text: str | bytes, *words: str) -> Case:
    return Case("classification", {"test.jsonl": text}, ["test.jsonl", *words])


def in_row(*words: str, **changes: Any) -> Case:
    return in_file(lines(GOOD, GOOD | {"id": "c"} | changes), "line 2", *words)


def in_csv(text: str, *words: str) -> Case:
    return Case("classification", {"test.csv": text}, ["test.csv", *words], CSV)


CASES: dict[str, Case] = {
    "missing file": Case("classification", {"test.jsonl": None}, ["test.jsonl: there is no such file", "train.jsonl"]),
    "empty file": in_file("", "the file is empty"),
    "blank file": in_file("\n \n", "'test' of 'small' holds no rows"),
    "one bad line of thousands": in_file(
        "".join([*MANY[:3210], '{"id": "x", "text": }\n', *MANY[3210:]]), "line 3211: not valid JSON", "column 21"
    ),
    "line that is a list": in_file(lines(GOOD) + "[1]\n", "line 2", "JSON object", "found list"),
    "line that is an empty object": in_file("{}\n", "line 1", "an empty one"),
    "line too deep": in_file(lines(GOOD) + DEEP + "\n", "line 2", "JSON"),
    "not UTF-8": in_file(lines(GOOD).encode() + '{"id": "ü"}\n'.encode("latin-1"), "line 2: byte 9 (0xfc)", "UTF-8"),
    "UTF-16": in_file(lines(GOOD).encode("utf-16"), "line 1: byte 1 (0xff)", "UTF-8"),
    "lone surrogate": in_file('{"id": "a", "text": "x\\ud800", "main": "A01B"}\n', "line 1", "'text'", "surrogate"),
    "wrong column": in_file(
        lines({"id": "b", "texts": "x", "main": "A01B"}), "line 1", "no column 'text'", "'texts'", "data.columns.test"
    ),
    "no label": in_file(lines({"id": "b", "text": "x"}), "line 1", "'main'", "'symbols'", "id, text"),
    "empty text": in_row("'text' is empty", text="  "),
    "text that is a list": in_row("'text' is expected to be text, found list", text=["x"]),
    "duplicate id": in_row("the id 'b' stands at", "test.jsonl, line 1 already", id="b"),
    "label that is no symbol": in_row("'G11B/85' in 'main'", "subclass", main="G11B/85"),
    "label too shallow": in_row("'A01' in 'main'", "subclass", main="A01"),
    "label of another scheme": in_row("'Y02E 10/00'", "IPC", main="Y02E 10/00"),
    "bad one of many labels": in_row("'nonsense' in 'symbols'", symbols=["A01B 1/00", "nonsense"]),
    "no label in the row": in_row("no valid symbol", main="", symbols=[]),
    "labels that are a number": in_row("'symbols' is expected to be a list, found int", symbols=5),
    "date in another order": in_row("date '29.02.2012'", "YYYY-MM-DD", date="29.02.2012"),
    "day that does not exist": in_row("date '2011-02-29'", "calendar", date="2011-02-29"),
    "id in train and test": in_file(
        lines(GOOD, GOOD | {"id": "a"}), "line 2: the id 'a' stands in train", "train.jsonl, line 1"
    ),
    "too many fields": in_csv("id,text,main\nb,x,y,A01B\n", "line 2", "expected 3 fields", "found 4"),
    "fault after a quoted line break": in_csv('id,text,main\nb,"x\ny",A01B\nc,z,W99\n', "line 4", "'W99'"),
    "unbalanced quote": in_csv('id,text,main\nb,x,A01B\nc,"z,A01B\nd,u,A01B\n', "line 3", "Close the quotes"),
    "column twice": in_csv("id,text,id\n", "line 1", "'id' stands twice"),
    "only a header": in_csv("id,text,main\n", "holds no rows"),
    "no Parquet": Case(
        "classification", {}, ["train.jsonl: not a whole Parquet file"], {"data": {"format": "parquet"}}
    ),
    "mapped column that no row has": Case(
        "classification",
        {},
        ["test.jsonl: there is no column 'dated' (for 'date')", "Did you mean 'date'", "--column date=NAME"],
        {"data": {"columns": {"test": {"date": "dated"}}}},
    ),
    "terms that are no list": Case(
        "translation",
        {"test.jsonl": lines({"id": "1", "source": "a", "target": "b", "terms": 3})},
        ["line 1", "'terms'", "found int"],
    ),
    "term without targets": Case(
        "translation",
        {"test.jsonl": lines({"id": "1", "source": "a", "target": "b", "terms": [{"source": "a"}]})},
        ["line 1", "'terms'", "'targets'"],
    ),
    "no target": Case(
        "translation",
        {"test.jsonl": lines({"id": "1", "source": "a", "target": None})},
        ["line 1", "'target' is empty"],
    ),
    "judgment of an unknown document": Case(
        "search",
        {"qrels.tsv": HEADER + "q1\td1\t1\nq1\td9\t1\n"},
        ["qrels.tsv, line 3", "'d9'", "not in the corpus"],
    ),
    "judgment of an unknown query": Case(
        "search", {"qrels.tsv": HEADER + "q8\td1\t1\n"}, ["qrels.tsv, line 2", "'q8'", "not in the queries"]
    ),
    "judged twice": Case(
        "search",
        {"qrels.tsv": HEADER + "q1\td1\t1\nq1\td1\t2\n"},
        ["qrels.tsv, line 3", "'d1'", "line 2 already"],
    ),
    "wrong grade": Case("search", {"qrels.tsv": HEADER + "q1\td1\tB\n"}, ["qrels.tsv, line 2", "grade 'B'", "X, Y, A"]),
    "negative grade": Case("search", {"qrels.tsv": HEADER + "q1\td1\t-1\n"}, ["line 2", "grade '-1'"]),
    "judgments without a header": Case(
        "search", {"qrels.tsv": "q1\td1\t1\nq1\td2\t1\n"}, ["qrels.tsv, line 1", "query-id"]
    ),
    "short TREC line": Case(
        "search",
        {"qrels.tsv": "q1 0 d1 1\nq1 d2 1\n"},
        ["qrels.tsv, line 2", "found 3 columns"],
        {"data": {"format": "trec"}},
    ),
    "metadata that is text": Case(
        "search",
        {"corpus.jsonl": lines({"_id": "d1", "text": "x", "metadata": "y"})},
        ["corpus.jsonl, line 1", "'metadata'"],
    ),
    "wrong sha256": Case(
        "search",
        {},
        ["qrels.tsv", "version 1.0.0 declares", "never changes"],
        {"data": {"sha256": {"qrels.tsv": "0" * 64}}},
    ),
    "sha256 of a missing file": Case(
        "search", {}, ["qrel.tsv", "data.sha256", "missing"], {"data": {"sha256": {"qrel.tsv": "0" * 64}}}
    ),
    "path out of the folder": Case(
        "search", {}, ["data.files.qrels '../qrels.tsv' leads out"], {"data": {"files": {"qrels": "../qrels.tsv"}}}
    ),
    "absolute path": Case(
        "search", {}, ["data.files.qrels '/etc/hostname' leads out"], {"data": {"files": {"qrels": "/etc/hostname"}}}
    ),
    "hub pointer out of the folder": Case(
        "translation",
        {},
        ["data.hub id '../../x' leads out"],
        {"data": {"format": "hub", "files": None, "hub": {"test": POINTER | {"id": "../../x"}}}},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_place_is_named(make: Any, case: Case) -> None:
    entry = make(case.task, files=case.files, **case.changes)
    with pytest.raises(UserError) as caught:
        load(entry)
    message = str(caught.value)
    assert str(entry.path) in message
    for word in case.words:
        assert word in message, message


def test_a_link_out_of_the_folder_is_refused(make: Any, tmp_path: Path) -> None:
    entry = make("search", files={"qrels.tsv": None})
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n", encoding="utf-8")
    (entry.path / "qrels.tsv").symlink_to(tmp_path / "qrels.tsv")
    with pytest.raises(UserError, match="leads out of the benchmark's folder"):
        load(entry)
