"""US grants, EP full text, JPO gazettes, CNIPA documents and ST.96: one small document of each, field by field."""

from __future__ import annotations

from wild_aieval.benchmarks.office.publication import Citation, Claim, Symbol


def test_a_us_grant(reading, sample) -> None:
    [found], report = reading(sample("us"))
    assert (found.id, found.date, found.language) == ("US10000001B2", "2020-01-07", "en")
    assert (found.application, found.filing_date) == ("15000001", "2016-01-18")
    assert found.priority == ("DE1020151.3", "2015-01-01")
    assert found.titles == {"en": "Plough & share"}
    assert found.abstracts == {"en": "A plough turns soil."}
    assert found.descriptions == {"en": "BACKGROUND\nSoil is heavy, say H2O.\nAs in FIG. 1:\none\ntwo\na | b"}
    assert found.claims["en"] == (
        Claim("1", "A plough with\na share; and\na beam."),
        Claim("2", "The plough of claim 1 where a/b<1."),
    )
    assert found.symbols == (
        Symbol("IPC", "A01B 1/02", True, "I", "H", "2006.01", "US"),
        Symbol("CPC", "Y02A 40/10", False, "N", "", "2013.01"),
    )
    assert found.citations == (
        Citation("US123456A", "1998-08-20", (), "examination"),
        Citation("US20040226162A1", "", (), "applicant"),
    )
    assert found.applicants == ("Soil Works", "Field, Ann")
    assert report.as_dict()["total"] == {
        "taken": 1,
        "formats": {"ST.36": 1},
        "skipped": [],
        "without_records": [],
    }


def test_a_european_document(reading, sample) -> None:
    [found], _ = reading(sample("ep"))
    assert (found.id, found.date, found.language) == ("EP0900001A1", "2020-01-08", "de")
    assert (found.application, found.filing_date, found.priority) == (
        "19000001.2",
        "2019-01-02",
        ("US1800P", "2018-01-01"),
    )
    assert found.titles == {"de": "Spule", "en": "Coil"}
    assert found.claims == {"de": (Claim("1", "Spule."),), "en": (Claim("1", "A coil."),)}
    assert found.descriptions == {"de": "Die Spule ist gewickelt."}
    assert found.symbols == (
        Symbol("IPC", "H01F 27/14", True, "I", "H", "2006.01", "EP"),
        Symbol("IPC", "H01F 27/40", False, "N", "H", "2006.01", "EP"),
        Symbol("CPC", "B60W 2420/42", False, "N", "H", "2013.01", "EP"),
    )
    assert found.citations == (
        Citation("US2020068759A1", "2020-02-27", ("X", "P", "Y"), "search"),
        Citation("EP3109871A1"),
        Citation("JPH08246101A"),
        Citation("DE1000001A", "", (), "applicant"),
    )
    assert found.applicants == ("Coil Co.",)


def test_a_japanese_gazette(reading, sample) -> None:
    [found], _ = reading(sample("jp"))
    assert (found.id, found.language, found.titles) == ("JP2020000001A", "ja", {"ja": "すき"})
    assert found.claims == {"ja": (Claim("1", "すきであって、\n刃を有する。"),)}
    assert found.descriptions == {"ja": "土を\n返す。"}
    assert [(one.symbol, one.main) for one in found.symbols] == [("A01B 1/02", True), ("A01B 3/00", False)]
    assert found.applicants == ("土株式会社",)


def test_chinese_documents_old_and_new(reading, sample) -> None:
    [old], _ = reading(sample("cn_old"))
    assert (old.id, old.application, old.language) == ("CN100000001A", "201310000001.X", "zh")
    assert old.claims == {"zh": (Claim("1", "一种犁，该犁有刃。"),)}
    assert old.descriptions == {"zh": "翻土。"}
    assert old.symbols == (
        Symbol("IPC", "A01B 1/02", True, edition="2006.01"),
        Symbol("IPC", "A01B 3/00", edition="2006.01"),
    )
    [new], report = reading(sample("cn_new"))
    assert (new.id, new.filing_date, new.priority) == ("CN110000001A", "2019-01-01", ("KR10-2018-1", "2018-01-01"))
    assert new.claims == {"zh": (Claim("1", "一种犁：\n刃。"),)}
    assert new.symbols == (Symbol("IPC", "A01B 1/02", True, "", "H", "2006.01"),)
    assert new.applicants == ("土公司",)
    assert list(report.total.taken) == ["CNIPA (ST.96-like)"]


def test_an_st96_publication(reading, sample) -> None:
    [found], _ = reading(sample("st96"))
    assert (found.id, found.date, found.application) == ("US10000001B2", "2018-06-19", "15000001")
    assert found.titles == {"en": "Plough", "fr": "Charrue"}
    assert found.claims == {"en": (Claim("1", "A plough with\na share."),)}
    assert found.descriptions == {"en": "FIELD\nSoil."}
    assert found.symbols == (Symbol("IPC", "A01B 1/02", True, "I", "H", "2006.01", "US"),)
    assert found.citations == (Citation("EP0900001A1", "", (), "examination"),)


def test_st96_in_another_namespace_is_told(reading, sample) -> None:
    found, report = reading(sample("st96").replace("ST96/Patent", "ST96/Patents"))
    assert not found
    assert "is in the namespace 'http://www.wipo.int/standards/XMLSchema/ST96/Patents'" in report.lines()[0]


def test_other_vocabularies_of_st36_are_read_by_their_ending(reading, sample) -> None:
    text = sample("us").replace("us-patent-grant", "xx-patent-document").replace("us-bib", "bib")
    [found], report = reading(text.replace("-grant>", ">"))
    assert found.id == "US10000001B2"
    assert list(report.total.taken) == ["ST.36"]


def test_a_document_without_number_names_the_field(reading, sample) -> None:
    found, report = reading(sample("us").replace("<doc-number>10000001</doc-number>", ""))
    assert not found
    assert "publication-reference/document-id/doc-number" in report.lines()[0]
