"""TMX, XLIFF and parallel lines as rows; what attacks a parser or is broken harms nothing and is named."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.faults import RowError, Tally
from wild_aieval.benchmarks.importer import import_benchmark
from wild_aieval.benchmarks.load import load
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.benchmarks.readers.lines import pattern, read_lines
from wild_aieval.benchmarks.readers.markup import Pair
from wild_aieval.benchmarks.readers.tmx import read_tmx
from wild_aieval.benchmarks.readers.xliff import read_xliff
from wild_aieval.errors import UserError

EN_FR = Pair("en", "fr")
TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="en" datatype="xml" segtype="sentence" adminlang="en" creationtool="x"
creationtoolversion="1" o-tmf="x"/><body>
<tu tuid="c-1"><prop type="x-document">EP1</prop>
<tuv xml:lang="EN-US"><seg>A <bpt i="1">&lt;b&gt;</bpt>plough<ept i="1">&lt;/b&gt;</ept>,<ph type="lb"/>with a
 <hi>share</hi><ph>&lt;fn/&gt;<sub>a note</sub></ph>.</seg></tuv>
<tuv xml:lang="fr"><seg>Une charrue &amp; un soc&#46;</seg></tuv><tuv xml:lang="de"><seg>Pflug</seg></tuv></tu>
<tu><tuv lang="fr_CA"><seg>Deux</seg></tuv><tuv lang="en"><seg>Two<!-- not text --></seg></tuv></tu>
</body></tmx>"""


def rows(reader: Any, path: Path, pair: Pair = EN_FR, **policy: Any) -> list[dict[str, Any]]:
    return [row.fields for row in reader(path, pair, **policy)]


def written(tmp_path: Path, text: str | bytes, name: str = "memory.tmx") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_units_of_tmx_are_rows(tmp_path: Path) -> None:
    found = list(read_tmx(written(tmp_path, TMX), EN_FR))
    assert [row.fields for row in found] == [
        {
            "id": "c-1",
            "prop:x-document": "EP1",
            "source": "A plough, with a share.",
            "target": "Une charrue & un soc.",
        },
        {"id": "2", "source": "Two", "target": "Deux"},
    ]
    assert [row.where.rpartition(", ")[2] for row in found] == ["unit 1", "unit 2"]


def test_the_exact_language_goes_before_a_wider_one(tmp_path: Path) -> None:
    unit = "".join(f'<tuv xml:lang="{tag}"><seg>{tag}</seg></tuv>' for tag in ("pt", "pt-PT", "pt-BR", "en-GB", "en"))
    path = written(tmp_path, f"<tmx version='1.4'><body><tu>{unit}</tu></body></tmx>")
    assert rows(read_tmx, path, Pair("en", "pt-BR"))[0] == {"id": "1", "source": "en", "target": "pt-BR"}
    assert rows(read_tmx, path, Pair("en-GB", "pt-AO"))[0] == {"id": "1", "source": "en-GB", "target": "pt"}


def test_a_unit_without_the_pair_is_a_fault_that_can_be_counted(tmp_path: Path) -> None:
    path = written(tmp_path, TMX)
    with pytest.raises(RowError, match=r"unit 2: the unit has no <tuv> in 'de' \(found: en, fr_CA\)"):
        rows(read_tmx, path, Pair("en", "de"))
    tally = Tally(tolerant=True)
    assert len(rows(read_tmx, path, Pair("en", "de"), faults=tally)) == 1
    assert tally.skipped == {"no segment in de": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-1", "utf-8-sig"])
def test_encodings_of_tmx(tmp_path: Path, encoding: str) -> None:
    text = TMX.replace("UTF-8", encoding.removesuffix("-sig").removesuffix("-le")).replace("Deux", "Déjà")
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    assert rows(read_tmx, written(tmp_path, mark + text.encode(encoding)))[1]["target"] == "Déjà"


BOMB = "<!DOCTYPE tmx [" + '<!ENTITY a0 "lol">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
)  # fmt: skip


@pytest.mark.parametrize(
    "doctype",
    [
        BOMB + "]>",
        '<!DOCTYPE tmx [<!ENTITY a11 SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE tmx [<!ENTITY a11 SYSTEM "http://127.0.0.1:9/x">]>',
        '<!DOCTYPE tmx [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p; <!ENTITY a11 "x">]>',
    ],
)
@pytest.mark.parametrize("reader", [read_tmx, read_xliff])
def test_entities_are_never_replaced(tmp_path: Path, reader: Any, doctype: str) -> None:
    body = '<tmx version="1.4"><body><tu><tuv xml:lang="en"><seg>&a11;</seg></tuv><tuv xml:lang="fr"><seg>x</seg></tuv>'
    body += "</tu></body></tmx>"
    if reader is read_xliff:
        doctype = doctype.replace("DOCTYPE tmx", "DOCTYPE xliff")
        body = '<xliff version="1.2"><file source-language="en" target-language="fr" original="x"><body>'
        body += "<trans-unit id='1'><source>&a11;</source><target>x</target></trans-unit></body></file></xliff>"
    start = time.monotonic()
    with pytest.raises(UserError, match=r"unit 1: the reference '&a11;' is not replaced|line 1: not well-formed XML"):
        rows(reader, written(tmp_path, doctype + body))
    assert time.monotonic() - start < 5


def test_a_bomb_in_an_attribute_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, f'{BOMB}]><tmx version="1.4"><body><tu tuid="&a11;"></tu></body></tmx>')
    with pytest.raises(UserError, match=r"memory\.tmx, line 1: not well-formed XML"):
        rows(read_tmx, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TMX[:-30], "not well-formed XML"),
        (TMX.encode().replace(b"Deux", b"D\xe9j\xe0"), "not well-formed XML"),
        ("<tmx>" * 100_000, "not well-formed XML"),
        ("<html><body/></html>", "the root of the file is <html>, expected <tmx>"),
        ("en\tfr\n", "not well-formed XML"),
        ("", "the file is empty"),
        ("<tmx><body><tu><tuv><seg>" + "x" * 12_000_000, "not well-formed XML"),
    ],
)
def test_broken_files_name_their_place(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(UserError, match=message) as fault:
        rows(read_tmx, written(tmp_path, text))
    assert "memory.tmx" in str(fault.value)
    assert len(str(fault.value)) < 1_000


def test_a_memory_on_one_long_line_is_streamed(tmp_path: Path) -> None:
    import tracemalloc

    unit = '<tu><tuv xml:lang="en"><seg>{0}</seg></tuv><tuv xml:lang="fr"><seg>{0}</seg></tuv></tu>'
    path = written(tmp_path, "<tmx><body>" + unit.format("word " * 200) * 6_000 + "</body></tmx>")
    assert path.stat().st_size > 10_000_000
    tracemalloc.start()
    assert sum(1 for _ in read_tmx(path, EN_FR)) == 6_000
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


XLIFF_1 = """<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="EP1" source-language="en-GB" target-language="fr" datatype="plaintext"><header/><body>
<group><trans-unit id="a" approved="yes"><source>A <g id="1">plough</g><x id="2" ctype="lb"/>turns</source>
<seg-source><mrk mtype="seg">no</mrk></seg-source>
<target state="final">Une <mrk mtype="term">charrue</mrk><ph id="3">{code}</ph></target>
<alt-trans><source>other</source><target>autre</target></alt-trans></trans-unit></group>
<trans-unit id="b"><source>New</source><target state="needs-translation">New</target></trans-unit>
<trans-unit id="c"><source>Untouched</source></trans-unit></body></file>
<file original="EP2" source-language="fr" target-language="en" datatype="plaintext"><body>
<trans-unit id="a"><source>Un</source><target>One</target></trans-unit>
<trans-unit id="d"><source>Zwei</source><target xml:lang="de">Zwei</target></trans-unit></body></file></xliff>"""
XLIFF_2 = """<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" trgLang="fr">
<file id="f1"><unit id="u1"><originalData><data id="d1">x</data></originalData>
<segment state="translated"><source>A <pc id="1">plough</pc><ph id="2" dataRef="d1"/><cp hex="000B"/>turns.</source>
<target>Une charrue.</target></segment><ignorable><source> </source></ignorable>
<segment><source>Two</source><target>Deux</target></segment></unit>
<group id="g"><unit id="u2"><segment state="initial"><source>New</source><target>New</target></segment></unit></group>
<unit id="u3"><segment><source>Three</source><target>Trois</target></segment></unit></file></xliff>"""


def test_units_of_xliff_1(tmp_path: Path) -> None:
    path = written(tmp_path, XLIFF_1, "m.xlf")
    tally = Tally(tolerant=True)
    found = rows(read_xliff, path, faults=tally)
    assert found == [
        {"id": "a", "document": "EP1", "source": "A plough turns", "target": "Une charrue", "state": "final"},
        {"id": "EP2/a", "document": "EP2", "source": "One", "target": "Un", "state": ""},
    ]
    assert tally.skipped == {"not translated": 2, "other languages": 1}


def test_segments_of_xliff_2(tmp_path: Path) -> None:
    tally = Tally(tolerant=True)
    found = rows(read_xliff, written(tmp_path, XLIFF_2, "m.xliff"), faults=tally)
    assert [(row["id"], row["source"], row["target"]) for row in found] == [
        ("u1/1", "A plough turns.", "Une charrue."),
        ("u1/2", "Two", "Deux"),
        ("u3", "Three", "Trois"),
    ]
    assert tally.skipped == {"not translated": 1}
    with pytest.raises(RowError, match="goes from 'en' to 'fr', expected 'en' and 'de'"):
        rows(read_xliff, tmp_path / "m.xliff", Pair("en", "de"))


def test_parallel_lines_with_facts(tmp_path: Path) -> None:
    written(tmp_path, b"\xef\xbb\xbfA plough\r\n\r\nTwo\n", "claims.de-en.en")
    written(tmp_path, "Ein Pflug\n\nZwei\x0b\u2028 Zeilen\n", "claims.de-en.de")
    written(tmp_path, "EP1\t7\n\nEP2\t\n", "claims.de-en.meta")
    found = list(read_lines(tmp_path / "claims.de-en.{language}", Pair("en", "de")))
    assert [row.fields for row in found] == [
        {"id": "1", "source": "A plough", "target": "Ein Pflug", "meta1": "EP1", "meta2": "7"},
        {"id": "3", "source": "Two", "target": "Zwei\x0b\u2028 Zeilen", "meta1": "EP2"},
    ]
    assert found[1].where == f"{tmp_path / 'claims.de-en.en'}, line 3"


def test_parallel_files_have_as_many_lines(tmp_path: Path) -> None:
    written(tmp_path, "a\nb\nc\n", "t.en")
    written(tmp_path, "a\nb\n", "t.fr")
    with pytest.raises(UserError, match=r"t\.fr: the file ends after line 2, while .*t\.en goes on"):
        rows(read_lines, tmp_path / "t.{language}")
    with pytest.raises(UserError, match=r"needs '\{language\}', such as"):
        rows(read_lines, tmp_path / "t.en")
    with pytest.raises(UserError, match=r"t\.de: there is no such file"):
        rows(read_lines, tmp_path / "t.{language}", Pair("en", "de"))


def test_a_line_in_another_encoding_is_a_fault_of_its_row(tmp_path: Path) -> None:
    written(tmp_path, b"a\nb\xe9\nc\n", "t.en")
    written(tmp_path, b"a\nb\nc\n", "t.fr")
    tally = Tally(tolerant=True)
    assert [row["id"] for row in rows(read_lines, tmp_path / "t.{language}", faults=tally)] == ["1", "3"]
    assert tally.skipped == {"not UTF-8": 1}
    with pytest.raises(RowError, match=r"t\.en, line 2: byte 2 \(0xe9\) is not UTF-8"):
        rows(read_lines, tmp_path / "t.{language}")


def test_a_line_of_ten_megabytes(tmp_path: Path) -> None:
    for language in ("en", "fr"):
        written(tmp_path, "x" * 10_000_000 + "\ny\n", f"t.{language}")
    assert [len(row["source"]) for row in rows(read_lines, tmp_path / "t.{language}")] == [10_000_000, 1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pattr.de-en.claims.en", "pattr.de-en.claims.{language}"),
        ("test-n1.en", "test-n1.{language}"),
        ("en.txt", "{language}.txt"),
        ("train_en.txt", "train_{language}.txt"),
        ("tokens.txt", ""),
        ("claims.fr", "claims.{language}"),
    ],
)
def test_the_name_of_one_file_tells_the_other(name: str, expected: str) -> None:
    assert pattern(name, ("en", "fr")) == expected


@pytest.mark.parametrize(
    ("name", "files", "count"),
    [
        ("m.tmx", {"m.tmx": TMX}, 2),
        ("m.xliff", {"m.xliff": XLIFF_2.replace('state="initial"', "")}, 4),
        ("m.en", {"m.en": "A plough\nTwo\n", "m.fr": "Une charrue\nDeux\n"}, 2),
    ],
)
def test_memories_are_imported_by_the_ending_of_their_name(
    tmp_path: Path, name: str, files: dict[str, str], count: int
) -> None:
    for file, text in files.items():
        written(tmp_path, text, file)
    about = {"source_language": "en", "target_language": "fr"}
    options = ImportOptions(tmp_path / name, "translation", "memory", tmp_path / "root", about=about)
    report = import_benchmark(options)
    assert report.taken == {"test": count}
    assert load(Entry("translation/memory", report.folder)).parts["test"][0]["source"].startswith("A plough")


def test_a_manifest_may_name_a_memory(make: Any) -> None:
    data = {"format": "tmx", "files": {"test": "m.tmx"}, "columns": {"test": {"cluster": "prop:x-document"}}}
    text = TMX.replace('xml:lang="fr"', 'xml:lang="es"').replace('lang="fr_CA"', 'lang="es"')
    entry = make("translation", files={"m.tmx": text}, data=data)
    assert load(entry).parts["test"][0]["cluster"] == "EP1"


def test_a_memory_is_no_benchmark_of_another_task(make: Any) -> None:
    entry = make("classification", data={"format": "tmx", "files": {"train": None, "test": "m.tmx"}})
    with pytest.raises(UserError, match="'tmx' is for translation, this is a classification benchmark"):
        load(entry)
