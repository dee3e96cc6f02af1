"""From what offices publish to a benchmark folder: what is taken, what is told, where each row comes from."""

from __future__ import annotations

import argparse
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import load
from wild_aieval.commands import benchmark
from wild_aieval.errors import UserError

GRANT = """<?xml version="1.0" encoding="UTF-8"?>
<us-patent-grant lang="EN" country="US" doc-number="{number}" kind="B2" date-publ="{date}">
<us-bibliographic-data-grant>
<publication-reference><document-id><country>US</country><doc-number>{number}</doc-number><kind>B2</kind>
<date>{date}</date></document-id></publication-reference>
<application-reference><document-id><country>US</country><doc-number>1{number}</doc-number><date>20080101</date>
</document-id></application-reference>
<classifications-ipcr><classification-ipcr><ipc-version-indicator><date>20060101</date></ipc-version-indicator>
<classification-level>A</classification-level><section>{section}</section><class>01</class><subclass>B</subclass>
<main-group>1</main-group><subgroup>00</subgroup><symbol-position>F</symbol-position>
<classification-value>I</classification-value><classification-data-source>{origin}</classification-data-source>
</classification-ipcr></classifications-ipcr>
<invention-title>Made-up device {number}</invention-title>
<us-references-cited><us-citation><patcit num="00001"><document-id><country>US</country>
<doc-number>{cites}</doc-number><kind>B2</kind><date>20090101</date></document-id></patcit>
<category>cited by examiner</category></us-citation></us-references-cited>
</us-bibliographic-data-grant>
<abstract><p>A device number {number} is described for a test.</p></abstract>
<claims><claim num="00001"><claim-text>1. A device {number}.</claim-text></claim></claims>
</us-patent-grant>
"""


def grant(number: int, date: str = "20100105", cites: int = 0, origin: str = "H", section: str = "A") -> str:
    return GRANT.format(number=number, date=date, cites=cites, origin=origin, section=section)


def imported(*words: object) -> int:
    parser = argparse.ArgumentParser()
    benchmark.add_arguments(parser)
    return benchmark.run(parser.parse_args(["import", *(str(word) for word in words)]))


def opened(root: Path, name: str) -> Any:
    return load(Entry(name, root / name), warn=False)


def test_a_weekly_file_with_a_broken_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weekly = grant(7000001) + grant(7000002)[:900] + "\n" + grant(7000003, date="20110301")
    (tmp_path / "ipg.xml").write_text(weekly, encoding="utf-8")
    assert imported(tmp_path / "ipg.xml", "--task", "classification", "--name", "us", "--to", tmp_path) == 0
    said = capsys.readouterr().out
    assert "test: 2 rows" in said and "by persons (H) 100.0%" in said
    found = opened(tmp_path, "classification/us")
    assert [row["id"] for row in found.parts["test"]] == ["US7000001B2", "US7000003B2"]
    assert found.parts["test"][0]["main"] == "A01B 1/00" and found.manifest.label_origin == "H"
    assert found.manifest.languages == ["en"] and found.manifest.offices == ["US"]
    folder = tmp_path / "classification" / "us"
    lines = [json.loads(line) for line in (folder / "provenance.jsonl").read_text().splitlines()]
    start = weekly.encode().index(b"<?xml", weekly.encode().index(b"7000002"))
    assert [(line["id"], line["file"], line["offset"]) for line in lines] == [
        ("US7000001B2", "ipg.xml", 0),
        ("US7000003B2", "ipg.xml", start),
    ]
    report = json.loads((folder / "import-report.json").read_text())
    (skipped,) = report["total"]["skipped"]
    broken = weekly.encode().index(b"<?xml", 10)
    assert skipped["count"] == 1 and f"byte {broken:,}" in skipped["examples"][0]
    assert skipped["examples"][0] in said


def test_only_symbols_given_by_persons(tmp_path: Path) -> None:
    (tmp_path / "ipg.xml").write_text(grant(7000001, origin="H") + grant(7000002, origin="G"))
    words = ("--task", "classification", "--name", "us", "--to", tmp_path, "--label-origin", "H")
    imported(tmp_path / "ipg.xml", *words)
    assert [row["id"] for row in opened(tmp_path, "classification/us").parts["test"]] == ["US7000001B2"]


def test_citations_within_an_archive_become_judgments(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "week.zip", "w") as archive:
        archive.writestr("a/one.xml", grant(7000001, date="20010105"))
        archive.writestr("a/two.xml", grant(7000002, cites=7000001))
    assert imported(tmp_path / "week.zip", "--task", "search", "--name", "us", "--to", tmp_path) == 0
    found = opened(tmp_path, "search/us")
    assert [(row["query_id"], row["document_id"]) for row in found.parts["qrels"]] == [("US7000002B2", "US7000001B2")]
    lines = (tmp_path / "search" / "us" / "provenance.jsonl").read_text().splitlines()
    assert {(json.loads(line)["part"], json.loads(line)["member"]) for line in lines} >= {("corpus", "a/one.xml")}


def test_rows_are_divided_by_their_dates(tmp_path: Path) -> None:
    (tmp_path / "ipg.xml").write_text(grant(7000001, date="20010105") + grant(7000002, date="20110105"))
    words = ("--task", "classification", "--name", "us", "--to", tmp_path, "--train-until", "2005-12-31")
    imported(tmp_path / "ipg.xml", *words)
    parts = opened(tmp_path, "classification/us").parts
    assert {part: [row["id"] for row in rows] for part, rows in parts.items()} == {
        "train": ["US7000001B2"],
        "test": ["US7000002B2"],
    }
    lines = (tmp_path / "classification" / "us" / "provenance.jsonl").read_text().splitlines()
    assert [json.loads(line)["part"] for line in lines] == ["train", "test"]


@pytest.mark.parametrize(
    ("task", "extra", "told"),
    [
        ("search", (), "cited document not in the corpus"),
        ("translation", ("--source-language", "en", "--target-language", "fr"), "no text in both languages"),
        ("classification", ("--kind", "A1"), "kind not asked for"),
        ("classification", ("--text", "summary"), "'summary' is no part of the text"),
    ],
)
def test_nothing_to_take_says_why(tmp_path: Path, task: str, extra: tuple[str, ...], told: str) -> None:
    (tmp_path / "ipg.xml").write_text(grant(7000001, cites=99))
    with pytest.raises(UserError, match=told):
        imported(tmp_path / "ipg.xml", "--task", task, "--name", "us", "--to", tmp_path, *extra)
    assert not (tmp_path / task).exists() or not list((tmp_path / task).iterdir())


def test_what_is_said_wins_over_what_follows(tmp_path: Path) -> None:
    (tmp_path / "ipg.xml").write_text(grant(7000001))
    words = ("--task", "classification", "--name", "us", "--to", tmp_path, "--clusters-are", "document")
    imported(tmp_path / "ipg.xml", *words, "--office", "EP", "--language", "en")
    manifest = opened(tmp_path, "classification/us").manifest
    assert (manifest.clusters_are, manifest.offices, manifest.languages) == ("document", ["EP"], ["en"])


@pytest.mark.real_data
def test_all_real_files_yield_records_or_one_line_why_not(
    real_data: Callable[..., Path] | Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = real_data / "office_xml"
    assert imported(source, "--task", "classification", "--name", "all", "--to", tmp_path, "--json") == 0
    reading = json.loads(capsys.readouterr().out)["reading"]
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert set(reading["files"]) == files and not reading["total"]["skipped"]
    for name, one in reading["files"].items():
        assert one["taken"] or (len(one["without_records"]) == 1 and "holds no publication" in str(one)), name
    assert len(opened(tmp_path, "classification/all").parts["test"]) >= 55
    assert imported(source, "--task", "translation", "--name", "all", "--to", tmp_path, "--source-language", "en",
                    "--target-language", "fr") == 0  # fmt: skip
    assert len(opened(tmp_path, "translation/all").parts["test"]) >= 240
