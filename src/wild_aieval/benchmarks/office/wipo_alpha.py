"""Records of WIPO's collections for training classifiers (WIPO-alpha, ``ipctraining.dtd``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wild_aieval.benchmarks.office import values
from wild_aieval.benchmarks.office.numbered import from_text
from wild_aieval.benchmarks.office.publication import Claim, Origin, Publication, Symbol
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.st8 import compact, edition
from wild_aieval.benchmarks.office.text import tidy, value
from wild_aieval.benchmarks.office.xml import Element, attribute, child, children, descendants

FORMAT = "WIPO-alpha"
ROOTS = frozenset({"record"})
_PRIORITY = re.compile(r"([A-Z]{2})(\d{8})\s+(.+)")


def publications(root: Element, origin: Origin) -> Iterator[Publication]:
    """The one publication of a record."""
    office, number = attribute(root, "cy"), attribute(root, "dnum") or attribute(root, "pn")
    if not (office and number):
        raise RecordError(origin, "no number", "has no attributes cy and dnum, the country and number of the document")
    priorities = sorted(
        (values.date(match[2]), match[1] + match[3])
        for one in descendants(child(root, "prs"), "pr")
        if (match := _PRIORITY.match(attribute(one, "prn")))
    )
    texts = {name: _texts(child(root, group), name) for group, name in _GROUPS.items()}
    claims: dict[str, tuple[Claim, ...]] = {language: from_text(text) for language, text in texts["cl"].items()}
    yield Publication(
        office=office,
        number=number,
        kind=attribute(root, "kind"),
        origin=origin,
        date=values.date(attribute(root, "pn")[-8:]),
        language=next(iter(texts["ab"] or texts["ti"]), ""),
        application=attribute(root, "an"),
        priority=next(((number, date) for date, number in priorities if date), ("", "")),
        titles={language: " ".join(text.split()) for language, text in texts["ti"].items()},
        abstracts=texts["ab"],
        claims=claims,
        descriptions=texts["txt"],
        symbols=tuple(_symbols(child(root, "ipcs"))),
        applicants=tuple(filter(None, (value(one) for one in children(child(root, "pas"), "pa")))),
    )


_GROUPS = {"tis": "ti", "abs": "ab", "cls": "cl", "txts": "txt"}


def _texts(group: Element | None, name: str) -> dict[str, str]:
    """Texts by language. Their line ends are kept: they are all that parts claims and paragraphs."""
    found: dict[str, str] = {}
    for one in children(group, name):
        if text := tidy("".join(str(piece) for piece in one.itertext())):
            found.setdefault(values.language(attribute(one, "lang"), "en"), text)
    return found


def _symbols(top: Element | None) -> Iterator[Symbol]:
    number = edition(attribute(top, "ed"))
    for text, main in [(attribute(top, "mc"), True), *((attribute(one, "ic"), False) for one in children(top, "ipc"))]:
        if symbol := compact(text):
            yield Symbol("IPC", symbol, main=main, edition=number)
