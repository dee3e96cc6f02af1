"""Whatever happens to a file on its way, reading ends with publications and reasons, never with a traceback."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Callable

import pytest

INSERTED = (
    b"<?xml version='1.0'?>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE a [",
    b"&x;",
    b"\0",
    b"\xff\xfe",
    b'"',
    b"<",
    b">",
    b"PATN\n",
    b"<us-patent-grant>",
    b"</us-patent-grant>",
)


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", content)
        archive.writestr("b.xml", content)
    return buffer.getvalue()


def tarred(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("a.xml")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed, lost, repeated, put in, or the end cut off."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(data))
        kind = chance.randrange(5)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place : place + chance.randint(1, 400)]
        elif kind == 2:
            data[place:place] = chance.choice(INSERTED)
        elif kind == 3:
            data = data[: place + 1]
        else:
            start = chance.randrange(len(data))
            data[place:place] = data[start : start + chance.randint(1, 3000)]
        data = data or bytearray(b" ")
    return bytes(data)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped, tarred], ids=["plain", "gzip", "zip", "tar"])
@pytest.mark.parametrize("seed", range(4))
def test_damaged_files(reading, sample, pack: Callable[[bytes], bytes], seed: int) -> None:
    chance = random.Random(seed)
    texts = [sample(name).encode() for name in ("us", "ep", "jp", "cn_old", "cn_new", "st96")]
    taken = 0
    for _ in range(40):
        week = b"".join(chance.choices(texts, k=3))
        found, report = reading(damaged(pack(week), chance))
        taken += len(found)
        assert report.total.taken.total() == len(found)
        assert len(found) >= 2 or report.lines()
    assert taken > (25 if pack in (bytes, tarred) else 3)
