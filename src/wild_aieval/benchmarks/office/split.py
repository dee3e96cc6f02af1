"""A stream of documents, one after the other or within one container, as complete documents with their byte offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from wild_aieval.benchmarks.office.limits import LIMITS, Limits
from wild_aieval.benchmarks.office.prolog import BOM, ENCODING, PROLOG, ROOT, START_TAG, local_name
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import NoRecords, RecordError, Report
from wild_aieval.benchmarks.office.window import Stream, Window


@dataclass(frozen=True, slots=True)
class Record:
    """One complete document. ``text``: name of its text format; '' for XML and SGML."""

    origin: Origin
    content: bytes
    text: str = ""


@dataclass(frozen=True, slots=True)
class TextFormat:
    """A format of plain text: what its first bytes look like, and how each record starts."""

    name: str
    looks: re.Pattern[bytes]
    start: re.Pattern[bytes]


CONTAINERS = {"exchange-documents": "exchange-document"}
TEXTS = (
    TextFormat("greenbook", re.compile(rb"(?:[^\n]*\n){0,2}PATN\s"), re.compile(rb"^PATN[ \t]*\r?$", re.MULTILINE)),
    TextFormat(
        "css_brs",
        re.compile(rb"(?s:.{0,4000})^\*\*\* BRS DOCUMENT BOUNDARY", re.MULTILINE),
        re.compile(rb"^\*\*\* BRS DOCUMENT BOUNDARY", re.MULTILINE),
    ),
)
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_LEADING = re.compile(rb"(?:[\s\0]|" + BOM + rb")*+")
_NEXT = re.compile(rb"<(?:\?xml|!DOCTYPE)\s")
_DECLARED = re.compile(rb"<\?xml\s")
_DOCUMENT = rb"-(?:document|gazette|publication|grant|application)|PATDOC"
_NEVER_NESTED = re.compile(rb".*(?:" + _DOCUMENT + rb")$")
_MARKUP = re.compile(rb"<(?:\?xml|!DOCTYPE)\s|<[\w.:\-]{0,60}(?:" + _DOCUMENT + rb")[\s>]")
_NAMESPACE = re.compile(rb"""\sxmlns(?::[\w.\-]+)?\s*=\s*(?:"[^"]*"|'[^']*')""")
_PROLOG_BYTES = 16 << 20
_TAG_BYTES = 1 << 20


class _End(Enum):
    WHOLE = "whole"
    CUT = "cut"
    LARGE = "large"


def split(stream: Stream, origin: Origin, report: Report, limits: Limits = LIMITS) -> Iterator[Record]:
    """Every document of ``stream``; what is no document is told to ``report`` with its place."""
    window = Window(stream)
    window.ensure(4096)
    yield from _split(window, origin, report, limits)
    if window.fault:
        report.skip(window.fault)


def _split(window: Window, origin: Origin, report: Report, limits: Limits) -> Iterator[Record]:
    head = bytes(window.data[:4096])
    text = next((one for one in TEXTS if one.looks.match(head)), None)
    if not head and window.fault:
        return
    if not head:
        report.leave(NoRecords(origin, "empty file", "is empty"))
    elif head.startswith(_WIDE):
        yield from _whole(window, origin, report, limits)
    elif text:
        yield from _texts(window, text, origin, report, limits)
    elif head[_end_of(_LEADING, head) :].startswith(b"<"):
        yield from _documents(window, origin, report, limits)
    else:
        kind = "binary file" if b"\0" in head else "not XML, and no text format known here"
        report.leave(NoRecords(origin, kind, f"begins with {head[:40]!r}: {kind}"))


def _end_of(pattern: re.Pattern[bytes], data: bytes | bytearray, start: int = 0) -> int:
    match = pattern.match(data, start)
    return match.end() if match else start


def _at(origin: Origin, window: Window) -> Origin:
    return replace(origin, offset=window.base)


def _whole(window: Window, origin: Origin, report: Report, limits: Limits) -> Iterator[Record]:
    window.ensure(limits.record + 1)
    if len(window.data) > limits.record:
        report.skip(_too_large(origin, limits))
    else:
        yield Record(origin, bytes(window.data))


def _documents(window: Window, origin: Origin, report: Report, limits: Limits) -> Iterator[Record]:
    while _advance(window):
        at = _at(origin, window)
        root = _find_root(window)
        if root is None:
            report.skip(RecordError(at, *_no_root(window)))
            _drop_until(_following(window), window, 1)
        elif local_name(root[1]) in CONTAINERS:
            yield from _children(window, root, origin, report, limits)
        else:
            how, end = _element_end(window, *root, limits)
            if how is _End.WHOLE:
                yield Record(at, bytes(window.data[:end]))
                window.drop(end)
            else:
                report.skip(_not_whole(how, at, root[1], limits))
                following = _following(window)
                window.drop(end)
                if how is _End.LARGE:
                    _drop_until(following, window, 0)


def _following(window: Window) -> re.Pattern[bytes]:
    """How the next document starts, by how this one does."""
    if window.data.startswith(b"<?xml"):
        return _DECLARED
    return _NEXT if window.data.startswith(b"<") else _MARKUP


def _no_root(window: Window) -> tuple[str, str]:
    if window.data.startswith(b"<"):
        return "no root element", "a document begins here, but no root element follows; it was left out"
    return "text between documents", f"{bytes(window.data[:40])!r} stands between documents; it was left out"


def _not_whole(how: _End, at: Origin, name: bytes, limits: Limits) -> RecordError:
    if how is _End.LARGE:
        return _too_large(at, limits)
    tag = name.decode("utf-8", "replace")
    return RecordError(at, "truncated record", f"<{tag}> has no end before the next document or the end of the file")


def _too_large(at: Origin, limits: Limits) -> RecordError:
    return RecordError(at, "record too large", f"the record is larger than {limits.record >> 20} MiB; it was left out")


def _advance(window: Window) -> bool:
    """Drop white space, zero bytes and byte order marks; False at the end."""
    while True:
        window.ensure(4)
        window.drop(_end_of(_LEADING, window.data))
        if window.data:
            return True
        if not window.fill():
            return False


def _find_root(window: Window) -> tuple[int, bytes] | None:
    """Where the root element starts, and its name."""
    size = 1 << 12
    while True:
        window.ensure(size)
        start = _end_of(PROLOG, window.data)
        match = ROOT.match(window.data, start)
        if match:
            return start, match.group(1)
        size *= 8
        again = start > 0 and _NEXT.match(window.data, start)
        if again or size > _PROLOG_BYTES or len(window.data) < size // 8:
            return None


@cache
def _tokens(name: bytes) -> re.Pattern[bytes]:
    own = re.escape(name)
    return re.compile(rb"<(?:(\?xml|!DOCTYPE)\s|!(\[CDATA\[|--)|(/)?" + own + rb"(?:\s*>|[\s/]))")


def _element_end(window: Window, start: int, name: bytes, limits: Limits) -> tuple[_End, int]:
    """How the element at ``start`` ends, and the index behind it (or of what stands in its way)."""
    single = _NEVER_NESTED.match(name) is not None
    tag = window.match(START_TAG, start, _TAG_BYTES)
    if tag and tag.group(1):
        return _End.WHOLE, tag.end()
    depth, position, tokens = 1, start + 1, _tokens(name)
    while True:
        match = window.find(tokens, position, limits.record)
        if match is None:
            return (_End.CUT if window.ended else _End.LARGE), len(window.data)
        begin, position = match.start(), match.end()
        restart, literal, closing = match.groups()
        if restart or (single and not literal and not closing):
            return _End.CUT, begin
        if literal:
            close = window.find(re.compile(rb"\]\]>" if literal == b"[CDATA[" else rb"-->"), position, limits.record)
            position = close.end() if close else position
        elif closing:
            depth -= 1
            if not depth:
                return (_End.WHOLE if position <= limits.record else _End.LARGE), position
        else:
            tag = START_TAG.match(window.data, begin)
            depth += not (tag and tag.group(1))


def _drop_until(pattern: re.Pattern[bytes], window: Window, start: int) -> None:
    """Go on to the next match, holding little."""
    window.drop(start)
    while not (match := pattern.search(window.data)):
        window.drop(max(0, len(window.data) - 256))
        if not window.fill():
            window.drop(len(window.data))
            return
    window.drop(match.start())


def _children(
    window: Window, root: tuple[int, bytes], origin: Origin, report: Report, limits: Limits
) -> Iterator[Record]:
    """Each document of a container, made complete with the encoding and namespaces declared above it."""
    start, name = root
    tag = window.match(START_TAG, start, _TAG_BYTES)
    if tag is None:
        report.skip(RecordError(_at(origin, window), "truncated record", "the start tag of the container has no end"))
        _drop_until(_NEXT, window, 1)
        return
    prefix = name.rpartition(b":")[0]
    child = (prefix + b":" if prefix else b"") + CONTAINERS[local_name(name)].encode()
    names, begin = _NAMESPACE.findall(tag.group(0)), _declaration(bytes(window.data[:start]))
    self_closing = bool(tag.group(1))
    window.drop(tag.end())
    if self_closing:
        return
    some = re.compile(rb"<(?:" + re.escape(child) + rb"[\s>/]|/" + re.escape(name) + rb"\s*>|\?xml\s)")
    while True:
        _drop_until(some, window, 0)
        at = _at(origin, window)
        if not window.data:
            report.skip(RecordError(at, "truncated container", f"</{name.decode()}> is missing at the end of the file"))
            return
        if not window.data.startswith(b"<" + child):
            if window.data.startswith(b"</"):
                window.drop(window.data.index(b">") + 1)
            return
        how, end = _element_end(window, 0, child, limits)
        if how is _End.WHOLE:
            yield Record(at, begin + _declared(bytes(window.data[:end]), names))
        else:
            report.skip(_not_whole(how, at, child, limits))
        window.drop(end)


def _declaration(prolog: bytes) -> bytes:
    encoding = ENCODING.search(prolog)
    return b'<?xml version="1.0" encoding="' + encoding.group(1) + b'"?>' if encoding else b""


def _declared(element: bytes, names: list[bytes]) -> bytes:
    """The element with namespace declarations that it does not make itself."""
    name, tag = ROOT.match(element), START_TAG.match(element)
    if not name or not tag:
        return element
    own = {one.partition(b"=")[0].strip() for one in _NAMESPACE.findall(tag.group(0))}
    added = b"".join(one for one in names if one.partition(b"=")[0].strip() not in own)
    return element[: name.end()] + added + element[name.end() :]


def _texts(window: Window, text: TextFormat, origin: Origin, report: Report, limits: Limits) -> Iterator[Record]:
    _drop_until(text.start, window, 0)
    while window.data:
        at = _at(origin, window)
        following = window.find(text.start, 1, limits.record)
        if following is None and not window.ended:
            report.skip(_too_large(at, limits))
            _drop_until(text.start, window, 1)
            continue
        end = following.start() if following else len(window.data)
        yield Record(at, bytes(window.data[:end]), text.name)
        window.drop(end)
