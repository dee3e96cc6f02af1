"""Real files of offices: each gives publications or one line that says why not, and what is known of them agrees."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from wild_aieval.benchmarks.office.publication import Publication
from wild_aieval.benchmarks.office.read import read
from wild_aieval.benchmarks.office.report import Report
from wild_aieval.standards import ipc

pytestmark = pytest.mark.real_data
NUMBERED_TWICE = {"EP1921219A1"}  # prints the number 5 before two claims
LANGUAGES = ("en", "de", "fr")


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_file_gives_publications_or_one_line_why_not(real_data: Path) -> None:
    folder = real_data / "office_xml"
    report = Report(strict=True)
    found = list(read(folder, report))
    assert len(found) >= 70
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(report.files) == names
    without = {name for name, one in report.files.items() if not one.taken}
    assert without <= {
        "ops/error_404.xml",
        "st36/st36aexample__toc.xml",
        "st36/st36bexample__toc.xml",
        "st96/DesignApplication_Example.xml",
        "st96/GIApplication_Example.xml",
        "st96/TrademarkApplication_Example.xml",
        "uspto/cpcMaster__cpcMaster.xml",
        "uspto/xml4ip__sample_XML4IP.ZIP",
    }
    for name in without:
        assert sum(line.startswith(name) for line in report.lines()) == 1


def family(real_data: Path) -> list[Publication]:
    return [
        one
        for folder in ("ep_grant_and_application", "office_examples", "st36", "st96", "uspto")
        for one in read(real_data / "office_xml" / folder, Report(strict=True))
        if one.origin.format in ("EP full text", "ST.36", "ST.96", "CNIPA (ST.96-like)")
    ]


def test_publications_of_the_st36_family_are_whole(real_data: Path) -> None:
    found = family(real_data)
    assert len(found) >= 49
    for one in found:
        where = str(one.origin)
        assert one.office and one.number and one.kind and one.date and one.language, where
        assert one.application and one.filing_date and one.applicants, where
        assert one.language in one.titles, where
        assert one.symbols, where
        assert sum(symbol.main and symbol.scheme == "IPC" for symbol in one.symbols) == 1, where
        assert all(ipc.parse_symbol(symbol.symbol) == symbol.symbol for symbol in one.symbols), where
        for claims in one.claims.values():
            twice = len(claims) - len({claim.number for claim in claims})
            assert twice == (one.id in NUMBERED_TWICE), where
        if one.descriptions:
            assert len(one.descriptions[one.language]) > 1000 and one.claims[one.language], where


def test_european_grants_have_claims_in_three_languages(real_data: Path) -> None:
    grants = [one for one in family(real_data) if one.office == "EP" and one.kind.startswith("B")]
    assert len(grants) >= 16
    for one in grants:
        numbers = {language: [claim.number for claim in one.claims[language]] for language in LANGUAGES}
        assert numbers["en"] == numbers["de"] == numbers["fr"], str(one.origin)
        assert set(one.titles) >= set(LANGUAGES)


def test_the_search_report_of_an_application(real_data: Path) -> None:
    folder = real_data / "office_xml" / "ep_grant_and_application"
    [found] = read(folder / "application__v1-5-1-A1-3__c33f41c.xml", Report(strict=True))
    searched = {one.id: (one.categories, one.date) for one in found.citations if one.phase == "search"}
    assert searched["US2020068759A1"] == (("X",), "2020-02-27")
    assert searched["EP3096596B1"] == (("X",), "2020-03-25")


def test_claims_agree_with_the_aligned_set(real_data: Path) -> None:
    """The set joins the text of a fraction without its bar, and leaves out a number where the attribute is empty."""
    aligned: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in (real_data / "translation" / "ep_claims_en_de_fr.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        aligned[row["doc"]].append(row)
    compared, unequal = 0, []
    for one in read(real_data / "office_xml" / "ep_grant_and_application", Report(strict=True)):
        name = f"EP{one.application.partition('.')[0]}{one.kind}"
        rows = aligned.get(name, [])
        for place, row in enumerate(rows):
            number = row["claim_no"].lstrip("0") or str(place + 1)
            for language in LANGUAGES:
                [text] = [claim.text for claim in one.claims[language] if claim.number == number]
                compared += 1
                bare = (plain(text), plain(row[language]).removeprefix(f"{number}. "))
                bare = (bare[0].replace("D/10", "D10"), bare[1].replace("D/10", "D10"))
                if bare[0] != bare[1]:
                    unequal.append((name, number, language, *bare))
    assert compared >= 440
    assert unequal == []
