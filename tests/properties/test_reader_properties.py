"""Readers of rows: whatever was written comes back; whatever else lies there is rows, or one error with its place."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wild_aieval.benchmarks.faults import RowError, Tally
from wild_aieval.benchmarks.readers import lines, retrieval, tabular
from wild_aieval.benchmarks.readers.markup import Pair
from wild_aieval.benchmarks.readers.tmx import read_tmx
from wild_aieval.benchmarks.readers.workbook import read_xlsx
from wild_aieval.benchmarks.readers.xliff import read_xliff
from wild_aieval.errors import UserError
from wild_aieval.runspec import digest, digest_rows

PAIR = Pair("en", "fr")
one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(st.characters(codec="utf-8"), max_size=30)
names = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0\ufeff"), min_size=1, max_size=8).filter(
    lambda name: name == name.strip()
)
# XML holds no other characters; a segment is one line, so that white space is one blank and none at the ends.
segments = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))
segments = segments.map(lambda text: re.sub(r"[ \t\r\n]+", " ", text).strip()).filter(bool)
words = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8)

READERS: dict[str, tuple[str, Callable[..., Iterable[Any]]]] = {
    "jsonl": ("a.jsonl", tabular.read_jsonl),
    "csv": ("a.csv", tabular.read_csv),
    "tsv": ("a.tsv", tabular.read_tsv),
    "parquet": ("a.parquet", tabular.read_parquet),
    "xlsx": ("a.xlsx", read_xlsx),
    "tmx": ("a.tmx", lambda path, *faults: read_tmx(path, PAIR, *faults)),
    "xliff": ("a.xlf", lambda path, *faults: read_xliff(path, PAIR, *faults)),
    "beir": ("queries.jsonl", retrieval.read_beir_texts),
    "beir-qrels": ("qrels.tsv", retrieval.read_beir_qrels),
    "trec": ("qrels.txt", retrieval.read_trec_qrels),
}


def fields(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [row.fields for row in rows]


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[str], heads: st.SearchStrategy[str] = names) -> Any:
    """Rows with the same columns, at least one of each."""
    header = draw(st.lists(heads, min_size=1, max_size=4, unique=True))
    row = st.fixed_dictionaries(dict.fromkeys(header, cells))
    return draw(st.lists(row, min_size=1, max_size=5))


@pytest.mark.parametrize("kind", READERS)
@one_folder
@given(raw=st.binary(max_size=300))
@example(raw=b"\0").via("zero byte")
@example(raw=b"PK\x03\x04").via("start of an archive")
@example(raw=b"PAR1PAR1").via("an empty Parquet file")
def test_any_bytes_are_rows_or_one_error_that_names_the_file(kind: str, raw: bytes, tmp_path: Path) -> None:
    name, reader = READERS[kind]
    path = tmp_path / name
    path.write_bytes(raw)
    try:
        strict = fields(reader(path))
    except UserError as error:
        assert str(path) in str(error)
        if isinstance(error, RowError):
            assert re.search(r", (line|unit|row|record) \d+", error.where)
    else:
        tally = Tally(tolerant=True)
        assert fields(reader(path, tally)) == strict
        assert not tally.skipped


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@one_folder
@given(rows=st.lists(st.dictionaries(texts, plain, min_size=1, max_size=4), min_size=1), ascii_only=st.booleans())
def test_json_lines_come_back(rows: list[dict[str, Any]], ascii_only: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows), "utf-8", newline="\n")
    assert fields(tabular.read_jsonl(path)) == rows


@pytest.mark.parametrize(("delimiter", "kind"), [(",", "csv"), ("\t", "tsv")])
@one_folder
@given(rows=tables(texts), end=st.sampled_from(["\n", "\r\n"]), mark=st.booleans())
def test_separated_values_come_back(
    delimiter: str, kind: str, rows: list[dict[str, str]], end: str, mark: bool, tmp_path: Path
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    name, reader = READERS[kind]
    path = tmp_path / name
    path.write_bytes(stream.getvalue().encode("utf-8-sig" if mark else "utf-8"))
    assert fields(reader(path)) == rows


@one_folder
@given(rows=tables(texts))
def test_parquet_comes_back(rows: list[dict[str, str]], tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert fields(tabular.read_parquet(tmp_path / "a.parquet")) == rows


@settings(one_folder, max_examples=40)
@given(rows=tables(segments | st.just("=1+1") | st.just("007"), words))
def test_workbooks_come_back(rows: list[dict[str, str]], tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    header = [*rows[0]]
    for place, line in enumerate((header, *([row[name] for name in header] for row in rows)), 1):
        for number, text in enumerate(line, 1):
            cell = book.active.cell(place, number)
            cell.value, cell.data_type = text, "s"
    book.save(tmp_path / "a.xlsx")
    assert fields(read_xlsx(tmp_path / "a.xlsx")) == rows


pairs = st.lists(st.tuples(words, segments, segments), min_size=1, max_size=5)


@one_folder
@given(found=pairs, encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_tmx_comes_back(found: list[tuple[str, str, str]], encoding: str, tmp_path: Path) -> None:
    def side(tag: str, text: str) -> str:
        return f'<tuv xml:lang="{tag}"><seg>{escape(text)}</seg></tuv>'

    units = (f"<tu tuid={quoteattr(own)}>{side('fr', ours)}{side('EN-us', theirs)}</tu>" for own, theirs, ours in found)
    text = f'<?xml version="1.0" encoding="{encoding}"?><tmx version="1.4"><body>{"".join(units)}</body></tmx>'
    (tmp_path / "a.tmx").write_bytes(text.encode(encoding))
    rows = fields(read_tmx(tmp_path / "a.tmx", PAIR))
    assert [(row["id"], row["source"], row["target"]) for row in rows] == found


@one_folder
@given(found=pairs, two=st.booleans(), turned=st.booleans())
def test_xliff_comes_back(found: list[tuple[str, str, str]], two: bool, turned: bool, tmp_path: Path) -> None:
    sides = ("target", "source") if turned else ("source", "target")
    source, target = reversed(PAIR) if turned else PAIR

    def unit(own: str, *texts: str) -> str:
        told = dict(zip(sides, texts, strict=True))
        body = f"<source>{escape(told['source'])}</source><target>{escape(told['target'])}</target>"
        inner = f"<segment>{body}</segment>" if two else body
        tag = "unit" if two else "trans-unit"
        return f"<{tag} id={quoteattr(own)}>{inner}</{tag}>"

    units = "".join(unit(*one) for one in found)
    if two:
        text = f'<xliff version="2.0" srcLang="{source}" trgLang="{target}"><file id="f">{units}</file></xliff>'
    else:
        head = f'<file source-language="{source}" target-language="{target}" original="f"><body>'
        text = f'<xliff version="1.2">{head}{units}</body></file></xliff>'
    (tmp_path / "a.xlf").write_text(text, "utf-8")
    rows = fields(read_xliff(tmp_path / "a.xlf", PAIR))
    assert [(row["id"], row["source"], row["target"]) for row in rows] == found


@one_folder
@given(
    found=st.lists(st.tuples(words, words, st.integers(0, 3)), min_size=1), blanks=st.sampled_from([" ", "\t", "  "])
)
def test_judgments_come_back_from_beir_and_trec(found: list[tuple[str, str, int]], blanks: str, tmp_path: Path) -> None:
    beir, trec = tmp_path / "qrels.tsv", tmp_path / "qrels.txt"
    body = "".join(f"{query}\t{document}\t{grade}\n" for query, document, grade in found)
    beir.write_text("query-id\tcorpus-id\tscore\n" + body, "utf-8")
    trec.write_text(
        "".join(blanks.join((query, "0", document, f"{grade}\n")) for query, document, grade in found), "utf-8"
    )
    expected = [{"query_id": query, "document_id": document, "grade": str(grade)} for query, document, grade in found]
    assert fields(retrieval.read_beir_qrels(beir)) == expected
    assert fields(retrieval.read_trec_qrels(trec)) == expected


@one_folder
@given(found=st.lists(st.tuples(segments, segments), min_size=1, max_size=6))
def test_parallel_lines_come_back_and_a_lost_line_shows(found: list[tuple[str, str]], tmp_path: Path) -> None:
    for place, tag in enumerate(PAIR):
        (tmp_path / f"t.{tag}").write_bytes("".join(f"{pair[place]}\n" for pair in found).encode())
    path = tmp_path / "t.{language}"
    assert [(row["source"], row["target"]) for row in fields(lines.read_lines(path, PAIR))] == found
    (tmp_path / "t.fr").write_bytes("".join(f"{pair[1]}\n" for pair in found[:-1]).encode() or b"\n\n")
    with pytest.raises(UserError, match=r"t\.(fr|en): the file ends after line"):
        list(lines.read_lines(path, PAIR))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
rows_of_json = st.dictionaries(st.text(min_size=1, max_size=6), plain, min_size=1, max_size=4)


@one_folder
@given(row=rows_of_json, ascii_only=st.booleans())
@example(row={"a": float("nan")}, ascii_only=True)
@example(row={"a": 10**40, "b": "\ud83d\ude00 half: \ud800"}, ascii_only=True)
def test_the_quick_way_to_read_json_reads_what_python_reads(
    row: dict[str, Any], ascii_only: bool, tmp_path: Path
) -> None:
    text = json.dumps(row, ensure_ascii=ascii_only)
    (tmp_path / "a.jsonl").write_bytes(text.encode("utf-8", "replace"))
    read = fields(tabular.read_jsonl(tmp_path / "a.jsonl"))
    assert repr(read) == repr([json.loads(text.encode("utf-8", "replace"))])  # NaN equals nothing, its name does


@given(
    st.lists(st.dictionaries(st.text(max_size=6), st.text() | st.integers() | st.lists(st.text(), max_size=3) | plain))
)
def test_both_ways_to_digest_rows_give_the_same(rows: list[dict[str, Any]]) -> None:
    try:
        slow = hashlib.sha256("".join(digest(row) for row in rows).encode()).hexdigest()
    except ValueError:  # NaN and infinities are in no digest
        with pytest.raises(ValueError, match="JSON"):
            digest_rows(rows)
    else:
        assert digest_rows(rows) == slow
