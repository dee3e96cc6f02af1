"""What TMX and XLIFF share: units streamed from an XML file, their languages, their segments without inline codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from wild_aieval.benchmarks.faults import RowError
from wild_aieval.benchmarks.readers.rows import existing
from wild_aieval.errors import UserError

CHUNK = 1 << 16
Element = Any  # of lxml, whose stubs know neither entity nodes nor pull parsers
Code = Callable[[str, Element], str | None]


class Pair(NamedTuple):
    """Languages of the source and the target, as tags of BCP 47."""

    source: str
    target: str


def units(path: Path, root: str, tags: tuple[str, ...]) -> Iterator[Element]:
    """The elements of those names, whatever their namespace, one at a time; each is forgotten when the next is asked.

    No DTD is loaded, nothing is fetched, no entity of the file is replaced.

    Raises:
        UserError: where the file is not well-formed XML with that root, or ends early.
    """
    from lxml import etree

    try:
        if (found := _root(existing(path))) != root:
            raise UserError(f"{path}: the root of the file is <{found}>, expected <{root}>. Mend data.format.")
        parser = _parser("end", tuple(f"{{*}}{tag}" for tag in tags))
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                parser.feed(chunk)
                yield from _ended(parser)
        parser.close()
        yield from _ended(parser)
    except etree.XMLSyntaxError as error:
        raise UserError(
            f"{path}, line {error.lineno or 1}: not well-formed XML ({error.msg}). Export it again, or mend that line."
        ) from None


def _parser(event: Literal["start", "end"], tags: tuple[str, ...] | None = None) -> Any:
    from lxml import etree

    return etree.XMLPullParser(
        events=(event,),
        tag=tags,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _root(path: Path) -> str:
    """The name of the root element."""
    parser = _parser("start")
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            parser.feed(chunk)
            for _, element in parser.read_events():
                return name(element)
    parser.close()
    return ""


def _ended(parser: Any) -> Iterator[Element]:
    for _, element in parser.read_events():
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def name(element: Element) -> str:
    """The name of an element without its namespace; '' for what is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element, tag: str) -> list[Element]:
    """Direct children of that name."""
    return [child for child in element if name(child) == tag]


def closeness(wanted: str, found: str) -> int:
    """2: the same tag; 1: one is the other with further subtags, such as 'en' and 'EN-us'; 0: another language."""
    ours, theirs = (tag.lower().replace("_", "-").split("-") for tag in (wanted, found))
    if ours == theirs:
        return 2
    shared = min(len(ours), len(theirs))
    return int(ours[:shared] == theirs[:shared])


def closest(wanted: str, texts: list[tuple[str, Element]]) -> Element | None:
    """The first element of the closest language, or None."""
    found = max(texts, key=lambda text: closeness(wanted, text[0]), default=None)
    return found[1] if found and closeness(wanted, found[0]) else None


def segment(element: Element, code: Code, where: str) -> str:
    """The text of a segment on one line. ``code`` gives what an inline code stands for, or None for its content."""
    return re.sub(r"[ \t\r\n]+", " ", "".join(_pieces(element, code, where))).strip()


def _pieces(element: Element, code: Code, where: str) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if not (tag := name(child)):
            entity = f"the reference '{child.text}' is not replaced. Write the character itself."
            raise RowError(where, "entity reference", entity)
        meant = code(tag, child)
        if meant is None:
            yield from _pieces(child, code, where)
        else:
            yield meant
        yield child.tail or ""
