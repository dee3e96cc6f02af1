"""What the USPTO published before XML version 4: green book, SGML of 2001, applications of 2001, CSS text."""

from __future__ import annotations

from typing import Any

import pytest

from wild_aieval.benchmarks.office.publication import Citation, Claim, Symbol

GREENBOOK = """PATN
WKU  041000019
SRC  5
APN  9000011
APT  1
APD  19761101
TTL  Plough with a share of .alpha.-iron
ISD  19780704
NCL  2
PRIR
CNT  DEX
APN  2600001
APD  19760105
PRIR
CNT  GB2
APN  123/75
APD  19751231
ASSG
NAM  Soil Works
CLAS
OCL  172 19
EDF  2
ICL  A01B  304
ICL  A01B 1506
ICL  G06F01730
UREF
PNO  3000002
ISD  19610900
NAM  Field
UREF
PNO  D0200003
ISD  19650101
FREF
PNO  1,000,004
ISD  19580117
CNT  DEX
OREF
PAL  A book.
ABST
PAL  A plough that turns
      soil at 90.degree..
BSUM
PAC  BACKGROUND
PAR  Soil is heavy.
DETD
PAR  The share 1 is of iron.
CLMS
STM  What I claim is:
NUM  1.
PAR  1. A plough with a
      share, comprising:
PA1  a beam, and
PA1  2.5 kg of iron.
NUM  2.
PAR  2. The plough of claim 1.
PATN
WKU  D02500047
APT  4
TTL  Plough
ISD  19780705
DCLM
PAR  The ornamental design for a plough.
"""


def test_the_green_book(reading: Any) -> None:
    (one, design), report = reading(GREENBOOK, "pftaps.txt")
    assert (one.id, one.date, one.application, one.filing_date) == (
        "US4100001A",
        "1978-07-04",
        "05900001",
        "1976-11-01",
    )
    assert one.priority == ("123/75", "1975-12-31")
    assert one.titles == {"en": "Plough with a share of α-iron"}
    assert one.abstracts == {"en": "A plough that turns soil at 90°."}
    assert one.descriptions == {"en": "BACKGROUND\nSoil is heavy.\nThe share 1 is of iron."}
    assert one.claims["en"] == (
        Claim("1", "A plough with a share, comprising:\na beam, and\n2.5 kg of iron."),
        Claim("2", "The plough of claim 1."),
    )
    assert one.symbols == (
        Symbol("IPC", "A01B 3/04", main=True, edition="2"),
        Symbol("IPC", "A01B 15/06", edition="2"),
        Symbol("IPC", "G06F 17/30", edition="2"),
    )
    assert one.citations == (
        Citation("US3000002"),
        Citation("USD200003", "1965-01-01"),
        Citation("DE1000004", "1958-01-17"),
    )
    assert one.applicants == ("Soil Works",)
    assert (design.id, design.claims["en"][0].text) == ("USD250004S", "The ornamental design for a plough.")
    assert report.total.taken == {"US green book": 2}
    assert [design.origin.offset] == [GREENBOOK.index("PATN\nWKU  D")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PATN\nTTL  No number\n", "no number"),
        (b"PATN\nWKU  041000019\0\n", "wrong encoding"),
    ],
)
def test_records_of_the_green_book_that_cannot_be_used(reading: Any, content: bytes, reason: str) -> None:
    found, report = reading(content, "x.txt")
    assert not found
    assert report.total.skipped.numbers == {reason: 1}


def test_a_record_of_the_green_book_that_is_cut_keeps_what_it_has(reading: Any) -> None:
    (one,), _ = reading(GREENBOOK[: GREENBOOK.index("ABST")], "x.txt")
    assert (one.id, one.abstracts, one.claims) == ("US4100001A", {}, {})


def test_a_line_of_ten_megabytes_in_the_green_book(reading: Any) -> None:
    (one, _), _ = reading(GREENBOOK.replace("Soil is heavy.", "heavy " * 1_700_000), "x.txt")
    assert len(one.descriptions["en"]) > 10_000_000


SGML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE PATDOC SYSTEM "ST32-US-Grant-025xml.dtd" [
<!ENTITY US06200001-20010313-D00000.TIF SYSTEM "US06200001-20010313-D00000.TIF" NDATA TIF>
]>
<PATDOC DTD="2.5" STATUS="Build 20010101"><SDOBI>
<B100><B110><DNUM><PDAT>06200001</PDAT></DNUM></B110><B130><PDAT>B1</PDAT></B130>
<B140><DATE><PDAT>20010313</PDAT></DATE></B140><B190><PDAT>US</PDAT></B190></B100>
<B200><B210><DNUM><PDAT>09200002</PDAT></DNUM></B210><B220><DATE><PDAT>19990102</PDAT></DATE></B220></B200>
<B300><B310><DNUM><PDAT>10-2</PDAT></DNUM></B310><B320><DATE><PDAT>19980203</PDAT></DATE></B320></B300>
<B300><B310><DNUM><PDAT>10-1</PDAT></DNUM></B310><B320><DATE><PDAT>19980102</PDAT></DATE></B320></B300>
<B500><B510><B511><PDAT>A01B  302</PDAT></B511><B512><PDAT>A01B 1500</PDAT></B512><B516><PDAT>7</PDAT></B516></B510>
<B540><STEXT><PDAT>Plough of &agr;-iron</PDAT></STEXT></B540>
<B560><B561><PCIT><DOC><DNUM><PDAT>5000003</PDAT></DNUM><DATE><PDAT>19910300</PDAT></DATE><KIND><PDAT>A</PDAT></KIND>
</DOC></PCIT><CITED-BY-EXAMINER/></B561>
<B561><PCIT><DOC><DNUM><PDAT>0 100 004</PDAT></DNUM><DATE><PDAT>19840215</PDAT></DATE><CTRY><PDAT>EP</PDAT></CTRY>
</DOC></PCIT><CITED-BY-OTHER/></B561><B562><NCIT><STEXT><PDAT>A book.</PDAT></STEXT></NCIT></B562></B560></B500>
<B700><B730><B731><PARTY-US><NAM><ONM><STEXT><PDAT>Soil Works</PDAT></STEXT></ONM></NAM>
<ADR><CITY><PDAT>Field</PDAT></CITY></ADR></PARTY-US></B731></B730></B700></SDOBI>
<SDOAB><BTEXT><PARA ID="P-00001"><PTEXT><PDAT>It turns &ldquo;soil&rdquo; by &Dgr;&phgr; &lt; 9&deg;.</PDAT></PTEXT>
</PARA></BTEXT></SDOAB>
<SDODE><BRFSUM><BTEXT><H LVL="1"><STEXT><PDAT>BACKGROUND</PDAT></STEXT></H>
<PARA ID="P-00002"><PTEXT><PDAT>Water is H</PDAT><HIL><SB><PDAT>2</PDAT></SB></HIL><PDAT>O. See</PDAT>
<CWU><MATH-US ID="M"><MATHML><math><mi>x</mi></math></MATHML><EMI ID="E"/></MATH-US></CWU></PTEXT></PARA></BTEXT>
</BRFSUM></SDODE>
<SDOCL><H LVL="1"><STEXT><PDAT>What is claimed is:</PDAT></STEXT></H><CL><CLM ID="CLM-00001">
<PARA ID="P-00003" LVL="0"><PTEXT><PDAT>1. A plough comprising:</PDAT></PTEXT></PARA>
<CLMSTEP LVL="2"><PTEXT><PDAT>a share.</PDAT></PTEXT></CLMSTEP></CLM><CLM ID="CLM-00002">
<PARA ID="P-00004"><PTEXT><PDAT>2. The plough of </PDAT><CLREF ID="CLM-00001"><PDAT>claim
1</PDAT></CLREF><PDAT>, painted.</PDAT></PTEXT></PARA></CLM></CL></SDOCL></PATDOC>"""


def test_sgml_grants(reading: Any) -> None:
    (one,), report = reading(SGML * 2, "pg010313.sgml")[0][:1], reading(SGML, "pg.sgml")[1]
    assert (one.id, one.date, one.application, one.filing_date) == (
        "US6200001B1",
        "2001-03-13",
        "09200002",
        "1999-01-02",
    )
    assert one.priority == ("10-1", "1998-01-02")
    assert one.titles == {"en": "Plough of α-iron"}
    assert one.abstracts == {"en": "It turns “soil” by Δφ < 9°."}
    assert one.descriptions == {"en": "BACKGROUND\nWater is H2O. See"}
    assert one.claims["en"] == (
        Claim("1", "A plough comprising:\na share."),
        Claim("2", "The plough of claim 1, painted."),
    )
    assert one.symbols == (Symbol("IPC", "A01B 3/02", main=True, edition="7"), Symbol("IPC", "A01B 15/00", edition="7"))
    assert one.citations == (
        Citation("US5000003A", phase="examination"),
        Citation("EP0100004", "1984-02-15", phase="other"),
    )
    assert one.applicants == ("Soil Works",)
    assert report.total.taken == {"US SGML v2 (ST.32)": 1}


def test_many_documents_in_one_file_and_one_that_is_cut(reading: Any) -> None:
    found, report = reading(SGML + SGML[:1500] + SGML.replace("06200001", "06200009"), "pg.sgml")
    assert [one.number for one in found] == ["6200001", "6200009"]
    assert report.total.skipped.numbers == {"truncated record": 1}


def test_an_entity_of_its_own_is_not_replaced(reading: Any) -> None:
    bad = SGML.replace("]>", '<!ENTITY own SYSTEM "file:///etc/hostname">]>').replace("&agr;", "&own;")
    found, report = reading(bad)
    assert not found
    assert report.total.skipped.numbers == {"entity of its own": 1}


def test_a_document_without_number(reading: Any) -> None:
    _, report = reading(SGML.replace("<PDAT>06200001</PDAT>", ""))
    assert report.total.skipped.numbers == {"no number": 1}


PAP = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE patent-application-publication SYSTEM "pap-v15-2001-01-31.dtd" [ ]>
<patent-application-publication><subdoc-bibliographic-information>
<document-id><doc-number>20020000001</doc-number><kind-code>A1</kind-code><document-date>20020103</document-date>
</document-id><domestic-filing-data><application-number><doc-number>09800001</doc-number></application-number>
<filing-date>20010305</filing-date></domestic-filing-data>
<foreign-priority-data><priority-application-number><doc-number>2000-1</doc-number></priority-application-number>
<filing-date>20000306</filing-date><country-code>JP</country-code></foreign-priority-data>
<technical-information><classification-ipc>
<classification-ipc-primary><ipc>A01B003/02</ipc></classification-ipc-primary>
<classification-ipc-secondary><ipc>G06F017/60</ipc></classification-ipc-secondary>
<classification-ipc-edition>07</classification-ipc-edition></classification-ipc>
<title-of-invention> Plough
 with a share </title-of-invention></technical-information>
<assignee><organization-name>Soil Works</organization-name></assignee></subdoc-bibliographic-information>
<subdoc-abstract><heading lvl="0">Abstract</heading><paragraph id="A-1"><number>1</number>It turns &lsqb;soil&rsqb;.
</paragraph></subdoc-abstract>
<subdoc-description><background-of-invention><heading lvl="0">BACKGROUND</heading>
<paragraph id="P-1"><number>&lsqb;0001&rsqb;</number> Soil is heavy.</paragraph></background-of-invention>
</subdoc-description>
<subdoc-claims><heading lvl="1">What is claimed is: </heading><claim id="CLM-00001"><claim-text>
<highlight><bold>1</bold></highlight>. A plough, comprising:
<claim-text>a share; and </claim-text><claim-text>a beam.</claim-text></claim-text>
</claim><claim id="CLM-00002"><claim-text><highlight><bold>2</bold></highlight>. The plough of
<dependent-claim-reference depends_on="CLM-00001"><claim-text>claim 1</claim-text></dependent-claim-reference>, painted.
</claim-text></claim></subdoc-claims></patent-application-publication>"""


def test_applications_of_2001(reading: Any) -> None:
    (one,), report = reading(PAP)
    assert (one.id, one.date, one.filing_date) == ("US20020000001A1", "2002-01-03", "2001-03-05")
    assert one.priority == ("2000-1", "2000-03-06")
    assert one.titles == {"en": "Plough with a share"}
    assert one.abstracts == {"en": "It turns [soil]."}
    assert one.descriptions == {"en": "BACKGROUND\nSoil is heavy."}
    assert one.claims["en"] == (
        Claim("1", "A plough, comprising:\na share; and\na beam."),
        Claim("2", "The plough of claim 1, painted."),
    )
    assert [symbol.symbol for symbol in one.symbols] == ["A01B 3/02", "G06F 17/60"]
    assert (one.symbols[0].main, one.symbols[0].edition, one.applicants) == (True, "7", ("Soil Works",))
    assert report.total.taken == {"US application XML v1": 1}


def test_an_application_without_number(reading: Any) -> None:
    _, report = reading(PAP.replace("<doc-number>20020000001</doc-number>", ""))
    assert report.total.skipped.numbers == {"no number": 1}


CSS = """09900001\tB2\t20180227\t14000001\t1000
Plough with a share
*** BRS DOCUMENT BOUNDARY ***
WKU 09900001
DID US 9900001 B2
GISD 20180227
AFD 20140102
APP 14/000001
PRCO KR
PRAN 10-2013-1
PRAD 20130103
IPCG 20060101 A A01B A01B3/02 F I B US H 20180227
CPOG A A01B A01B3/02 20130101 F I 20180227 US
CPOG Y Y02A Y02A40/10 20180101 L A 20180227 US
TTL Plough with a
      share
URPN 2003/0000002
URGP US 2003/0000002 A1 20030100 Field et al. 172/19 cited by examiner
URGP US 5000003 A 19910319 Field 172/19 cited by applicant
FRGP EP 1000004 A1 20000517 cited by other
FRGP JP 2010000005 20100107
AANM Soil Works
ABPR  It turns soil.
BSTX BACKGROUND
DETX  Soil is
      heavy.
CLST What is claimed is:
CLPR  1. A plough, comprising: a share.
CLPR  2. The plough of claim 1.
DSRC US
09900002\tB2\t20180227\t14000002\t1000
Harrow
*** BRS DOCUMENT BOUNDARY ***
TTL Harrow
"""


def test_css_text(reading: Any) -> None:
    (one,), report = reading(CSS, "css.txt")
    assert (one.id, one.date, one.application, one.filing_date) == (
        "US9900001B2",
        "2018-02-27",
        "14000001",
        "2014-01-02",
    )
    assert one.priority == ("10-2013-1", "2013-01-03")
    assert one.titles == {"en": "Plough with a share"}
    assert (one.abstracts["en"], one.descriptions["en"]) == ("It turns soil.", "BACKGROUND\nSoil is heavy.")
    assert one.claims["en"] == (Claim("1", "A plough, comprising: a share."), Claim("2", "The plough of claim 1."))
    assert one.symbols == (
        Symbol("IPC", "A01B 3/02", True, "I", "H", "2006.01", "US"),
        Symbol("CPC", "A01B 3/02", True, "I", "", "2013.01", "US"),
        Symbol("CPC", "Y02A 40/10", False, "N", "", "2018.01", "US"),
    )
    assert one.citations == (
        Citation("US20030000002A1", phase="examination"),
        Citation("US5000003A", "1991-03-19", phase="applicant"),
        Citation("EP1000004A1", "2000-05-17"),
        Citation("JP2010000005", "2010-01-07"),
    )
    assert report.total.skipped.numbers == {"no number": 1}


@pytest.mark.parametrize("text", [GREENBOOK, SGML, PAP, CSS], ids=["greenbook", "sgml", "pap", "css"])
def test_damage_leaves_records_out_with_a_reason(reading: Any, damaged: Any, text: str) -> None:
    for content in damaged(text):
        found, report = reading(content)
        total = report.total
        assert len(found) == sum(total.taken.values())
        assert found or total.skipped.numbers or total.left.numbers
        assert "unexpected content" not in total.skipped.numbers
