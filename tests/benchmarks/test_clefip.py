"""CLEF-IP: documents, topics and graded judgments with ids of kinds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.faults import RowError, Tally
from wild_aieval.benchmarks.importer import import_benchmark
from wild_aieval.benchmarks.load import load
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.benchmarks.readers.clefip import read_documents, read_topics
from wild_aieval.benchmarks.readers.retrieval import read_trec_qrels
from wild_aieval.errors import UserError

DOCUMENT = """<patent-document ucid="EP-{0}-{1}" country="EP" doc-number="{0}" kind="{1}" lang="EN" date="{2}">
<bibliographic-data><application-reference><document-id><country>EP</country><doc-number>99{0}</doc-number>
<date>20010101</date></document-id></application-reference><technical-data>
<invention-title lang="EN">Plough {0}</invention-title></technical-data></bibliographic-data>{3}</patent-document>"""
ABSTRACT = '<abstract lang="EN"><p>It turns soil.</p></abstract>'
DESCRIPTION = '<description lang="EN"><p>Soil is heavy.</p></description>'
TOPICS = """<topics><topic><num>PAC-1</num><narr>Find all.</narr><file>EP-0000005-A1.xml</file></topic>
<topic><tid>PAC-2</tid><file>EP-0000006-A1.xml</file></topic></topics>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "clef"
    (root / "corpus" / "EP").mkdir(parents=True)
    (root / "topics").mkdir()
    for number, kind, body in (("0000001", "A1", ABSTRACT), ("0000001", "B1", DESCRIPTION), ("0000002", "A2", "")):
        text = DOCUMENT.format(number, kind, "19990101", body)
        (root / "corpus" / "EP" / f"EP-{number}-{kind}.xml").write_text(text, encoding="utf-8")
    for number in ("0000005", "0000006"):
        text = DOCUMENT.format(number, "A1", "20020101", ABSTRACT)
        (root / "topics" / f"EP-{number}-A1.xml").write_text(text, encoding="utf-8")
    (root / "PAC_topics.xml").write_text(TOPICS, encoding="utf-8")
    qrels = "PAC-1 0 EP-0000001-A1 2 EN\nPAC-1 0 EP-0000001-B1 1 XX\nPAC-2 0 EP-0000002-A2 1 DE\n"
    (root / "PAC_qrels.txt").write_text(qrels, encoding="utf-8")
    return root


def test_documents_of_a_folder(folder: Path) -> None:
    found = {row.fields["id"]: row.fields for row in read_documents(folder / "corpus")}
    assert [(name, row["text"]) for name, row in found.items()] == [
        ("EP-0000001-A1", "It turns soil."),
        ("EP-0000001-B1", "Soil is heavy."),
        ("EP-0000002-A2", ""),
    ]
    assert found["EP-0000001-A1"]["family"] == found["EP-0000001-B1"]["family"] == "EP990000001"


def test_topics(folder: Path) -> None:
    first, second = [row.fields for row in read_topics(folder / "PAC_topics.xml")]
    assert (first["id"], first["document"], first["date"]) == ("PAC-1", "EP-0000005-A1", "2001-01-01")
    assert (second["id"], second["abstract"]) == ("PAC-2", "It turns soil.")


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("<topic><file>EP-0000005-A1.xml</file></topic>", "no num"),
        ("<topic><num>1</num></topic>", "no file"),
        ("<topic><num>1</num><file>missing.xml</file></topic>", "no document of the topic"),
        ("<topic><num>1</num><file>../secret.xml</file></topic>", "no document of the topic"),
        ("<topic><num>1</num><file>bad.xml</file></topic>", "truncated record"),
    ],
)
def test_topics_with_faults(folder: Path, topic: str, reason: str) -> None:
    (folder.parent / "secret.xml").write_text(DOCUMENT.format("1", "A1", "20010101", ""), encoding="utf-8")
    (folder / "bad.xml").write_text("<patent-document ucid='EP-1-A1'>", encoding="utf-8")
    path = folder / "PAC_topics.xml"
    path.write_text(TOPICS.replace("<topics>", f"<topics>{topic}"), encoding="utf-8")
    with pytest.raises(RowError):
        list(read_topics(path))
    tally = Tally(tolerant=True)
    assert len(list(read_topics(path, tally))) == 2
    assert tally.skipped == {reason: 1}


def test_a_collection_is_imported(folder: Path, tmp_path: Path) -> None:
    report = import_benchmark(ImportOptions(folder, "search", "clef", tmp_path / "root", format="clefip"))
    assert report.taken == {"corpus": 3, "queries": 2, "qrels": 3}
    benchmark = load(Entry("search/clef", report.folder))
    assert benchmark.parts["qrels"][0] == {"query_id": "PAC-1", "document_id": "EP-0000001-A1", "grade": 2}


def test_a_collection_without_judgments(folder: Path, tmp_path: Path) -> None:
    (folder / "PAC_qrels.txt").unlink()
    with pytest.raises(UserError, match="there is no qrels of CLEF-IP here"):
        import_benchmark(ImportOptions(folder, "search", "clef", tmp_path / "root", format="clefip"))


@pytest.mark.real_data
def test_judgments_of_clef_ip_2010(real_data: Path) -> None:
    rows = [row.fields for row in read_trec_qrels(real_data / "search" / "clef_ip_2010_pac_qrels.txt")]
    assert len(rows) == 62_950
    assert Counter(row["grade"] for row in rows) == {"1": 60_865, "2": 2_085}
    assert len({row["query_id"] for row in rows}) == 1_348
    assert len({(row["query_id"], row["document_id"]) for row in rows}) == 62_950
    assert all(row["document_id"].count("-") == 2 for row in rows)
