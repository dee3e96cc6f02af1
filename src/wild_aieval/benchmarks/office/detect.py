"""Which module reads a document: by its root element, or by the name of its text format.

A module of an XML format has ``ROOTS`` (local names of root elements), ``FORMAT`` (a short name for reports) and
``publications(root, origin)``; a module of a text format has ``TEXT`` (a name of ``split.TEXTS``), ``FORMAT`` and
``publications(content, origin)``. Each raises ``RecordError`` for a record that it cannot use and ``NoRecords`` for a
document that holds none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from wild_aieval.benchmarks.office.publication import Origin, Publication
from wild_aieval.benchmarks.office.report import NoRecords

MODULES: tuple[str, ...] = (
    "ep",
    "st36",
    "st96",
    "sipo",
    "uspto_sgml",
    "uspto_pap",
    "docdb",
    "ops",
    "wipo_alpha",
    "cpc_master",
    "marec",
)
TEXT_MODULES: tuple[str, ...] = ("greenbook", "css_brs")
_FAMILY = "wo-patent-document"  # other vocabularies of ST.36 end alike
_PACKAGE = "wild_aieval.benchmarks.office"
_WITHOUT = {
    "Application-body": "a table of contents (ST.36 package); its records are in the files that it names",
    "TrademarkApplication": "an application for a trademark (ST.96)",
    "DesignApplication": "an application for an industrial design (ST.96)",
    "GIApplication": "an application for a geographical indication (ST.96)",
    "fault": "an error message of a service (OPS)",
    "sequence-cwu": "a sequence listing that belongs to a publication",
    "html": "a web page",
    **dict.fromkeys(
        ("SpecificationDocument", "ClaimsDocument", "AbstractDocument"),
        "one part of an application as it was filed (XML4IP), without bibliographic data",
    ),
    "application-body": "the body of an application as it was filed (ST.36), without bibliographic data",
}


class Format(Protocol):
    """A module that reads one format."""

    FORMAT: str

    def publications(self, content: Any, origin: Origin, /) -> Iterator[Publication]:
        """The publications of one record."""
        ...


@cache
def _by_root() -> dict[str, Format]:
    modules = [import_module(f"{_PACKAGE}.{name}") for name in MODULES]
    return {root: cast("Format", module) for module in modules for root in module.ROOTS}


@cache
def _by_text() -> dict[str, Format]:
    modules = [import_module(f"{_PACKAGE}.{name}") for name in TEXT_MODULES]
    return {module.TEXT: cast("Format", module) for module in modules}


def for_root(name: str, origin: Origin) -> Format:
    """The module for documents with this root element.

    Raises:
        NoRecords: for a root that holds no publications, or is not known.
    """
    found = _by_root().get(name) or (_by_root()[_FAMILY] if name.endswith("-patent-document") else None)
    if found is not None:
        return found
    if name in _WITHOUT:
        raise NoRecords(origin, _WITHOUT[name], f"<{name}>: {_WITHOUT[name]}; it holds no publications")
    raise NoRecords(origin, f"unknown format <{name}>", f"<{name}> is no format known here; it was left out")


def for_text(name: str, origin: Origin) -> Format:
    """The module for records of this text format.

    Raises:
        NoRecords: where no module reads it.
    """
    found = _by_text().get(name)
    if found is None:
        raise NoRecords(origin, f"unknown format {name}", f"{name}: no module reads this text format; it was left out")
    return found
