"""One language of the sentences: its messages, its numbers, and its names of measures, items and clusters."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TypeVar

from wild_aieval.comparison import messages

LANGUAGES = ("en", "fr", "es")
_Message = TypeVar("_Message")


class Words:
    """One language: its messages, its numbers, its names of things. ValueError for a language that is not there.

    Babel is imported where it is needed: most commands compare nothing.
    """

    def __init__(self, language: str, package: str = "wild_aieval.comparison") -> None:
        if language not in LANGUAGES:
            raise ValueError(f"no sentences in '{language}'; there are {', '.join(LANGUAGES)}")
        from babel import Locale

        self._locale = Locale(language)
        self._catalogue = catalogue(language, package)

    def gettext(self, message: str, /, **values: str) -> str:
        """The message in this language; values are put in as they are, whatever signs they hold."""
        return self._catalogue.gettext(message).format(**values)

    def ngettext(self, one: str, many: str, number: int | Decimal, /, **values: str) -> str:
        """The same in the form that belongs to the number: 1.5 is a plural in English and a singular in French."""
        form = 1 if self._locale.plural_form(number) == "one" else 2
        return self._catalogue.ngettext(one, many, form).format(**values)

    def number(self, number: int | Decimal) -> str:
        """With all its decimals and the separators of the language."""
        from babel.numbers import format_decimal

        decimals = -int(number.as_tuple().exponent) if isinstance(number, Decimal) else 0
        return format_decimal(number, format="#,##0" + "." * (decimals > 0) + "0" * decimals, locale=self._locale)

    def names(self, names: Sequence[str]) -> str:
        """A, B, and C; empty for none. Spanish writes 'e' for 'y' before the sound of i."""
        from babel.lists import format_list

        listed = format_list(list(names), locale=self._locale)
        if self._locale.language == "es" and len(names) > 1 and re.match(r"h?i(?!e)", names[-1], re.IGNORECASE):
            return f"{listed.removesuffix(f' y {names[-1]}')} e {names[-1]}"
        return listed

    def measure(self, name: str, lower_is_better: bool) -> str:
        """A measure in words; one of a later version stands for itself."""
        words = name
        for pattern, message in messages.MEASURES.items():
            if found := re.fullmatch(pattern, name):
                parts = found.groupdict()
                if level := parts.get("level"):
                    parts["level"] = self.gettext(messages.LEVELS[level]) if level in messages.LEVELS else level
                words = self.gettext(message, **parts)
        return self.gettext("{measure} (lower is better)", measure=words) if lower_is_better else words

    def items(self, task: str, count: int) -> str:
        """1,578 documents."""
        return self._counted(_of(messages.ITEMS, task), count)

    def more_items(self, task: str, count: int) -> str:
        """2,000 more queries."""
        return self._counted(_of(messages.MORE, task), count)

    def within(self, items: str, cluster: str | None, count: int) -> str:
        """329 segments in 25 documents."""
        return self._counted(_of(messages.WITHIN, cluster), count, items=items)

    def from_new(self, items: str, cluster: str | None) -> str:
        """2,000 more segments from new documents."""
        return self.gettext(_of(messages.FROM_NEW, cluster), items=items)

    def fewer(self, clustered: bool, cluster: str | None, count: int) -> str:
        """Fewer than 10 items, or families, …."""
        message = _of(messages.FEWER, cluster) if clustered else messages.FEWER_ITEMS
        return self.gettext(message, count=self.number(count))

    def _counted(self, message: tuple[str, str], count: int, **values: str) -> str:
        return self.ngettext(*message, count, count=self.number(count), **values)


@cache
def catalogue(language: str, package: str = "wild_aieval.comparison") -> gettext.NullTranslations:
    """The messages of a package's ``locale/<language>.po``; English stands for itself."""
    if language == "en":
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    file = resources.files(package).joinpath("locale", f"{language}.po")
    with file.open("rb") as readable:
        read = read_po(readable, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _of(table: Mapping[str, _Message], key: str | None) -> _Message:
    return table.get(key or "", table[""])
