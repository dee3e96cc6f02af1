"""XML from elsewhere, read safely: no DTD, no entities, no network, a bounded size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from wild_aieval.benchmarks.office.encoding import decoded
from wild_aieval.benchmarks.office.entities import with_characters
from wild_aieval.benchmarks.office.limits import LIMITS
from wild_aieval.benchmarks.office.prolog import DOCTYPE, PROLOG, START_TAG
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import RecordError

Element = etree._Element
_UNDECLARED = re.compile(r"Namespace prefix ([\w.\-]+) ")
NAMESPACES = {
    "exch": "http://www.epo.org/exchange",
    "ops": "http://ops.epo.org",
    "jp": "http://www.jpo.go.jp",
    "com": "http://www.wipo.int/standards/XMLSchema/ST96/Common",
    "pat": "http://www.wipo.int/standards/XMLSchema/ST96/Patent",
}


def parse(content: bytes, origin: Origin) -> Element:
    """The root element. The document type is dropped unread; only known character entities are replaced.

    Raises:
        RecordError: for anything that is not well-formed XML within the limits.
    """
    if len(content) > LIMITS.record:
        raise RecordError(origin, "record too large", f"is larger than {LIMITS.record >> 20} MiB")
    plain = decoded(content, origin)
    encoded = plain.encode()
    prolog = PROLOG.match(encoded)
    start = prolog.end() if prolog else 0
    doctype = DOCTYPE.search(encoded, 0, start) if b"<!DOCTYPE" in encoded[:start] else None
    declarations = doctype.group().decode() if doctype else ""
    if b"&" in encoded:
        encoded = with_characters(encoded[start:].decode(), declarations, origin).encode()
        start = 0
    body = memoryview(encoded)[start:] if start else encoded
    return _parsed(bytes(body), origin)


def _parser() -> etree.XMLParser:
    # huge_tree lifts the limits of the parser on depth and length of text; the size of the record bounds both.
    return etree.XMLParser(
        encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True, remove_pis=True
    )


def _parsed(body: bytes, origin: Origin) -> Element:
    parser = _parser()
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        prefixes = {match.group(1) for entry in parser.error_log if (match := _UNDECLARED.match(entry.message))}
        if prefixes and (declared := _with_namespaces(body, prefixes)) != body:
            return _parsed(declared, origin)
        line, column = error.position
        detail = f"is not well-formed XML at line {line}, column {column} of the record: {error.msg}"
        raise RecordError(origin, "not well-formed XML", detail) from None


def _with_namespaces(body: bytes, prefixes: set[str]) -> bytes:
    """The document with declarations of prefixes that it uses undeclared, as records taken out of a container do."""
    tag = START_TAG.match(body)
    if tag is None:
        return body
    missing = [one for one in sorted(prefixes) if f"xmlns:{one}=".encode() not in tag.group()]
    added = "".join(f' xmlns:{one}="{NAMESPACES.get(one, "urn:undeclared:" + one)}"' for one in missing).encode()
    end = tag.end() - (2 if tag.group(1) else 1)
    return body[:end] + added + body[end:]


def name_of(element: Element) -> str:
    """Local name of an element; '' for comments."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


@lru_cache(4096)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def namespace_of(element: Element) -> str:
    """Namespace of an element, or ''."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """Child elements of these local names; all for none."""
    for child in element if element is not None else ():
        name = name_of(child)
        if name and (not names or name in names):
            yield child


def child(element: Element | None, *path: str) -> Element | None:
    """The first element down ``path`` of local names."""
    for name in path:
        element = next(children(element, name), None)
    return element


def descendants(element: Element | None, *names: str) -> Iterator[Element]:
    """Elements of these local names anywhere below, in document order."""
    for found in element.iter("{*}" + names[0], *("{*}" + name for name in names[1:])) if element is not None else ():
        if found is not element:
            yield found


def attribute(element: Element | None, name: str) -> str:
    """An attribute by its local name, stripped; '' where it is not there."""
    if element is None:
        return ""
    found = element.get(name)
    if found is None:
        found = next((str(value) for key, value in element.attrib.items() if str(key).endswith("}" + name)), "")
    return found.strip()
