"""A patent publication as plain data: the one shape into which every office format is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record stood: ``file`` below the source, ``member`` of an archive, ``offset`` in bytes, ``format``."""

    file: str
    member: str = ""
    offset: int = 0
    format: str = ""

    def __str__(self) -> str:
        name = f"{self.file}!{self.member}" if self.member else self.file
        return f"{name}, byte {self.offset:,}" if self.offset else name


@dataclass(frozen=True, slots=True)
class Symbol:
    """A classification symbol with its attributes of WIPO ST.8; '' where the record does not say.

    ``main``: the first position (F). ``value``: I invention or N additional. ``origin``: H, M or G.
    ``edition``: version such as '2006.01'; ``office``: ST.3 code of the office that assigned it.
    """

    scheme: str  # IPC or CPC
    symbol: str  # as printed, such as 'A61B 5/0205'
    main: bool = False
    value: str = ""
    origin: str = ""
    edition: str = ""
    office: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A cited patent document. ``id``: office, number, kind; ``categories``: of WIPO ST.14, such as ('X', 'Y').

    ``phase``: who cited it: search, examination, applicant, opposition, other; '' where unsaid.
    """

    id: str
    date: str = ""
    categories: tuple[str, ...] = ()
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: its number as printed and its text, paragraphs on lines of their own."""

    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication of one document. Texts are by language (BCP 47, lower case), dates YYYY-MM-DD, '' where unsaid.

    ``language``: of the publication. ``family``: the record's own family id, where it has one.
    ``priority``: (application number, date) of the earliest priority.
    """

    office: str
    number: str
    kind: str
    origin: Origin
    date: str = ""
    language: str = ""
    application: str = ""
    filing_date: str = ""
    priority: tuple[str, str] = ("", "")
    family: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    abstracts: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    symbols: tuple[Symbol, ...] = ()
    citations: tuple[Citation, ...] = ()
    applicants: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Office, number and kind: 'EP1000000B1'."""
        return f"{self.office}{self.number}{self.kind}"
