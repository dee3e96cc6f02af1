"""Mutations that keep most of a file's shape, so that a fuzzer gets past the parser to what reads the content.

Each takes bytes and a source of chance and gives other bytes; the same seed gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable
from typing import Any

Mutation = Callable[[bytes, random.Random], bytes]

_TOKEN = re.compile(rb"<[^<>]*>|[^<]+|<")
_NAME = re.compile(rb"(?<=<)/?[\w:.-]+")
_VALUE = re.compile(rb"\"[^\"]*\"|'[^']*'")
_TEXTS = (
    b"", b" ", b"\n", b"0", b"1", b"-1", b"00000000", b"20240230", b"2024-05-01", b"99999999999999999999", b"1e999",
    b"NaN", b"A01B", b"A61B 5/00", b"A01B  1/00  20060101AFI20051220RMJP", b"H04L 9/32 (2006.01)", b"Y02E", b"EP",
    b"XX", b"US1234567A1", b"en", b"EN-us", b"fr", b"zz-ZZ-", b"1. A plough. 2. A harrow.", b"&#0;", b"&#xD800;",
    b"&#x10FFFF;", b"&amp;", b"&x;", b"&lt;", b"\xc3\xa9", b"\xff\xfe", b"\xed\xa0\x80", b"\0", b"\x1b[31m",
    b"\xe2\x80\xae", b"]]>", b"x"*300, b"("*40, b"\r", b"\"", "１２３".encode(), "²".encode(), "İ".encode(), b"X", b"Y",
    b"[1]", b"{}", b"true", b"#REF!", b"=1+1", b"'",
)  # fmt: skip
_PIECES = (
    b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml version='1.0' encoding='ebcdic'?>",
    b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"<!DOCTYPE a SYSTEM 'file:///etc/hostname'>", b"<!-- x -->", b"<!--",
    b"<![CDATA[<x>]]>", b"<![CDATA[", b"<?x y?>", b"</x>", b"<x/>", b"<x xmlns='urn:x'>", b"\xef\xbb\xbf",
    b"[" * 3000, b"9" * 5000, b"<x>" * 300,
)  # fmt: skip
_JSON: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**53, 10**400, 0.5, "", " ", "x", "\ud800", "\0", "ok", "error", "2024-05-01",
    "A61B 5/00", [], {}, [[]], [None], ["x", 1], {"": ""}, {"head": "x"}, "segment.retired", "review.decision",
    "9999-99-99T99:99:99.999999Z", "0"*64, "reviewer",
)  # fmt: skip

_KEYS = ("", "x", "id", "main", "symbols", "metadata", "claims", "date", "terms", "schema_version")


def of_bytes(data: bytes, chance: random.Random) -> bytes:
    """Any change of any file: cut, doubled, moved, overwritten, something odd put in."""
    raw = bytearray(data or b"\n")
    start, end = sorted((chance.randrange(len(raw)), min(len(raw), chance.randrange(len(raw)) + 1)))
    match chance.randrange(6):
        case 0:
            del raw[start:end]
        case 1:
            raw[start:start] = raw[start:end][:4000]
        case 2:
            raw[start] = chance.randrange(256)
        case 3:
            raw[start] ^= 1 << chance.randrange(8)
        case 4:
            raw[start:start] = chance.choice(_TEXTS + _PIECES)
        case _:
            raw = raw[:end]
    return bytes(raw)


def of_xml(data: bytes, chance: random.Random) -> bytes:
    """Elements doubled, dropped, moved, renamed after one another; texts and values of attributes replaced."""
    tokens = _TOKEN.findall(data)
    names = sorted({name.lstrip(b"/") for name in _NAME.findall(data)} - {b""}) or [b"x"]
    if not tokens:
        return of_bytes(data, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        place = chance.randrange(len(tokens))
        token = tokens[place]
        match chance.randrange(9):
            case 0:
                tokens[place] = b""
            case 1:
                tokens[place:place] = [part for _, part in zip(range(60), _element(tokens, place), strict=False)]
            case 2:
                del tokens[place : place + len(_element(tokens, place))]
            case 3 if token.startswith(b"<"):
                tokens[place] = _NAME.sub(chance.choice(names), token, count=1)
            case 4 if token.startswith(b"<"):
                tokens[place] = _attributes(token, names, chance)
            case 5:
                tokens.insert(place, b"<" + chance.choice(names) + b"/>")
            case 6:
                tokens.insert(place, chance.choice(_PIECES))
            case 7:
                other = chance.randrange(len(tokens))
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case _ if not token.startswith(b"<"):
                tokens[place] = chance.choice(_TEXTS)
            case _:
                tokens.insert(place, chance.choice(_TEXTS))
        if not tokens:
            break
    return b"".join(tokens)


def _element(tokens: list[bytes], place: int) -> list[bytes]:
    """The element that begins here, up to its end; one token where none begins."""
    if not (name := _NAME.search(tokens[place])) or tokens[place].startswith(b"</") or tokens[place].endswith(b"/>"):
        return tokens[place : place + 1]
    closing = b"</" + name.group()
    end = next((n for n in range(place, len(tokens)) if tokens[n].startswith(closing)), place)
    return tokens[place : end + 1]


def _attributes(token: bytes, names: list[bytes], chance: random.Random) -> bytes:
    found = list(_VALUE.finditer(token))
    if found and chance.random() < 0.7:
        one = chance.choice(found)
        value = chance.choice(_TEXTS).replace(b'"', b"").replace(b"<", b"")
        return token[: one.start()] + b'"' + value + b'"' + token[one.end() :]
    added = b" " + chance.choice((*names, b"lang", b"xml:lang", b"id", b"kind")) + b'="' + chance.choice(names) + b'"'
    return re.sub(rb"(/?>)$", lambda end: added + end[1], token)


def of_csv(data: bytes, chance: random.Random) -> bytes:
    """Cells replaced, quoted, taken away; separators and line ends changed."""
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    cells = re.split(rb"([,\t;])", lines[place])
    cell = chance.randrange(len(cells))
    match chance.randrange(6):
        case 0:
            cells[cell] = chance.choice(_TEXTS)
        case 1:
            cells[cell] = b'"' + cells[cell].replace(b'"', b'""') + chance.choice((b'"', b'\n"', b""))
        case 2:
            cells.insert(cell, chance.choice((b",", b"\t", b"", b"\r", b'"')))
        case 3:
            del cells[cell]
        case 4:
            lines.insert(place, lines[chance.randrange(len(lines))])
            return b"\n".join(lines)
        case _:
            return of_bytes(data, chance)
    lines[place] = b"".join(cells)
    return b"\n".join(lines)


def of_lines(data: bytes, chance: random.Random) -> bytes:
    """JSON Lines: a value replaced, a key gone, new or renamed; lines doubled, moved, dropped, torn."""
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    match chance.randrange(8):
        case 0:
            lines.insert(place, lines[chance.randrange(len(lines))])
        case 1:
            del lines[place]
        case 2:
            other = chance.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        case 3:
            return of_bytes(data, chance)
        case _:
            lines[place] = _changed(lines[place], chance)
    return b"\n".join(lines)


def _changed(line: bytes, chance: random.Random) -> bytes:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return of_bytes(line, chance)
    return json.dumps(_value_changed(found, chance), separators=(",", ":")).encode()


def _value_changed(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict | list) and value and chance.random() < 0.8:
        if isinstance(value, list):
            value[chance.randrange(len(value))] = _value_changed(chance.choice(value), chance)
            return value
        key = chance.choice(sorted(value))
        match chance.randrange(5):
            case 0:
                del value[key]
            case 1:
                value[chance.choice(("", "x", "id", "main", "symbols", "metadata", "claims", "date", "terms"))] = value[
                    key
                ]
            case _:
                value[key] = _value_changed(value[key], chance)
        return value
    if chance.random() < 0.02:
        return json.loads("[" * 400 + "]" * 400)
    return chance.choice(_JSON)


def of_ledger(data: bytes, chance: random.Random) -> bytes:
    """As JSON Lines; but mostly the changed event is hashed again, and those after it, as a forger would."""
    changed = of_lines(data, chance)
    return changed if chance.random() < 0.3 else resigned(changed)


def resigned(data: bytes) -> bytes:
    """The lines chained again from the first on; what is no event stays as it is."""
    lines, head, number = data.split(b"\n"), "", 0
    for place, line in enumerate(lines):
        try:
            event = json.loads(line)
            head, number = head or event["prev"], number + 1 if number else event["seq"]
            event |= {"prev": head, "seq": number}
            event.pop("hash", None)
            head = hashlib.sha256(_canonical(event)).hexdigest()
            lines[place] = _canonical(event | {"hash": head})
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    return b"\n".join(lines)


def _canonical(event: dict[str, Any]) -> bytes:
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


_YAML = (
    b"null", b"[]", b"{}", b"? [a]\n: b", b"&a [*a]", b"*a", b"<<: {x: 1}", b"!!python/name:os.system", b"!!binary x",
    b"!!int x", b"!!timestamp x", b"2024-13-45", b"1:60:60", b"0x", b"0b2", b"1_000", b".inf", b"yes", b"'", b"|",
    b"- a", b"%YAML 9.9", b"---", b"\xc2\x85", b"!!set {a}", b"!!omap [a: 1]", b"=", b"~", b"a: {b: {c: d}}",
)  # fmt: skip


def of_yaml(data: bytes, chance: random.Random) -> bytes:
    """Values and keys replaced, indented, doubled; what is special in YAML put in."""
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    key, colon, _ = lines[place].partition(b":")
    match chance.randrange(7):
        case 0:
            lines[place] = key + b": " + chance.choice(_YAML + _TEXTS)
        case 1:
            lines[place] = chance.choice(_YAML + _TEXTS) + colon + b" x"
        case 2:
            lines[place] = b"  " + lines[place]
        case 3:
            lines[place] = lines[place].strip()
        case 4:
            lines.insert(place, chance.choice((*lines, *_YAML)))
        case 5:
            del lines[place]
        case _:
            return of_bytes(data, chance)
    return b"\n".join(lines)


MUTATIONS: dict[str, Mutation] = {
    "xml": of_xml,
    "csv": of_csv,
    "lines": of_lines,
    "ledger": of_ledger,
    "yaml": of_yaml,
}


def mutated(kind: str, data: bytes, seed: int, most: int = 1 << 16) -> bytes:
    """One to three changes; now and then one of bytes only."""
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 2, 3))):
        change = of_bytes if chance.random() < 0.1 else MUTATIONS[kind]
        data = change(data, chance)
    return data[:most]
