"""Files, folders, archives and weekly files: every good record, and each bad one by file and byte offset."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from wild_aieval.benchmarks.office.limits import Limits
from wild_aieval.benchmarks.office.read import read
from wild_aieval.benchmarks.office.report import RecordError, Report
from wild_aieval.benchmarks.office.sources import records
from wild_aieval.errors import UserError


def ids(found) -> list[str]:
    return [one.number for one in found]


def examples(report: Report) -> list[str]:
    return [text for one in report.as_dict()["total"]["skipped"] for text in one["examples"]]


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_a_folder_is_read_in_order_with_its_archives(reading, grant, tmp_path: Path) -> None:
    week = tmp_path / "week"
    (week / "b").mkdir(parents=True)
    (week / "b" / "2.xml").write_bytes(grant(2))
    (week / "a.zip").write_bytes(zipped({"in/1.xml": grant(1), "in/figure.tif": b"II*"}))
    (week / "c.xml.gz").write_bytes(gzip.compress(grant(3)))
    (week / "d.tar.gz").write_bytes(gzip.compress(tarred({"4.xml": grant(4), "5.xml": grant(5)})))
    (week / "e.tar.xz").write_bytes(lzma.compress(tarred({"6.xml": grant(6)})))
    (week / "f.bz2").write_bytes(bz2.compress(grant(7)))
    (week / "g.zip").write_bytes(zipped({"inner.zip": zipped({"8.xml": grant(8)})}))
    (week / "h.tar").write_bytes(tarred({"9.zip": zipped({"9.xml": grant(9)}), "10.xml.gz": gzip.compress(grant(10))}))
    found, report = reading(week)
    assert ids(found) == [str(number) for number in range(1, 11)]
    assert str(found[0].origin) == "a.zip!in/1.xml"
    assert str(found[7].origin) == "g.zip!inner.zip!8.xml"
    assert report.as_dict()["files"]["a.zip"]["without_records"] == [
        {
            "reason": "image, PDF, schema or the like",
            "count": 1,
            "examples": ["a.zip!in/figure.tif: holds no records by its name"],
        }
    ]


@pytest.mark.parametrize("separator", [b"\n", b"", b"\r\n \0"])
def test_a_weekly_file_gives_its_documents_with_offsets(reading, grant, separator: bytes) -> None:
    content = separator.join(grant(number) for number in range(1, 5))
    found, _ = reading(content)
    assert ids(found) == ["1", "2", "3", "4"]
    for one in found:
        assert content[one.origin.offset :].startswith(grant(int(one.number))[:200])


@pytest.mark.parametrize("cut", [30, 100, 300, 2000, 3300])
def test_a_truncated_record_is_named_and_the_others_are_kept(reading, grant, cut: int) -> None:
    first = grant(1) + b"\n"
    found, report = reading(first + grant(2)[:cut] + b"\n" + grant(3) + grant(4)[:2500])
    assert ids(found) == ["1", "3"]
    assert report.total.skipped.numbers.total() == 2
    assert sum(line.startswith(f"record.xml, byte {len(first):,}: ") for line in examples(report)) == 1


def test_documents_without_declarations_follow_each_other(reading, sample) -> None:
    text = sample("jp")
    cut = text[:900]
    found, report = reading(text + text.replace("2020000001", "2020000002") + cut + text)
    assert ids(found) == ["2020000001", "2020000002", "2020000001"]
    assert report.total.skipped.numbers["truncated record"] == 1


def test_a_bad_record_among_good_ones(reading, grant) -> None:
    bad = grant(2).replace(b"</abstract>", b"</abstrakt>")
    found, report = reading(grant(1) + bad + grant(3))
    assert ids(found) == ["1", "3"]
    assert f"record.xml, byte {len(grant(1)):,}: is not well-formed XML at line" in report.lines()[1]


def test_strict_reading_stops_at_the_first_fault(reading, grant) -> None:
    with pytest.raises(RecordError, match=r"record\.xml, byte .* truncated|has no end before"):
        reading(grant(1)[:2500] + grant(3), strict=True)


def test_text_between_documents_is_told(reading, grant) -> None:
    found, report = reading(grant(1) + b"\nREPEATED HEADER\n" + grant(2))
    assert ids(found) == ["1", "2"]
    assert report.total.skipped.numbers["text between documents"] == 1


def test_what_follows_such_text_needs_no_declaration(reading, sample) -> None:
    found, report = reading(sample("jp") + "HEADER\n" + sample("jp"))
    assert len(found) == 2
    assert report.total.skipped.numbers == {"text between documents": 1}


def test_marks_of_documents_in_comments_and_cdata_do_not_split(reading, sample) -> None:
    inner = "<!-- <?xml version='1.0'?> </us-patent-grant> --><![CDATA[<?xml x?></us-patent-grant>]]>"
    [found], _ = reading(sample("us").replace("A plough turns soil.", inner))
    assert found.abstracts == {"en": "<?xml x?></us-patent-grant>"}


def test_a_container_is_read_document_by_document(tmp_path: Path) -> None:
    one = '<exch:exchange-document country="XX" doc-number="{}" kind="A"><exch:t>é</exch:t></exch:exchange-document>'
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE x SYSTEM "x.dtd">\n'
    root = '<exch:exchange-documents xmlns:exch="http://www.epo.org/exchange" date="1">'
    text = f"{head}{root}\n" + "\n".join(one.format(number) for number in range(50)) + "</exch:exchange-documents>"
    place = tmp_path / "docdb.xml"
    content = text.encode("iso-8859-1")
    place.write_bytes(content)
    found = list(records(place, Report()))
    assert len(found) == 50
    for number, record in enumerate(found):
        assert content[record.origin.offset :].startswith(b'<exch:exchange-document country="XX"')
        assert b'xmlns:exch="http://www.epo.org/exchange"' in record.content
        assert f'doc-number="{number}"'.encode() in record.content
        assert record.content.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    report = Report()
    place.write_bytes(content[: content.rindex(b"<exch:exchange-document ") + 30])
    assert len(list(records(place, report))) == 49
    assert set(report.total.skipped.numbers) == {"truncated record", "truncated container"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (zipped({}), "empty archive"),
        (gzip.compress(b"", mtime=0), "empty file"),
        (b"%PDF-1.4\0\0", "binary file"),
        (b"just words", "not XML, and no text format known here"),
        (b"<html><body/></html>", "a web page"),
        (b"<unheard-of/>", "unknown format <unheard-of>"),
        (b"<Application-body/>", "a table of contents (ST.36 package); its records are in the files that it names"),
    ],
)
def test_what_holds_no_records_says_why(reading, content: bytes, reason: str) -> None:
    found, report = reading(content, "thing.bin")
    assert not found
    assert list(report.total.left.numbers) == [reason]
    assert not report.total.skipped.numbers
    assert len(report.lines()) == 1


def test_a_source_that_is_not_there() -> None:
    with pytest.raises(UserError, match="no such file or folder"):
        list(read(Path("/nowhere/at/all"), Report()))


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1", "windows-1252"])
def test_encodings(reading, sample, name: str) -> None:
    plain = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16"}.get(name, name)
    text = sample("us").replace('encoding="UTF-8"', f'encoding="{plain}"').replace("Soil Works", "Sôil")
    [found], _ = reading(text.encode(name))
    assert found.applicants[0] == "Sôil"


@pytest.mark.parametrize(
    ("declared", "reason"),
    [("UTF-8", "wrong encoding"), ("x-no-such", "unknown encoding"), ("hex", "unknown encoding")],
)
def test_wrong_encodings_are_named(reading, sample, declared: str, reason: str) -> None:
    text = sample("us").replace('encoding="UTF-8"', f'encoding="{declared}"').replace("Soil Works", "Sôil")
    found, report = reading(text.encode("iso-8859-1"))
    assert not found
    assert list(report.total.skipped.numbers) == [reason]


def test_a_line_of_ten_megabytes(reading, sample) -> None:
    [found], _ = reading(sample("us").replace("Soil is heavy", "soil " * 2_200_000).replace("\n", " "))
    assert len(found.descriptions["en"]) > 10_000_000


def test_memory_does_not_grow_with_the_file(grant, tmp_path: Path) -> None:
    one = grant(1).replace(b"Soil is heavy", b"soil " * 50_000)
    place = tmp_path / "week.xml"
    with place.open("wb") as file:
        for _ in range(200):
            file.write(one)
    assert place.stat().st_size > 50_000_000
    tracemalloc.start()
    count = sum(1 for _ in records(place, Report()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200
    assert peak < 16_000_000


def test_damaged_archives_are_named_and_what_came_before_is_kept(reading, grant) -> None:
    whole = zipped({"1.xml": grant(1), "2.xml": grant(2)})
    place = whole.index(b"2.xml") + 60
    found, report = reading(whole[:place] + b"\xff\xff\xff" + whole[place + 3 :], "week.zip")
    assert ids(found) == ["1"]
    week = b"".join(grant(number) + os.urandom(20_000).hex().encode() for number in range(1, 40))
    cut = gzip.compress(week)
    found, report = reading(cut[: len(cut) // 2], "week.gz")
    assert 17 <= len(found) <= 20
    assert report.total.skipped.numbers["damaged or locked archive"] == 1
    found, report = reading(whole[:place] + b"\xff\xff\xff" + whole[place + 3 :], "week.zip")
    assert list(report.total.skipped.numbers) == ["damaged or locked archive"]
    for content in (whole[:-30], gzip.compress(grant(1))[:-500], tarred({"1.xml": grant(1)})[:1500]):
        found, report = reading(content, "cut")
        assert report.total.skipped.numbers, content[:4]


def test_links_pipes_and_unreadable_files(reading, grant, tmp_path: Path) -> None:
    outside = tmp_path / "secret.xml"
    outside.write_bytes(grant(1))
    week = tmp_path / "week"
    week.mkdir()
    (week / "2.xml").write_bytes(grant(2))
    (week / "out.xml").symlink_to(outside)
    (week / "folder").symlink_to(tmp_path)
    (week / "gone.xml").symlink_to(tmp_path / "nothing")
    (week / "same.xml").symlink_to(week / "2.xml")
    (week / "round.xml").symlink_to(week / "round.xml")
    os.mkfifo(week / "pipe")
    found, report = reading(week)
    assert ids(found) == ["2"]
    assert report.total.skipped.numbers == {"link": 4, "not a regular file": 1}
    assert report.total.left.numbers == {"link within the folder": 1}
    assert "out.xml: is a link that leads out of the folder" in "\n".join(report.lines())


@pytest.mark.parametrize(
    "name", ["../../evil.xml", "/etc/evil.xml", "a/../../evil.xml", "C:\\evil.xml", "..\\evil.xml"]
)
def test_names_that_lead_outside_an_archive(reading, grant, name: str) -> None:
    for packed in (zipped, tarred):
        found, report = reading(packed({name: grant(1), "good.xml": grant(2)}), "week")
        assert ids(found) == ["2"]
        assert list(report.total.skipped.numbers) == ["name that leads outside the archive"]


def test_reports_print_no_control_characters_and_stay_short(reading, grant, tmp_path: Path) -> None:
    week = tmp_path / "week"
    week.mkdir()
    (week / "red\x1b[31m\nname.xml").write_bytes(b"<" + b"a" * 100_000 + b"/>")
    (week / os.fsdecode(b"\xff.xml")).write_bytes(b"<b/>")
    for number in range(100):
        (week / f"{number}.xml").write_bytes(f"<unknown{number}/>".encode())
    (week / "names.zip").write_bytes(zipped({"a\rb.xml": b"<c/>"}))
    _, report = reading(week)
    lines = report.lines()
    assert all(line.isprintable() and len(line) < 1200 for line in lines)
    assert json.loads(json.dumps(report.as_dict())) == report.as_dict()
    assert len(report.total.left.numbers) == 51


def test_a_folder_that_cannot_be_listed(reading, grant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    week = tmp_path / "week"
    (week / "closed").mkdir(parents=True)
    (week / "2.xml").write_bytes(grant(2))
    listed = Path.iterdir

    def refuse(self: Path) -> object:
        if self.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    found, report = reading(week)
    assert ids(found) == ["2"]
    assert report.lines()[-1] == "closed: cannot be read: Permission denied"


def test_links_in_archives_are_not_followed(reading, grant) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (("soft.xml", tarfile.SYMTYPE), ("hard.xml", tarfile.LNKTYPE), ("dev.xml", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    found, report = reading(buffer.getvalue(), "week.tar")
    assert (found, report.total.skipped.numbers) == ([], {"link or device in an archive": 3})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        link = zipfile.ZipInfo("soft.xml")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    _, report = reading(buffer.getvalue(), "week.zip")
    assert report.total.skipped.numbers == {"link or device in an archive": 1}


def test_archives_made_to_fill_a_machine(reading, grant) -> None:
    limits = Limits(ratio=20, ratio_from=1 << 20)
    bomb = b"<a>" + b" " * (64 << 20) + b"</a>"
    for content in (zipped({"1.xml": grant(1), "bomb.xml": bomb}), gzip.compress(bomb), bz2.compress(bomb)):
        _, report = reading(content, "bomb", limits)
        assert report.total.skipped.numbers["expands too much"] == 1
    inner = zipped({"bomb.xml": bomb})
    _, report = reading(zipped({"inner.zip": inner}), "bomb", limits)
    assert report.total.skipped.numbers["expands too much"] == 1


def test_limits_on_members_totals_depth_and_records(reading, grant) -> None:
    three = zipped({f"{number}.xml": grant(number) for number in (1, 2, 3)})
    for limits, reason in (
        (Limits(members=2), "too many members"),
        (Limits(archive=2 * len(grant(1)) + 10), "archive too large"),
    ):
        found, report = reading(three, "week.zip", limits)
        assert (ids(found), list(report.total.skipped.numbers)) == (["1", "2"], [reason])
    deep = zipped({"c.zip": zipped({"b.zip": zipped({"1.xml": grant(1)})}), "2.xml": grant(2)})
    found, report = reading(deep, "deep.zip")
    assert (ids(found), list(report.total.skipped.numbers)) == (["2"], ["archives nested too deep"])
    large = grant(2).replace(b"Soil is heavy", b"soil " * 1_000_000)
    found, report = reading(grant(1) + large + grant(3), limits=Limits(record=1 << 20))
    assert (ids(found), list(report.total.skipped.numbers)) == (["1", "3"], ["record too large"])


def test_a_locked_archive_is_told(reading, grant) -> None:
    content = bytearray(zipped({"1.xml": grant(1)}))
    for place in (6, content.index(b"PK\x01\x02") + 8):
        content[place] |= 1
    found, report = reading(bytes(content), "locked.zip")
    assert not found
    assert "encrypted" in report.lines()[0]


def test_the_report_of_many_files_stays_small(reading, tmp_path: Path) -> None:
    week = tmp_path / "week"
    week.mkdir()
    for number in range(1005):
        (week / f"{number:04}.xml").write_bytes(b"")
    _, report = reading(week)
    data = report.as_dict()
    assert (len(data["files"]), data["files_not_listed"]) == (1000, 5)
    assert data["total"]["without_records"][0]["count"] == 1005
    assert len(data["total"]["without_records"][0]["examples"]) == 3
