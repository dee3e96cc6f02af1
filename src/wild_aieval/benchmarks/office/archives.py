"""Files and what archives hold, as streams: zip, tar, gzip, bzip2, xz; one archive within another, no deeper.

Names in archives are never used as paths on this machine. Members are read, never unpacked beside the archive.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePosixPath
from typing import IO, cast

from wild_aieval.benchmarks.office.guarded import DAMAGE, Counted, Source, Unpacked
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import NoRecords, RecordError, Report, shown
from wild_aieval.benchmarks.office.window import CHUNK, Stream
from wild_aieval.tar_headers import BoundedHeader

DEPTH = 2
_SPOOLED = 32 << 20
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PACKED: dict[bytes, Callable[[IO[bytes]], Stream]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": lambda raw: bz2.BZ2File(raw),
    b"\xfd7zXZ\0": lambda raw: lzma.LZMAFile(raw),  # noqa: SIM115  closed with the file that it reads
}
_FOREIGN = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!": "rar"}
_SUFFIXES = """
.tif .tiff .jpg .jpeg .png .gif .bmp .pdf .dtd .xsd .xsl .xslt .ent .mod .css .htm .html .cdx .mol .nb .doc .docx .md5
.sha1 .sha256 .ds_store
"""
_ATTACHED = frozenset(_SUFFIXES.split())


def streams(
    file: IO[bytes] | Source, origin: Origin, report: Report, unpacked: Unpacked, depth: int = 0
) -> Iterator[tuple[Origin, Stream]]:
    """What ``file`` holds: itself, or the members of an archive.

    Raises:
        RecordError: where the archive cannot be read on; members before it have been given.
    """
    whole = None if isinstance(file, Source) else file
    source = file if isinstance(file, Source) else Source(file, origin, unpacked.limits)
    head = source.head
    packed = next((opened for magic, opened in _PACKED.items() if head.startswith(magic)), None)
    foreign = next((name for magic, name in _FOREIGN.items() if head.startswith(magic)), None)
    is_zip, is_tar = head.startswith(_ZIPS), head[257:262] == b"ustar"
    if (is_zip or is_tar or packed) and depth >= DEPTH:
        detail = "is an archive within an archive within an archive; unpack the outer one"
        raise RecordError(origin, "archives nested too deep", detail)
    if foreign:
        raise RecordError(
            origin, f"{foreign} archive", f"is a {foreign} archive; unpack it, or pack it as zip or tar.gz"
        )
    if is_zip:
        yield from _zip(whole, source, origin, report, unpacked, depth)
    elif is_tar:
        yield from _tar(source, origin, report, unpacked, depth)
    elif packed:
        yield from _unpack(packed, source, origin, report, unpacked, depth)
    else:
        yield origin, source


def _unpack(
    opened: Callable[[IO[bytes]], Stream],
    source: Source,
    origin: Origin,
    report: Report,
    unpacked: Unpacked,
    depth: int,
) -> Iterator[tuple[Origin, Stream]]:
    counted = Counted(source)
    inner = Source(opened(cast("IO[bytes]", counted)), origin, unpacked.limits, lambda: counted.count)
    is_tar = inner.head[257:262] == b"ustar"
    yield from streams(inner, origin, report, unpacked, depth if is_tar else depth + 1)


def _within(origin: Origin, name: str) -> Origin:
    return replace(origin, member=f"{origin.member}!{shown(name)}" if origin.member else shown(name))


def _refusal(name: str) -> str:
    """Why a member of this name is not looked at; '' where it is."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or name[1:2] == ":":
        return "name that leads outside the archive"
    return ""


def attached(name: str) -> bool:
    """Whether a file of this name is an image, a schema or the like, which holds no records."""
    path = PurePosixPath(name)
    return path.suffix.lower() in _ATTACHED or path.name.startswith("._") or path.name.lower() == ".ds_store"


def leave_attached(origin: Origin, report: Report) -> None:
    """Count a file that holds no records by its name."""
    report.leave(NoRecords(origin, "image, PDF, schema or the like", "holds no records by its name"))


def _wanted(origin: Origin, name: str, link: bool, report: Report) -> bool:
    reason = _refusal(name) or ("link or device in an archive" if link else "")
    if reason:
        report.skip(RecordError(origin, reason, f"{reason}; it was left out"))
    elif attached(name):
        leave_attached(origin, report)
    else:
        return True
    return False


def _nothing(origin: Origin, report: Report) -> None:
    report.leave(NoRecords(origin, "empty archive", "is an archive without files"))


def _zip(
    whole: IO[bytes] | None, source: Source, origin: Origin, report: Report, unpacked: Unpacked, depth: int
) -> Iterator[tuple[Origin, Stream]]:
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED) as copy:
        place = whole or _copied(source, copy, origin, unpacked)
        try:
            archive = zipfile.ZipFile(place)
        except DAMAGE as error:
            raise RecordError(origin, "damaged or locked archive", f"is not a complete zip archive: {error}") from None
        with archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if not infos:
                _nothing(origin, report)
            _apart(infos, origin)
            for info in infos:
                yield from _zip_member(archive, info, _within(origin, info.filename), report, unpacked, depth)


def _apart(infos: list[zipfile.ZipInfo], origin: Origin) -> None:
    """Members that share bytes multiply what an archive holds, and no program packs so."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    for one, other in pairwise(ordered):
        if one.header_offset + one.compress_size >= other.header_offset:
            detail = "has members that lie over each other, as in an archive made to fill a machine; pack it anew"
            raise RecordError(origin, "overlapping members", detail)


def _copied(source: Source, copy: IO[bytes], origin: Origin, unpacked: Unpacked) -> IO[bytes]:
    """An archive within an archive, copied, because a zip archive is read from its end."""
    while data := source.read(CHUNK):
        unpacked.room(origin, len(data))
        unpacked.members -= 1
        copy.write(data)
    copy.seek(0)
    return copy


def _zip_member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    origin: Origin,
    report: Report,
    unpacked: Unpacked,
    depth: int,
) -> Iterator[tuple[Origin, Stream]]:
    link = stat.S_ISLNK(info.external_attr >> 16)
    if not _wanted(origin, info.filename, link, report):
        return
    unpacked.room(origin, info.file_size)
    try:
        with archive.open(info) as member:
            source = Source(member, origin, unpacked.limits, lambda: info.compress_size)
            yield from streams(source, origin, report, unpacked, depth + 1)
    except RecordError as fault:
        report.skip(fault)
    except DAMAGE as error:
        report.skip(RecordError(origin, "damaged or locked archive", f"cannot be unpacked: {error}"))


def _tar(
    source: Source, origin: Origin, report: Report, unpacked: Unpacked, depth: int
) -> Iterator[tuple[Origin, Stream]]:
    empty = True
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|", tarinfo=BoundedHeader) as archive:
            for info in archive:
                archive.members = []  # type: ignore[attr-defined]  # a list of all members would grow without end
                if info.isdir():
                    continue
                empty = False
                yield from _tar_member(archive, info, _within(origin, info.name), report, unpacked, depth)
    except tarfile.TarError as error:
        raise RecordError(origin, "damaged or locked archive", f"is not a complete tar archive: {error}") from None
    if empty:
        _nothing(origin, report)


def _tar_member(
    archive: tarfile.TarFile,
    info: tarfile.TarInfo,
    origin: Origin,
    report: Report,
    unpacked: Unpacked,
    depth: int,
) -> Iterator[tuple[Origin, Stream]]:
    if not _wanted(origin, info.name, not info.isreg() or info.issparse(), report):
        return
    unpacked.room(origin, info.size)
    member = archive.extractfile(info)
    if member is None:
        return
    try:
        source = Source(member, origin, unpacked.limits)
        yield from streams(source, origin, report, unpacked, depth + 1)
    except RecordError as fault:
        report.skip(fault)
