"""Looks for planted sentences in whatever files hold: encodings, escapes, compressed and packed content."""

from __future__ import annotations

import base64
import gzip
import html
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as parquet

_PACKED = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")


def found(roots: Iterable[Path], sentences: Iterable[str]) -> tuple[dict[str, set[str]], int]:
    """By sentence the names of the files that hold it; and how many files were looked at."""
    files = [file for root in roots for file in ([root] if root.is_file() else root.rglob("*")) if file.is_file()]
    wanted = list(sentences)
    where: dict[str, set[str]] = {sentence: set() for sentence in wanted}
    for file in files:
        for sentence in held(str(file).encode() + b"\n" + file.read_bytes(), wanted):
            where[sentence].add(file.name)
        for sentence in held(b"\n".join(_inside(file)), wanted):
            where[sentence].add(file.name)
    return where, len(files)


def held(content: bytes, sentences: Iterable[str]) -> set[str]:
    """Which of the sentences are in the content, in any form."""
    wanted = {sentence: _flat(sentence) for sentence in sentences}
    there: set[str] = set()
    for view in _views(content, 2):
        flat = _flat(view)
        there |= {sentence for sentence, form in wanted.items() if form in flat}
    return there


def _flat(text: str) -> str:
    """Without case, line breaks and the invisible breaks of pages."""
    return re.sub(r"[\s\u00ad\u200b]+|<wbr>", " ", text.casefold())


def _views(content: bytes, depth: int) -> Iterator[str]:
    texts = [content.decode("utf-8", "replace")]
    if b"\0" in content:
        texts += [content[start:].decode(code, "replace") for code in ("utf-16-le", "utf-16-be") for start in (0, 1)]
    for text in texts:
        yield text
        escapes = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
        escapes = re.sub(r"\\+[nrt]", " ", escapes)
        for form in (escapes, html.unescape(escapes), _unquoted(text)):
            if form != text:
                yield form
    if depth:
        for inner in [*_unpacked(content), *_decoded(texts[0])]:
            yield from _views(inner, depth - 1)


def _unquoted(text: str) -> str:
    """As urllib's ``unquote_plus``, which takes a minute for the megabytes of a binary file."""
    raw = text.replace("+", " ").encode("utf-8", "replace")
    return re.sub(rb"%([0-9a-fA-F]{2})", lambda found: bytes.fromhex(found[1].decode()), raw).decode("utf-8", "replace")


def _decoded(text: str) -> Iterator[bytes]:
    for match in _PACKED.finditer(text):
        word = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        with suppress(ValueError):
            yield base64.b64decode(word + "=" * (-len(word) % 4))


def _unpacked(content: bytes) -> Iterator[bytes]:
    with suppress(OSError, EOFError, zlib.error):
        yield gzip.decompress(content)
    with suppress(zlib.error):
        yield zlib.decompress(content)
    if content[:4] == b"PAR1":
        yield str(parquet.read_table(io.BytesIO(content)).to_pylist()).encode()
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield from (name.encode() + b"\n" + archive.read(name) for name in archive.namelist())


def _inside(file: Path) -> Iterator[bytes]:
    """Rows of a database, whose pages may cut a sentence."""
    if file.read_bytes()[:15] == b"SQLite format 3":
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            yield from (line.encode("utf-8", "replace") for line in database.iterdump())
    if file.read_bytes()[:4] == b"PAR1":
        yield str(parquet.read_table(file).to_pylist()).encode()
