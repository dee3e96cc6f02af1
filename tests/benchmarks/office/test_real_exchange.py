"""Real files of the USPTO before version 4, of DOCDB, OPS and WIPO-alpha; and benchmarks made from all real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.office.read import read
from wild_aieval.benchmarks.office.report import Report
from wild_aieval.benchmarks.office.rows import Choice, Made, rows

pytestmark = pytest.mark.real_data

# id; languages of titles, abstracts, claims; number of claims; symbols; citations
FILES: dict[str, list[tuple[Any, ...]]] = {
    "uspto/sgml__US06337117.xml": [("US6337117B1", "en", "en", "en", 39, 1, 2)],
    "uspto/pap__US20010000044A1.xml": [("US20010000044A1", "en", "en", "en", 21, 1, 0)],
    "uspto/pap__US20010009014A1.xml": [("US20010009014A1", "en", "en", "en", 55, 1, 0)],
    "uspto/greenbook__US03937375.greenbook": [("US3937375A", "en", "en", "en", 3, 1, 5)],
    "uspto/cpcMaster__cpcMaster.xml": [("US9400000B2", "", "", "", 0, 9, 0)],
    "uspto/css_brs__css_brs_sample.txt": [
        ("US9204581B2", "en", "en", "en", 20, 2, 11),
        ("US9204582B2", "en", "en", "en", 20, 5, 29),
        ("US9204583B2", "en", "en", "en", 18, 3, 17),
        ("US9204584B2", "en", "en", "en", 17, 7, 6),
        ("US9204585B2", "en", "en", "en", 20, 4, 11),
        ("US9204586B2", "en", "en", "en", 16, 5, 7),
    ],
    "docdb/pkg__epo_docdb__test-data__AP-1206-A_302101161.xml": [("AP1206A", "en", "en", "", 0, 26, 3)],
    "docdb/pkg__epo_docdb__test-data__WO-2022259205-A1_544370561.xml": [
        ("WO2022259205A1", "en fr", "en fr", "", 0, 27, 4)
    ],
    "docdb/pkg__epo_docdb__test-data__YU-6701-A_381353354.xml": [("YU6701A", "en sh", "en sh", "", 0, 103, 0)],
    "ops/abstract.xml": [("EP2400812A1", "", "en", "", 0, 0, 0)],
    "ops/claims.xml": [("EP2400812A1", "", "", "en", 15, 0, 0)],
    "ops/family.xml": [
        ("EP2400812A1", "", "", "", 0, 0, 0),
        ("US9876543B2", "", "", "", 0, 0, 0),
        ("WO2011012345A1", "", "", "", 0, 0, 0),
    ],
    "ops/legal.xml": [("EP2400812A1", "", "", "", 0, 0, 0)],
    "ops/error_404.xml": [],
    "wipo_alpha/patent.xml": [("WO0120063A1", "en", "en", "en", 2, 4, 0)],
}


@pytest.mark.parametrize("name", FILES)
def test_each_file_gives_its_publications(real_data: Path, name: str) -> None:
    report = Report()
    found = list(read(real_data / "office_xml" / name, report))
    assert [
        (
            one.id,
            *(" ".join(sorted(texts)) for texts in (one.titles, one.abstracts, one.claims)),
            sum(len(claims) for claims in one.claims.values()),
            len(one.symbols),
            len(one.citations),
        )
        for one in found
    ] == FILES[name]
    assert not report.total.skipped.numbers
    assert sum(report.total.left.numbers.values()) == (not found)
    texts = [
        text for one in found for text in (*one.titles.values(), *one.abstracts.values(), *one.descriptions.values())
    ]
    assert not [text for text in texts if "&" in text and ";" in text[text.index("&") : text.index("&") + 8]]


def made(real_data: Path, task: str, choice: Choice) -> Made:
    report = Report()
    result = rows(task, read(real_data / "office_xml", report), choice)
    assert not report.total.skipped.numbers
    return result


def test_all_real_files_become_rows_to_classify(real_data: Path) -> None:
    found = made(real_data, "classification", Choice())
    assert len(found.parts["test"]) >= 55
    assert sum(bool(row.fields["main"]) for row in found.parts["test"]) >= 50
    assert found.notes[0].startswith("Who gave the ")
    assert len({row.fields["id"] for row in found.parts["test"]}) == len(found.parts["test"])
    by_persons = made(real_data, "classification", Choice(label_origin="H"))
    assert 0 < len(by_persons.parts["test"]) < len(found.parts["test"])


def test_all_real_files_become_segments_to_translate(real_data: Path) -> None:
    found = made(real_data, "translation", Choice(source="en", target="de"))
    registers = {row.fields["register"] for row in found.parts["test"]}
    assert registers == {"title", "claim"}
    assert len(found.parts["test"]) >= 240
    assert {line["format"] for line in found.provenance_rows()} == {"EP full text"}


def test_all_real_files_become_a_corpus(real_data: Path) -> None:
    found = made(real_data, "search", Choice())
    assert len(found.parts["corpus"]) >= 60
    assert found.left_out.dropped["cited document not in the corpus"] > 500
