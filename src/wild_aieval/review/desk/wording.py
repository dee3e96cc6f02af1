"""The words of the desk in one language.

After a change of words, run in this folder, and fill in what is new (the tests name it):
    pybabel extract -F babel.cfg -k marked -k say -k say_many:1,2 --no-location -w 118 -o locale/messages.pot .
    pybabel update --no-fuzzy-matching -w 118 -i locale/messages.pot -l fr -o locale/fr.po
"""

from __future__ import annotations

import gettext
import io
from functools import cache
from importlib import resources

LANGUAGES = {"en": "English", "fr": "Français", "es": "Español"}


def marked(message: str) -> str:
    """Tell the extraction that this is a message; it is translated where it is used."""
    return message


class Words:
    """One language of the pages."""

    def __init__(self, language: str) -> None:
        from babel import Locale

        self.language = language
        self._locale = Locale(language)
        self._catalogue = catalogue(language)

    def say(self, message: str, /, **values: object) -> str:
        """The message; values are put in as they are, whole numbers as the language writes them."""
        return self._catalogue.gettext(message).format(**self._written(values))

    def say_many(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The same in the form that belongs to the number, which is ``{number}`` in the message."""
        return self._catalogue.ngettext(one, many, number).format(**self._written({"number": number, **values}))

    def title(self, title: str) -> str:
        """A title of the scheme: translated for sections, else as it is, whatever signs it holds."""
        return self._catalogue.gettext(title) if title else ""

    def tongue(self, tag: str) -> str:
        """The name of a language; a tag that is not known stands for itself."""
        from babel import Locale, UnknownLocaleError

        try:
            return Locale.parse(tag, sep="-").get_display_name(self._locale) or tag
        except (ValueError, UnknownLocaleError):
            return tag

    def _written(self, values: dict[str, object]) -> dict[str, str]:
        from babel.numbers import format_decimal

        return {
            name: format_decimal(value, locale=self._locale) if isinstance(value, int) else str(value)
            for name, value in values.items()
        }


@cache
def words(language: str) -> Words:
    """The words of a language, read once."""
    return Words(language)


def catalogue(language: str) -> gettext.NullTranslations:
    """The messages of ``locale/<language>.po``; English stands for itself."""
    if language == "en":
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with resources.files("wild_aieval.review.desk").joinpath("locale", f"{language}.po").open("rb") as readable:
        read = read_po(readable, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
