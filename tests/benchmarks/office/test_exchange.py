"""DOCDB, OPS, MAREC, WIPO-alpha and the CPC master file."""

from __future__ import annotations

from typing import Any

import pytest

from wild_aieval.benchmarks.office.numbered import from_paragraphs, from_text
from wild_aieval.benchmarks.office.publication import Citation, Claim, Symbol
from wild_aieval.benchmarks.office.st8 import compact, ipc_record

DOCDB = """<exch:exchange-document country="WO" doc-number="2020000001" kind="A1" date-publ="20200102" family-id="77"
 status="A"><exch:bibliographic-data>
<exch:publication-reference data-format="docdb"><document-id lang="en"><country>WO</country>
<doc-number>2020000001</doc-number><kind>A1</kind><date>20200102</date></document-id></exch:publication-reference>
<exch:publication-reference data-format="original"><document-id><doc-number>2020/000001</doc-number></document-id>
</exch:publication-reference>
<exch:classifications-ipcr>
<classification-ipcr sequence="1"><text>A01B   3/02        20060101AFI20200102BHEP        </text></classification-ipcr>
<classification-ipcr sequence="2"><text>A01B  15/06        20060101A N20200102RMEP        </text></classification-ipcr>
<classification-ipcr sequence="3"><text>A01B  17/00        20060101ALI20200102DHEP        </text></classification-ipcr>
</exch:classifications-ipcr>
<exch:patent-classifications><patent-classification sequence="1">
<classification-scheme office="EP" scheme="CPCI"><date>20130101</date></classification-scheme>
<classification-symbol>A01B   3/02        </classification-symbol><symbol-position>F</symbol-position>
<classification-value>I</classification-value><classification-status>B</classification-status>
<classification-data-source>G</classification-data-source><generating-office>EP</generating-office>
</patent-classification><patent-classification sequence="2">
<classification-scheme office="EP" scheme="FTERM"/><classification-symbol>2B001AA01</classification-symbol>
</patent-classification><patent-classification sequence="3">
<classification-scheme office="US" scheme="CPCA"><date>20130101</date></classification-scheme>
<classification-symbol>Y02A  40/10</classification-symbol><classification-value>A</classification-value>
</patent-classification></exch:patent-classifications>
<exch:application-reference data-format="docdb"><document-id><country>IB</country><doc-number>2019050001</doc-number>
<kind>W</kind><date>20190607</date></document-id></exch:application-reference>
<exch:language-of-publication>en</exch:language-of-publication>
<exch:priority-claims><exch:priority-claim data-format="docdb"><document-id><country>PT</country>
<doc-number>2</doc-number><date>20180609</date></document-id></exch:priority-claim>
<exch:priority-claim data-format="docdb"><document-id><country>PT</country><doc-number>1</doc-number>
<date>20180608</date></document-id></exch:priority-claim></exch:priority-claims>
<exch:parties><exch:applicants><exch:applicant data-format="docdb"><exch:applicant-name><name>SOIL</name>
</exch:applicant-name></exch:applicant><exch:applicant data-format="docdba"><exch:applicant-name><name>Söil</name>
</exch:applicant-name></exch:applicant></exch:applicants></exch:parties>
<exch:invention-title lang="en" data-format="docdb">PLOUGH</exch:invention-title>
<exch:invention-title lang="fr" data-format="docdba">CHARRUE</exch:invention-title>
<exch:invention-title lang="fr" data-format="docdb">CHARRUE.</exch:invention-title>
<exch:references-cited><exch:citation cited-phase="ISR"><patcit num="1"><document-id><country>CN</country>
<doc-number>102000001</doc-number><kind>A</kind><date>20130206</date></document-id></patcit>
<rel-passage><category>X</category><rel-claims>1</rel-claims><category>Y</category></rel-passage><category>XY</category>
</exch:citation><exch:citation cited-phase="APP"><patcit num="2"><document-id><country>DE</country>
<doc-number>1</doc-number></document-id></patcit></exch:citation>
<exch:citation cited-phase="ISR"><nplcit num="1"><text>A book.</text></nplcit><category>X</category></exch:citation>
</exch:references-cited></exch:bibliographic-data>
<exch:abstract lang="en" data-format="docdba"><exch:p>It turns soil.</exch:p><exch:p>Twice.</exch:p></exch:abstract>
<exch:abstract lang="ol" data-format="original"><exch:p>untold</exch:p></exch:abstract>
<exch:abstract lang="fr" data-format="docdba"><exch:p>Elle tourne la t&eacute;rre.</exch:p></exch:abstract>
</exch:exchange-document>"""


def checked(one: Any) -> None:
    assert (one.id, one.date, one.language, one.family) == ("WO2020000001A1", "2020-01-02", "en", "77")
    assert (one.application, one.filing_date, one.priority) == ("IB2019050001", "2019-06-07", ("PT1", "2018-06-08"))
    assert one.titles == {"en": "PLOUGH", "fr": "CHARRUE"}
    assert one.abstracts == {"en": "It turns soil.\nTwice.", "fr": "Elle tourne la térre."}
    assert one.symbols == (
        Symbol("IPC", "A01B 3/02", True, "I", "H", "2006.01", "EP"),
        Symbol("IPC", "A01B 15/06", False, "N", "M", "2006.01", "EP"),
        Symbol("CPC", "A01B 3/02", True, "I", "G", "2013.01", "EP"),
        Symbol("CPC", "Y02A 40/10", False, "N", "", "2013.01", "US"),
    )
    assert one.citations == (
        Citation("CN102000001A", "2013-02-06", ("X", "Y"), "search"),
        Citation("DE1", phase="applicant"),
    )
    assert one.applicants == ("Söil",)


def test_docdb_alone_and_in_a_container(reading: Any) -> None:
    (one,), _ = reading(DOCDB)
    checked(one)
    container = f'<exch:exchange-documents xmlns:exch="http://www.epo.org/exchange">{DOCDB}{DOCDB}'
    found, report = reading(container + "</exch:exchange-documents>", "docdb.xml")
    checked(found[1])
    assert report.total.taken == {"DOCDB": 2}
    _, report = reading(container, "cut.xml")
    assert report.total.taken == {"DOCDB": 2}
    assert report.total.skipped.numbers == {"truncated container": 1}


def test_older_symbols_and_deletions_in_docdb(reading: Any) -> None:
    old = """<exchange-document country="AP" doc-number="1" kind="A"><bibliographic-data><classification-ipc>
    <edition>7</edition><main-classification> 7A 01B   3/02   A</main-classification>
    <further-classification>A01B15/06</further-classification></classification-ipc></bibliographic-data>
    </exchange-document>"""
    (one,), _ = reading(old)
    assert one.symbols == (Symbol("IPC", "A01B 3/02", main=True, edition="7"), Symbol("IPC", "A01B 15/06", edition="7"))
    found, report = reading('<exchange-document country="AP" doc-number="1" kind="A" status="D"/>')
    assert not found
    assert report.total.left.numbers == {"a deletion (DOCDB)": 1}
    _, report = reading('<exchange-document country="AP" kind="A"/>')
    assert report.total.skipped.numbers == {"no number": 1}


OPS = """<?xml version="1.0" encoding="UTF-8"?>
<ops:world-patent-data xmlns="http://www.epo.org/exchange" xmlns:ops="http://ops.epo.org">{}</ops:world-patent-data>"""


def test_ops_bibliographic_data(reading: Any) -> None:
    plain = DOCDB.replace("exch:", "")
    (one,), report = reading(OPS.format(f"<exchange-documents>{plain}</exchange-documents>"))
    checked(one)
    assert report.total.taken == {"OPS": 1}
    parts = """<patent-classification><classification-scheme office="" scheme="CPC"/><section>A</section>
    <class>01</class>
    <subclass>B</subclass><main-group>3</main-group><subgroup>02</subgroup>
    <classification-value>I</classification-value>
    <generating-office>US</generating-office></patent-classification>"""
    document = f"""<exchange-documents><exchange-document country="EP" doc-number="1" kind="A1"><bibliographic-data>
    <publication-reference><document-id document-id-type="epodoc"><doc-number>EP1</doc-number></document-id>
    <document-id document-id-type="docdb"><country>EP</country><doc-number>1</doc-number><date>20200102</date>
    </document-id></publication-reference><patent-classifications>{parts}</patent-classifications>
    <references-cited><citation cited-phase="search"><patcit><document-id document-id-type="epodoc">
    <doc-number>DE2</doc-number></document-id><document-id document-id-type="docdb"><country>DE</country>
    <doc-number>2</doc-number><kind>A</kind></document-id></patcit><category>A</category></citation></references-cited>
    </bibliographic-data></exchange-document></exchange-documents>"""
    (one,), _ = reading(OPS.format(document))
    assert (one.date, one.symbols) == ("2020-01-02", (Symbol("CPC", "A01B 3/02", value="I", office="US"),))
    assert one.citations == (Citation("DE2A", "", ("A",), "search"),)


FULL = """<fulltext-documents xmlns="http://www.epo.org/fulltext"><fulltext-document><bibliographic-data>
<publication-reference data-format="docdb"><document-id><country>EP</country><doc-number>1</doc-number><kind>A1</kind>
</document-id></publication-reference></bibliographic-data>{}</fulltext-document></fulltext-documents>"""


def test_ops_full_texts(reading: Any) -> None:
    claims = """<claims lang="EN"><claim><claim-text>Claims:</claim-text><claim-text>1. A plough comprising</claim-text>
    <claim-text>a share.</claim-text><claim-text>2 . The plough of claim 1.</claim-text></claim></claims>
    <claims lang="DE"><claim num="1"><claim-text>1. Pflug.</claim-text></claim><claim num="2"><claim-text>Der Pflug.
    </claim-text></claim></claims><description lang="EN"><p>Soil.</p><p>Heavy.</p></description>"""
    (one,), _ = reading(OPS.format(FULL.format(claims)))
    assert one.id == "EP1A1"
    assert one.claims == {
        "en": (Claim("1", "A plough comprising\na share."), Claim("2", "The plough of claim 1.")),
        "de": (Claim("1", "Pflug."), Claim("2", "Der Pflug.")),
    }
    assert one.descriptions == {"en": "Soil.\nHeavy."}


def test_ops_families_and_answers_without_documents(reading: Any) -> None:
    member = """<ops:patent-family><ops:family-member family-id="9"><publication-reference>
    <document-id document-id-type="docdb"><country>EP</country><doc-number>1</doc-number><kind>A1</kind>
    <date>20200102</date></document-id></publication-reference></ops:family-member></ops:patent-family>"""
    (one,), _ = reading(OPS.format(member))
    assert (one.id, one.family, one.date) == ("EP1A1", "9", "2020-01-02")
    for body, reason in (
        ("<ops:register-search/>", "an answer of the register (OPS)"),
        ("<ops:biblio-search/>", "a list of numbers (OPS search)"),
        ("", "an answer without documents (OPS)"),
    ):
        found, report = reading(OPS.format(body))
        assert not found
        assert report.total.left.numbers == {reason: 1}
    _, report = reading('<fault xmlns="http://ops.epo.org"><code>404</code></fault>')
    assert report.total.left.numbers == {"an error message of a service (OPS)": 1}


MAREC = """<?xml version="1.0" encoding="UTF-8"?>
<patent-document ucid="EP-1000001-A1" country="EP" doc-number="1000001" kind="A1" lang="EN" family-id="5" status="new"
 date-produced="20090516" date="20000517"><bibliographic-data>
<publication-reference ucid="EP-1000001-A1"><document-id format="original"><country>EP</country>
<doc-number>1000001</doc-number><kind>A1</kind><date>20000517</date></document-id></publication-reference>
<application-reference ucid="EP-99000001-A"><document-id format="epo"><country>EP</country>
<doc-number>99000001</doc-number><kind>A</kind><date>19991108</date></document-id></application-reference>
<priority-claims><priority-claim ucid="NL-1-A"><document-id format="epo"><country>NL</country><doc-number>1</doc-number>
<kind>A</kind><date>19981112</date></document-id></priority-claim></priority-claims>
<technical-data><classifications-ipcr>
<classification-ipcr status="new">A01B   3/02        20060101AFI20051008RHEP        </classification-ipcr>
</classifications-ipcr><invention-title lang="DE">Pflug</invention-title>
<invention-title lang="EN">Plough</invention-title><citations><patent-citations>
<patcit num="1" ucid="EP-0900002-A"><document-id format="epo"><country>EP</country>
<doc-number>0900002</doc-number><kind>A</kind><date>19990303</date></document-id>
<sources><source name="SEA" category="X"/></sources></patcit><patcit ucid="DE-3000003-A1"/></patent-citations>
</citations></technical-data><parties><applicants><applicant><addressbook>
<last-name>Soil Works</last-name></addressbook></applicant></applicants></parties></bibliographic-data>
<abstract lang="EN"><p>It turns soil.</p></abstract><description lang="EN"><p num="0001">Soil.</p></description>
<claims lang="EN"><claim num="1"><claim-text>A plough.</claim-text></claim><claim num="2"><claim-text>2. Painted.
</claim-text></claim></claims><claims lang="DE"><claim>1. Pflug.</claim></claims></patent-document>"""


def test_marec(reading: Any) -> None:
    (one,), report = reading(MAREC)
    assert (one.id, one.date, one.language, one.family) == ("EP1000001A1", "2000-05-17", "en", "5")
    assert (one.application, one.filing_date, one.priority) == ("EP99000001", "1999-11-08", ("NL1", "1998-11-12"))
    assert (one.titles, one.abstracts) == ({"de": "Pflug", "en": "Plough"}, {"en": "It turns soil."})
    assert one.claims == {"en": (Claim("1", "A plough."), Claim("2", "Painted.")), "de": (Claim("1", "Pflug."),)}
    assert one.symbols == (Symbol("IPC", "A01B 3/02", True, "I", "H", "2006.01", "EP"),)
    assert one.citations == (Citation("EP0900002A", "1999-03-03", ("X",), "search"), Citation("DE3000003A1"))
    assert one.applicants == ("Soil Works",)
    assert report.total.taken == {"MAREC (CLEF-IP)": 1}


ALPHA = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE record SYSTEM "ipctraining.dtd">
<record cy="WO" an="US0000001" pn="WO000000120000106" dnum="0000001" kind="A1">
<prs><pr prn="US19990106 60/000,001"/></prs>
<ipcs ed="7" mc="A01B00302"><ipc ic="A01B01506"></ipc></ipcs><pas><pa>Soil Works</pa></pas>
<tis><ti xml:lang="EN">PLOUGH
 </ti><ti xml:lang="FR">CHARRUE \xe9</ti></tis><abs><ab xml:lang="EN">It turns soil.</ab></abs>
<cls><cl xml:lang="EN">We claim:
1. A plough of 1.5 m
length.2. The plough of claim 1 with 3. no number.
 3. A harrow.</cl></cls><txts><txt xml:lang="EN">Soil is
heavy.</txt></txts></record>"""


def test_wipo_alpha(reading: Any) -> None:
    (one,), report = reading(ALPHA.encode("latin-1"))
    assert (one.id, one.date, one.language, one.priority) == (
        "WO0000001A1",
        "2000-01-06",
        "en",
        ("US60/000,001", "1999-01-06"),
    )
    assert one.titles == {"en": "PLOUGH", "fr": "CHARRUE é"}
    assert one.symbols == (Symbol("IPC", "A01B 3/02", main=True, edition="7"), Symbol("IPC", "A01B 15/06", edition="7"))
    assert one.claims["en"] == (
        Claim("1", "A plough of 1.5 m length."),
        Claim("2", "The plough of claim 1 with 3. no number."),
        Claim("3", "A harrow."),
    )
    assert report.total.taken == {"WIPO-alpha": 1}
    _, report = reading(ALPHA.replace('cy="WO"', "").encode("latin-1"))
    assert report.total.skipped.numbers == {"no number": 1}
    _, report = reading(ALPHA.replace("iso-8859-1", "utf-8").encode("latin-1"))
    assert report.total.skipped.numbers == {"wrong encoding": 1}


def test_the_cpc_master_file_has_symbols_and_no_texts(reading: Any) -> None:
    one = "<p:{0}><p:ClassificationVersionDate>2013-01-01</p:ClassificationVersionDate><p:CPCSection>A</p:CPCSection>"
    one += "<p:Class>01</p:Class><p:Subclass>B</p:Subclass><p:MainGroup>3</p:MainGroup><p:Subgroup>{1}</p:Subgroup>"
    one += "<c:SymbolPositionCode>{2}</c:SymbolPositionCode>"
    one += "<p:CPCClassificationValueCode>{3}</p:CPCClassificationValueCode></p:{0}>"
    content = f"""<u:CPCMasterClassificationFile xmlns:u="u" xmlns:p="p" xmlns:c="c"><u:CPCMasterClassificationRecord>
    <p:PatentGrantIdentification><c:IPOfficeCode>US</c:IPOfficeCode><p:PatentNumber>9900001</p:PatentNumber>
    <c:PatentDocumentKindCode>B2</c:PatentDocumentKindCode><p:GrantDate>2018-02-27</p:GrantDate>
    </p:PatentGrantIdentification><p:MainCPC>{one.format("CPCClassification", "02", "F", "I")}</p:MainCPC>
    <p:FurtherCPC>{one.format("CPCClassification", "04", "L", "A")}</p:FurtherCPC>
    </u:CPCMasterClassificationRecord></u:CPCMasterClassificationFile>"""
    (found,), report = reading(content)
    assert (found.id, found.date, found.titles) == ("US9900001B2", "2018-02-27", {})
    assert found.symbols == (
        Symbol("CPC", "A01B 3/02", True, "I", edition="2013.01"),
        Symbol("CPC", "A01B 3/04", False, "N", edition="2013.01"),
    )
    assert report.total.taken == {"US CPC master file": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A01B  302", "A01B 3/02"),
        ("A01B1506", ""),
        ("A01B01506", "A01B 15/06"),
        ("G06F 1760", "G06F 17/60"),
        ("G06F017/60", "G06F 17/60"),
        ("428 641", ""),
    ],
)
def test_symbols_in_columns(text: str, expected: str) -> None:
    assert compact(text) == expected


def test_symbol_records() -> None:
    assert ipc_record("A01B   3/02        20060101ALI20200102DHEP        ") is None
    assert ipc_record("A01B   3/02") == Symbol("IPC", "A01B 3/02")
    assert ipc_record("nothing") is None


def test_claims_of_numbered_texts() -> None:
    assert from_paragraphs([]) == ()
    assert from_paragraphs(["We claim", "a plough"]) == (Claim("1", "We claim\na plough"),)
    assert from_paragraphs(["1. One", "3. kept", "2) Two"]) == (Claim("1", "One\n3. kept"), Claim("2", "Two"))
    assert from_text("A plough.") == (Claim("1", "A plough."),)


@pytest.mark.parametrize("text", [DOCDB, MAREC, ALPHA], ids=["docdb", "marec", "alpha"])
def test_damage_leaves_records_out_with_a_reason(reading: Any, damaged: Any, text: str) -> None:
    for content in damaged(text):
        found, report = reading(content)
        total = report.total
        assert len(found) == sum(total.taken.values())
        assert found or total.skipped.numbers or total.left.numbers
        assert "unexpected content" not in total.skipped.numbers
