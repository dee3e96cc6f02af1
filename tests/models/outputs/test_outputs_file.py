"""Outputs handed in as a file: every format, and what is wrong with files that people hand in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit, Query, Segment, Suggestion, Translation
from wild_aieval.models.assignment import Assignment, meet
from wild_aieval.models.outputs import read as outputs_read

openpyxl = pytest.importorskip("openpyxl")

ANSWERS = [[Suggestion("A61B 5/00", 0.9), Suggestion("G06F", 0.25)], [Suggestion("H04L", 0.5)]]
CSV = "id,symbols,scores\na,A61B 5/00; G06F,0.9;0.25\nb,H04L,0.5\n"


@pytest.fixture
def hand_in(tmp_path: Path, build: Callable[..., Any]) -> Callable[..., Any]:
    """``hand_in(name, content, task, **settings)`` writes the file and makes the candidate."""

    def made(name: str, content: Any, task: str = "classification", **settings: Any) -> Any:
        path = tmp_path / name
        if isinstance(content, list):
            workbook(path, content)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return build("outputs-file", path=str(path), task=task, **settings)

    return made


def workbook(path: Path, rows: list[list[Any]], title: str = "Sheet") -> None:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)


def documents(*ids: str) -> list[Document]:
    return [Document(name, "", "text") for name in ids]


def segments(*ids: str) -> list[Segment]:
    return [Segment(name, "text", "en", "es") for name in ids]


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "settings"),
    [
        (
            "a.jsonl",
            lines(
                {"id": "a", "suggestions": [["A61B 5/00", 0.9], ["G06F", 0.25]]},
                {"id": "b", "suggestions": [["H04L", 0.5]]},
            ),
            {},
        ),
        (
            "b.jsonl",
            lines(
                {"id": "a", "symbols": ["A61B 5/00", "G06F"], "scores": [0.9, 0.25]},
                {"id": "b", "symbols": "H04L", "scores": 0.5},
            ),
            {},
        ),
        ("a.csv", CSV, {}),
        ("bom.csv", "\ufeff" + CSV.replace("\n", "\r\n"), {}),
        ("quoted.csv", 'id,symbols,scores\n"a","A61B 5/00;G06F","0.9;0.25"\n\nb,H04L,0.5', {}),
        ("a.tsv", CSV.replace(",", "\t"), {}),
        (
            "office.csv",
            "Nummer;Eins;Zwei;P1;P2\na;A61B 5/00;G06F;0,9;0,25\nb;H04L;;0,5;\n",
            {
                "columns": {"id": "Nummer", "symbols": ["Eins", "Zwei"], "scores": ["P1", "P2"]},
                "decimal": ",",
                "delimiter": ";",
            },
        ),
        ("wide.csv", CSV.encode("utf-16"), {"encoding": "utf-16"}),
        ("other.dat", CSV.replace(";", "|"), {"format": "csv", "separator": "|"}),
        ("a.xlsx", [["id", "symbols", "scores"], ["a", "A61B 5/00;G06F", "0.9;0.25"], ["b", "H04L", 0.5]], {}),
        (
            "columns.xlsx",
            [["no", "one", "two", "p", "q"], ["a", "A61B 5/00", "G06F", 0.9, 0.25], [], ["b", "H04L", None, 0.5]],
            {"columns": {"id": "no", "symbols": ["one", "two"], "scores": ["p", "q"]}, "sheet": "Sheet"},
        ),
    ],
)
def test_every_format_gives_the_same_answers(
    hand_in: Callable[..., Any], name: str, content: Any, settings: dict[str, Any]
) -> None:
    model = hand_in(name, content, **settings)
    assert model.classify(documents("a", "b")) == ANSWERS
    assert model.classify(documents("b", "c", "a")) == [
        ANSWERS[1],
        Failure("this item is not in the file of outputs"),
        ANSWERS[0],
    ]


def test_symbols_without_scores_and_rows_without_answers(hand_in: Callable[..., Any]) -> None:
    model = hand_in("a.csv", "id,symbols,error\na,A61B;G06F,\nb,,\nc,,time-out\n")
    assert model.classify(documents("a", "b", "c")) == [
        [Suggestion("A61B", 0.0), Suggestion("G06F", 0.0)],
        Failure("the file has no symbols for this item"),
        Failure("the tool says: time-out"),
    ]
    model = hand_in("a.jsonl", lines({"id": "a", "error": "no text"}, {"id": 7, "suggestions": ["A61B"]}))
    assert model.classify(documents("a", "7")) == [Failure("the tool says: no text"), [Suggestion("A61B", 0.0)]]


def test_translations(hand_in: Callable[..., Any]) -> None:
    expected = [
        Translation("El suelo; sí", 0.8),
        Translation("El eje"),
        Failure("the file has no translation for this item"),
    ]
    as_csv = 'id,translation,score\na,El suelo; sí,0.8\nb,El eje,\nc," ",\n'
    as_json = lines(
        {"id": "a", "translation": "El suelo; sí", "score": 0.8},
        {"id": "b", "translation": "El eje"},
        {"id": "c", "translation": None},
    )
    as_sheet = [["id", "translation", "score"], ["a", "El suelo; sí", 0.8], ["b", "El eje"], ["c", None]]
    for name, content in (("a.csv", as_csv), ("a.jsonl", as_json), ("a.xlsx", as_sheet)):
        assert hand_in(name, content, "translation").translate(segments("a", "b", "c")) == expected
    number = hand_in("n.xlsx", [["id", "translation"], [12, 340]], "translation")
    assert number.translate(segments("12")) == [Translation("340")]


def test_plain_lines_are_in_the_order_of_the_benchmark(hand_in: Callable[..., Any]) -> None:
    model = hand_in("a.txt", "uno\u2028eins\r\n\ndos\n", "translation")
    with pytest.raises(UserError, match="not told which benchmark"):
        model.translate(segments("x"))
    meet(model, Assignment("translation/t", "translation", ("x", "y", "z")))
    empty = Failure("the line of this item is empty")
    assert model.translate(segments("z", "y", "x")) == [Translation("dos"), empty, Translation("uno\u2028eins")]
    with pytest.raises(UserError, match=r"a\.txt: 3 lines, and the benchmark has 2 items"):
        meet(hand_in("a.txt", "uno\n\ndos", "translation"), Assignment("translation/t", "translation", ("x", "y")))


def test_rankings(hand_in: Callable[..., Any]) -> None:
    run = "q1 Q0 d2 1 0.5 bm25\nq1 Q0 d1 2 0.5 bm25\n\nq2\tQ0\td9\t1\t-3e-1\ttag\nq1 Q0 d3 3 7 bm25\n"
    queries = [Query("q1", "x"), Query("q2", "y"), Query("q3", "z")]
    model = hand_in("a.trec", run, "search")
    model.index([])
    one, two, three = model.search(queries, 2)
    assert one == [Hit("d3", 7.0), Hit("d1", 0.5)], "by score, ties by id, at most k"
    assert two == [Hit("d9", -0.3)]
    assert isinstance(three, Failure)
    table = hand_in("a.csv", "id,documents,scores\nq1,d3;d1,7;0.5\nq2,d9,\n", "search")
    assert table.search(queries[:2], 9) == [[Hit("d3", 7.0), Hit("d1", 0.5)], [Hit("d9", 1.0)]]
    assert hand_in("a.jsonl", lines({"id": "q1", "hits": [["d1", 1]]}), "search").search(queries[:1], 9) == [
        [Hit("d1", 1.0)]
    ]


FORMULA = [["id", "symbols"], ["a", "=CONCATENATE(B3)"]]


@pytest.mark.parametrize(
    ("name", "content", "settings", "message"),
    [
        ("a.csv", "", {}, r"a\.csv: the file is empty"),
        ("a.jsonl", " \n", {}, "the file is empty"),
        ("a.csv", "id,symbols\n", {}, "a header and no answers"),
        ("a.csv", "\nid,symbols\na,A61B\n", {}, "line 1: expected a header"),
        ("a.csv", "nr,symbols\na,A61B\n", {}, r"line 2: the column 'id' \(id\) is missing.*model\.columns"),
        ("a.csv", "id,symbol\na,A61B\n", {}, "column 'symbols'.*Did you mean 'symbol'"),
        ("a.csv", "id;symbols\na;A61B\n", {}, r"one column only.*model\.delimiter"),
        ("a.csv", "id,id\na,b\n", {}, "'id' stands twice"),
        ("a.csv", "id,symbols\na,A61B,G06F\n", {}, r"line 2: expected 2 fields \(id, symbols\), found 3"),
        ("a.csv", 'id,symbols\na,"A61B\n', {}, "record that starts at line 2: not valid quoted text"),
        ("a.csv", "id,symbols,scores\na,A61B,high\n", {}, "line 2, column 'scores': a score is a number, found 'high'"),
        ("a.csv", 'id,symbols,scores\na,A61B,"0,9"\n', {}, "model.decimal to ','"),
        ("a.csv", "id,symbols,scores\na,A61B,nan\n", {}, "column 'scores': the score is no finite number"),
        ("a.csv", "id,symbols,scores\na,A61B;G06F,0.9\n", {}, "line 2: 2 names and 1 scores"),
        ("a.csv", "id,symbols,scores\na,A61B;G06F,0.1;0.9\n", {}, "line 2: the score of place 2 .* is higher"),
        ("a.csv", "id,symbols\n ,A61B\n", {}, "line 2, column 'id': an id is a text"),
        ("a.csv", "id,symbols\na,A61B\nb,A01B\na,G06F\n", {}, r"line 4: the id 'a' stands there and in line 2\."),
        ("a.csv", b"id,symbols\na,A\xe961B\n", {}, r"a\.csv, line 2: byte 15 of the file is not utf-8"),
        ("a.csv", CSV.encode("utf-16-le"), {}, "zero byte.*utf-16"),
        ("a.jsonl", '{"id": "a", "suggestions": []}\n{"id": \n', {}, "line 2: no JSON"),
        ("a.jsonl", "[1]\n", {}, "line 1: expected a JSON object, found list"),
        ("a.jsonl", '{"id": "a", "id": "b", "suggestions": []}\n', {}, "a key stands twice"),
        ("a.jsonl", '{"id": "a", "suggestions": [["A61B", NaN]]}\n', {}, "line 1: NaN"),
        ("a.jsonl", '{"id": "a", "suggestions": {}}\n', {}, "line 1: 'suggestions' is expected to be a list"),
        ("a.jsonl", '{"id": 1.5, "suggestions": []}\n', {}, "column 'id': an id is a text, found 1.5"),
        ("a.jsonl", '{"id": "a", "translation": "x"}\n', {}, "'symbols'"),
        ("a.csv", "id,translation,score\na,x,1.5\n", {"task": "translation"}, "line 2: the score of a translation"),
        ("a.trec", "q Q0 d 1 0.5\n", {"task": "search"}, "line 1: expected six fields of a TREC run"),
        ("a.trec", "q Q0 d 1 x tag\n", {"task": "search"}, "line 1, field 5.*'x'"),
        (
            "a.trec",
            "q Q0 d 1 2 t\nq Q0 d 2 1 t\n",
            {"task": "search"},
            "line 2: query 'q' has document 'd' there and in line 1",
        ),
        ("a.trec", "q Q0 d 1 2 t\n", {}, "the format 'trec' is for search"),
        ("a.txt", "x\n", {}, "the format 'lines' is for translation"),
        ("a.dat", CSV, {}, r"the ending '\.dat' tells no format"),
        ("a.xlsx", "PK no workbook", {}, "no XLSX workbook"),
        ("a.xlsx", FORMULA, {}, r"sheet 'Sheet', row 2, cell B2 holds a formula"),
        ("a.xlsx", [["id", "symbols"], ["a", "#N/A"]], {}, "cell B2 holds the error #N/A"),
        ("a.xlsx", [["id", "symbols"], ["a", "A61B", "G06F"]], {}, "row 2: 'G06F' stands in a column without a name"),
        ("a.xlsx", [["id", "symbols"], ["a", "A61B"]], {"sheet": "Other"}, r"no sheet 'Other'\. .*: Sheet"),
        ("a.xlsx", [["id", "symbols"]], {}, "a header and no answers"),
        ("a.xlsx", [[None, None]], {}, "header line|no answers"),
    ],
)
def test_a_bad_file_is_refused_before_anything_is_asked(
    hand_in: Callable[..., Any], name: str, content: Any, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message) as raised:
        hand_in(name, content, **settings)
    assert "Traceback" not in str(raised.value)
    assert name in str(raised.value)


def test_a_workbook_with_dates_or_of_a_monstrous_size_is_refused(
    hand_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import datetime

    with pytest.raises(UserError, match="cell A2 holds a date"):
        hand_in("a.xlsx", [["id", "symbols"], [datetime.date(2024, 5, 1), "A61B"]])
    monkeypatch.setattr(outputs_read, "_LARGEST_WORKBOOK", 1_000)
    with pytest.raises(UserError, match=r"unpacks to .* bytes, which is too much"):
        hand_in("a.xlsx", [["id", "symbols"], ["a", "A61B"]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "either 'path'"),
        ({"path": "a.csv", "task": "search", "files": {"search/a": "b"}}, "either 'path'"),
        ({"path": "a.csv"}, "'task' is missing"),
        ({"files": {"us-grants": "a.csv"}}, "expected task/name"),
        ({"path": "a.csv", "task": "search", "columns": {"symbols": "x"}}, "'columns' has 'symbols'"),
        ({"path": "a.csv", "task": "search", "encoding": "latin-99"}, "no such text encoding"),
        ({"path": "no/such.csv", "task": "search"}, "no file 'no/such.csv'.*does not exist"),
    ],
)
def test_settings_that_make_no_sense_are_named(
    build: Callable[..., Any], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        build("outputs-file", **settings)


def test_ids_are_held_against_the_benchmark(hand_in: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    model = hand_in("a.csv", CSV + "x,A01B,1\ny,A01B,1\nz,A01B,1\nw,A01B,1\n")
    meet(model, Assignment("classification/t", "classification", ("a", "b", "c")))
    said = capsys.readouterr().err
    assert re.search(
        r"warning: .*a\.csv: 4 ids are no items of classification/t and are left out: 'x', 'y', 'z', …", said
    )
    assert model.classify(documents("a")) == ANSWERS[:1]
    with pytest.raises(UserError, match=r"none of its 6 ids.*It has 'a', 'b', 'x'.*the benchmark has '1', '2'"):
        meet(hand_in("a.csv", CSV + "x,A01B,1\ny,A01B,1\nz,A01B,1\nw,A01B,1\n"), Assignment("c/t", "c", ("1", "2")))
    with pytest.raises(UserError, match="cannot answer both classification/t and classification/other"):
        meet(model, Assignment("classification/other", "classification", ("a",)))


def test_one_file_for_each_benchmark(hand_in: Callable[..., Any], build: Callable[..., Any], tmp_path: Path) -> None:
    hand_in("a.csv", CSV)
    (tmp_path / "b.csv").write_text("id,symbols\na,B60L\n")
    (tmp_path / "c.trec").write_text("q Q0 d 1 2 t\n")
    files = {"classification/one": "a.csv", "classification/two": "b.csv", "search/three": "c.trec"}
    model = build("outputs-file", files={name: str(tmp_path / file) for name, file in files.items()})
    assert model._settings.tasks == ("classification", "search")
    with pytest.raises(UserError, match="not told which benchmark"):
        model.classify(documents("a"))
    meet(model, Assignment("classification/two", "classification", ("a",)))
    assert model.classify(documents("a")) == [[Suggestion("B60L", 0.0)]]
    meet(model, Assignment("classification/one", "classification", ("a", "b")))
    assert model.classify(documents("a")) == ANSWERS[:1]
    meet(model, Assignment("search/three", "search", ("q",)))
    assert model.search([Query("q", "x")], 1) == [[Hit("d", 2.0)]]
    with pytest.raises(UserError, match=r"no file for classification/four.*classification/one, classification/two"):
        meet(model, Assignment("classification/four", "classification", ("a",)))


def test_identity_is_the_content_and_how_it_is_read(hand_in: Callable[..., Any]) -> None:
    one, same, other = hand_in("a.csv", CSV), hand_in("b.csv", CSV), hand_in("c.csv", CSV + "c,A01B,1\n")
    assert one.facts() == same.facts() != other.facts()
    assert one._settings.identity() == same._settings.identity()
    assert "path" not in one._settings.identity()
    assert (
        hand_in("a.csv", CSV, separator="|", columns={"scores": "none"})._settings.identity()
        != one._settings.identity()
    )


def test_a_run_with_a_file_is_continued_when_the_file_is_mended(
    place: Any, documents: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.classification(documents)
    rows = [f"{row['id']},{row['main']};A01B,0.9;0.1\n" for row in documents]
    file = tmp_path / "handed.csv"
    file.write_text("id,symbols,scores\n" + "".join(rows[:-1]))
    monkeypatch.chdir(tmp_path)
    settings = {"name": "closed", "kind": "outputs-file", "path": "handed.csv", "task": "classification"}
    summary, folder = place.run(settings)
    result = summary["results"][0]
    assert result["counts"] == {"asked": 10, "answered": 9, "errors": 1, "scored": 10}
    assert result["measures"]["subclass.first_guess.main"]["value"] == pytest.approx(0.9)
    assert summary["runspec"]["settings"]["model"]["path"] == str(file), "so that it can be resumed from anywhere"
    file.write_text("id,symbols,scores\n" + "".join(rows))
    summary, _ = place.run(settings)
    assert summary["results"][0]["measures"]["subclass.first_guess.main"]["value"] == 1.0
    assert [row["status"] for row in folder.read_table("predictions")] == ["ok"] * 10


def test_a_run_tells_the_file_which_benchmark_is_asked(
    place: Any, documents: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.translation([{"id": f"s{n}", "source": f"word {n}", "target": f"palabra {n}"} for n in range(3)])
    (tmp_path / "said.txt").write_text("palabra 0\npalabra 1\n\n")
    settings = {"name": "closed", "kind": "outputs-file", "task": "translation", "path": str(tmp_path / "said.txt")}
    summary, folder = place.run(settings)
    assert summary["results"][0]["counts"] == {"asked": 3, "answered": 2, "errors": 1, "scored": 3}
    outputs = {row["item_id"]: row["output"] for row in folder.read_table("predictions")}
    assert json.loads(outputs["s1"])["text"] == "palabra 1"
    (tmp_path / "said.txt").write_text("palabra 0\npalabra 1\n")
    with pytest.raises(UserError, match="2 lines, and the benchmark has 3 items"):
        place.run(settings, "short")

    for name, rows in (("one", documents), ("two", documents[:2])):
        place.classification(rows, name=name)
        made = "".join(f"{row['id']},{row['main']}\n" for row in rows)
        (tmp_path / f"{name}.csv").write_text(f"id,symbols\n{made}nobody,A01B\n")
    files = {f"classification/{name}": str(tmp_path / f"{name}.csv") for name in ("one", "two")}
    settings = {"name": "closed", "kind": "outputs-file", "files": files, "path": "", "task": None}
    capsys.readouterr()
    summary, _ = place.run(settings, "both", benchmark=["one", "two"])
    assert [result["measures"]["subclass.first_guess.main"]["value"] for result in summary["results"]] == [1.0, 1.0]
    said = capsys.readouterr().err
    assert "one.csv: 1 ids are no items of classification/one and are left out: 'nobody'" in said
    assert "two.csv: 1 ids are no items of classification/two" in said
