"""Archives, XML and workbooks made to fill a machine, to lead elsewhere or to run: what other tests do not try yet."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import json
import struct
import tarfile
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.readers.markup import Pair
from wild_aieval.benchmarks.readers.retrieval import read_beir_qrels, read_trec_qrels
from wild_aieval.benchmarks.readers.tmx import read_tmx
from wild_aieval.benchmarks.readers.workbook import read_xlsx
from wild_aieval.benchmarks.readers.xliff import read_xliff
from wild_aieval.cli import main
from wild_aieval.errors import UserError

_spec = importlib.util.spec_from_file_location(
    "office_fixtures", Path(__file__).resolve().parents[1] / "benchmarks/office/conftest.py"
)
assert _spec and _spec.loader
_office = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_office)
reading, sample, grant = _office.reading, _office.sample, _office.grant
MIB = 1 << 20


def overlapping(content: bytes, count: int) -> bytes:
    """A zip archive whose ``count`` members are all the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("0.xml", content)
    one = buffer.getvalue()
    start = one.index(b"PK\x01\x02")
    entry = one[start : one.index(b"PK\x05\x06")]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, start, 0)
    return one[:start] + entry * count + end


def test_members_over_each_other(reading: Any, grant: Any) -> None:
    for content in (overlapping(b"<a>" + b" " * 10 * MIB + b"</a>", 5000), overlapping(grant(1), 2)):
        begun = time.perf_counter()
        found, report = reading(content, "week.zip")
        assert (found, list(report.total.skipped.numbers)) == ([], ["overlapping members"])
        assert time.perf_counter() - begun < 2


NAMES = ("a\0b.xml", "x" * 60_000 + ".xml", "\u202egpj.xml", "\x1b]0;owned\x07.xml", "con.xml", "a/./b.xml", " .xml")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_in_archives_are_only_shown(reading: Any, grant: Any, name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(zipfile.ZipInfo(name), b"<unheard-of/>")
        packed.writestr("2.xml", grant(2))
    found, report = reading(buffer.getvalue(), "week.zip")
    assert len(found) == 1
    assert all(line.isprintable() and len(line) < 1200 for line in report.lines())


def test_names_in_no_encoding(reading: Any, grant: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("aaaa.xml", b"<unheard-of/>")
        packed.writestr("2.xml", grant(2))
    for raw in (b"\xff\xfe\x80\x81", b"\x1b[2J", b"../."):
        found, report = reading(buffer.getvalue().replace(b"aaaa", raw), "week.zip")
        assert len(found) == 1 and all(line.isprintable() for line in report.lines())
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            info = tarfile.TarInfo("aaaa.xml")
            archive.addfile(info, io.BytesIO())
        changed = tar.getvalue().replace(b"aaaa", raw)
        _, report = reading(changed, "week.tar")
        assert all(line.isprintable() for line in report.lines())


def test_a_hundred_thousand_empty_members(reading: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for number in range(20_000):
            packed.writestr(zipfile.ZipInfo(f"{number}.xml"), b"")
    found, report = reading(buffer.getvalue(), "week.zip")
    assert not found and len(report.lines()) < 1100


def header(kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


HEADERS = {
    "long name": header(tarfile.GNUTYPE_LONGNAME, 512 * MIB),
    "long link": header(tarfile.GNUTYPE_LONGLINK, 512 * MIB),
    "PAX": header(tarfile.XHDTYPE, 512 * MIB),
    "PAX for all": header(tarfile.XGLTYPE, 512 * MIB),
    "sparse": header(tarfile.GNUTYPE_SPARSE, 512 * MIB),
    "pipe": header(tarfile.FIFOTYPE, 0),
}


def stuffed(head: bytes) -> bytes:
    """A tar archive of that header and half a gigabyte of ``x``, packed so that no limit on ratios is met."""
    part = gzip.compress(b"x" * (8 * MIB), 9, mtime=0)
    return gzip.compress(head, mtime=0) + part * 64


@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_tar_that_would_be_read_into_memory(reading: Any, tmp_path: Path, name: str) -> None:
    packed = HEADERS[name] + bytes(20 * MIB)
    tracemalloc.start()
    try:
        found, report = reading(packed, "week.tar")
        (tmp_path / "a.tar.gz").write_bytes(stuffed(HEADERS[name]))
        assert main(["runs", "restore", str(tmp_path / "a.tar.gz"), "--root", str(tmp_path / "runs")]) == 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not found and report.total.skipped.numbers and peak < 120 * MIB


def manifest(files: list[dict[str, Any]]) -> bytes:
    return json.dumps({"schema_version": 1, "run": "r", "confidentiality": "open", "files": files}).encode()


def entry(path: str, size: int = 1) -> dict[str, Any]:
    return {"path": path, "size": size, "mode": 0o644, "sha256": hashlib.sha256(b"x").hexdigest()}


MEMBERS: dict[str, tuple[list[dict[str, Any]], bytes, str]] = {
    "hard link": ([entry("a", 0)], header(tarfile.LNKTYPE, 0), "not what the manifest names"),
    "device": ([entry("x", 0)], header(tarfile.BLKTYPE, 0), "not what the manifest names"),
    "a disk full of nothing": ([entry("a", 10**15)], b"", "may have been made to fill a disk"),
    "sizes that cancel out": ([entry("a", 10**15), entry("b", -(10**15))], b"", "made to fill a disk"),
    "sizes of letters": ([entry("a") | {"size": "x"}], b"", "no whole archive"),
    "a name of a drive": ([entry("C:\\evil")], b"", "leads out of the folder"),
    "a name without end": ([entry("a/" * 5000 + "b")], b"", ""),
    "a name of control characters": ([entry("\x1b]0;owned\x07")], b"", "is missing"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_archives_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    files, member, words = MEMBERS[name]
    content = manifest(files)
    info = tarfile.TarInfo("MANIFEST.json")
    info.size = len(content)
    padded = content + bytes(-len(content) % 512)
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(info.tobuf() + padded + member + bytes(1024)))
    assert main(["runs", "restore", str(tmp_path / "a.tar.gz"), "--root", str(tmp_path / "runs")]) == 1
    said = capsys.readouterr().err
    assert words in said and "unexpected" not in said and "\x1b]" not in said and len(said) < 1500
    assert not list((tmp_path / "runs").iterdir())


def test_a_gzip_bomb_is_no_archive_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(bytes(16 * MIB), mtime=0) * 64)
    begun = time.perf_counter()
    assert main(["runs", "restore", str(tmp_path / "a.tar.gz"), "--root", str(tmp_path / "runs")]) == 1
    assert "does not begin with MANIFEST.json" in capsys.readouterr().err and time.perf_counter() - begun < 5


ENCODINGS = ("utf-7", "U7", "punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "rot13", "zlib")


@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings_that_no_document_has(reading: Any, name: str) -> None:
    text = "+ADw-script+AD4-" + "a-" * 200_000 + "\\x3cscript\\x3e"
    begun = time.perf_counter()
    found, report = reading(f'<?xml version="1.0" encoding="{name}"?><us-patent-grant>{text}</us-patent-grant>')
    assert (found, list(report.total.skipped.numbers)) == ([], ["unknown encoding"])
    assert time.perf_counter() - begun < 2


def test_utf_16_without_a_mark(reading: Any, sample: Any) -> None:
    text = sample("us").replace('encoding="UTF-8"', 'encoding="UTF-16"')
    for name in ("utf-16-le", "utf-16-be"):
        [found], _ = reading(text.encode(name))
        assert found.applicants[0] == "Soil Works"
        declared = '<!DOCTYPE us-patent-grant [<!ENTITY x SYSTEM "file:///etc/hostname">]><us-patent-grant'
        hostile = text[: text.index("?>") + 2] + declared + text.partition("<us-patent-grant")[2]
        found, report = reading(hostile.replace("Soil Works", "&x;").encode(name))
        assert not found and report.total.skipped.numbers


DOCTYPE = '<!DOCTYPE {root} [<!ENTITY a "lol"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
ST96 = (
    '<pat:PatentPublication xmlns:pat="http://www.wipo.int/standards/XMLSchema/ST96/Patent" '
    'xmlns:xi="http://www.w3.org/2001/XInclude">{body}</pat:PatentPublication>'
)
BODIES = {
    "entities": "&b;",
    "a file": "&f;",
    "attributes": "<pat:A " + " ".join(f'a{n}="{n}"' for n in range(100_000)) + "/>",
    "one attribute": '<pat:A a="' + "a" * 8 * MIB + '"/>',
    "namespaces": "<pat:A " + " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(20_000)) + "/>",
    "depth": "<pat:A>" * 50_000 + "</pat:A>" * 50_000,
    "an inclusion": '<xi:include href="file:///etc/hostname" parse="text"/>',
    "instructions": '<?xml-stylesheet href="http://127.0.0.1:1/x.xsl"?><?php system("x") ?>' * 1000,
}


@pytest.mark.parametrize("name", BODIES)
def test_documents_of_offices(reading: Any, name: str) -> None:
    host, begun = Path("/etc/hostname"), time.perf_counter()
    secret = host.read_text(encoding="utf-8").strip() if host.is_file() else "no such text"
    text = DOCTYPE.format(root="pat:PatentPublication") + ST96.format(body=BODIES[name])
    found, report = reading(text)
    assert secret not in repr(found) and "lollol" not in repr(found)
    assert all(len(line) < 1200 for line in report.lines())
    assert time.perf_counter() - begun < 8


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("reader", [read_tmx, read_xliff])
def test_memories(tmp_path: Path, reader: Any, name: str) -> None:
    host, begun = Path("/etc/hostname"), time.perf_counter()
    secret = host.read_text(encoding="utf-8").strip() if host.is_file() else "no such text"
    body = BODIES[name].replace("pat:", "")
    tmx = f'<tuv xml:lang="en"><seg>a {body}</seg></tuv><tuv xml:lang="es"><seg>b</seg></tuv>'
    xliff = f"<trans-unit id='1'><source>a {body}</source><target>b</target></trans-unit>"
    root, inner = {
        read_tmx: ("tmx", f'<tmx version="1.4"><header srclang="en"/><body><tu>{tmx}</tu></body></tmx>'),
        read_xliff: (
            "xliff",
            f'<xliff version="1.2"><file source-language="en" target-language="es"><body>{xliff}</body></file></xliff>',
        ),
    }[reader]
    inner = inner.replace("<body>", '<body xmlns:xi="http://www.w3.org/2001/XInclude">', 1)
    file = tmp_path / "memory.xml"
    file.write_text(DOCTYPE.format(root=root) + inner, encoding="utf-8")
    try:
        rows = list(reader(file, Pair("en", "es")))
    except UserError as error:
        rows, said = [], str(error)
        assert "memory.xml" in said and secret not in said and len(said) < 1500
    assert secret not in repr(rows) and "lollol" not in repr(rows)
    assert time.perf_counter() - begun < 8


def test_a_workbook_with_links_macros_and_objects(tmp_path: Path, canary: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["id", "text"])
    book.active.append(["1", "soil"])
    book.save(tmp_path / "plain.xlsx")
    link = (
        '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><externalBook '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></externalLink>'
    )
    away = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
        'Target="http://127.0.0.1:1/x.xlsx" TargetMode="External"/></Relationships>'
    )
    parts = {
        "xl/externalLinks/externalLink1.xml": link,
        "xl/externalLinks/_rels/externalLink1.xml.rels": away,
        "xl/vbaProject.bin": f"Shell touch {canary}",
        "xl/embeddings/oleObject1.bin": "MZ",
        "../../evil.xml": "<a/>",
        "xl/worksheets/_rels/sheet1.xml.rels": away,
    }
    with zipfile.ZipFile(tmp_path / "plain.xlsx", "a") as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    (row,) = read_xlsx(tmp_path / "plain.xlsx")
    assert row.fields == {"id": "1", "text": "soil"} and not (tmp_path.parent / "evil.xml").exists()


LINES: dict[str, tuple[bytes, int]] = {
    "one word": (b"x" * 20 * MIB + b"\n", 0),
    "words": (b"q 0 d 1 " + b"x " * 10 * MIB + b"\nq 0 e 1\n", 2),
    "an id": (b"q" * 8 * MIB + b" 0 d 1\n", 1),
    "zeros": (bytes(20 * MIB), 0),
    "no end of a line": (b"q 0 d 1", 1),
}


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("name", LINES)
def test_judgements_of_megabytes(tmp_path: Path, name: str) -> None:
    content, good = LINES[name]
    file, begun = tmp_path / "qrels.txt", time.perf_counter()
    file.write_bytes(content)
    for reader, text in ((read_trec_qrels, content), (read_beir_qrels, content.replace(b" ", b"\t"))):
        file.write_bytes(text)
        try:
            rows = list(reader(file))
        except UserError as error:
            rows = []
            assert "qrels.txt" in str(error) and len(str(error)) < 3000
        assert len(rows) == (good if reader is read_trec_qrels else 0)
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize("beside", [{}, {"test.jsonl": '{"id": "1", "text": "soil", "main": "A01B"}\n'}])
def test_a_loading_script_of_a_data_set_is_never_run(
    tmp_path: Path,
    canary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    beside: dict[str, str],
) -> None:
    monkeypatch.setenv("WILD_AIEVAL_HUB_COPIES", str(tmp_path / "copies"))
    folder = tmp_path / "copies" / "office" / "pumps"
    folder.mkdir(parents=True)
    code = f"open({str(canary)!r}, 'w')\n"
    for name, content in {"pumps.py": code, "dataset.py": code, "__init__.py": code, **beside}.items():
        (folder / name).write_text(content, encoding="utf-8")
    card = "---\nconfigs:\n- config_name: default\n  data_files: test.jsonl\n---\n" if beside else "x"
    (folder / "README.md").write_text(card, encoding="utf-8")
    words = ["--task", "classification", "--name", "pumps", "--to", str(tmp_path / "to"), "--split", "test=test"]
    code_of_exit = main(["benchmark", "import", "hub:office/pumps", *words, "--column", "symbols=main"])
    said = capsys.readouterr().err
    assert not canary.exists() and "unexpected" not in said and "Traceback" not in said
    assert code_of_exit == 1 or beside
