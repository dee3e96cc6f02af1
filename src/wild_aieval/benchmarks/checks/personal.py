"""Personal data in free text: flagged for a person to look at, never taken out by the harness."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, around, many

_MAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![\w@])")
_CALL = r"(?:tel(?:e(?:ph|f)one?|éfono|efon)?|téléphone|phone|fax|mobile|handy)"
_PHONE = re.compile(
    rf"\b{_CALL}\b\.?\s*(?:no\.?|nr\.?)?\s*[:.]?\s*\(?\+?\d[\d ()/.-]{{5,}}\d"
    r"|(?<![\w+])\+\d{1,3}[ (.-]{1,2}\d[\d ()/.-]{5,}\d(?![\w%])",
    re.IGNORECASE,
)
_NAME = r"[A-ZÀ-ÖØ-Þ](?:[a-zß-öø-ÿ'’-]+(?:[A-Z][a-z]+)?|\.)"
_ROLE = (
    r"(?:[Ii]nventors?|[Aa]pplicants?|[Aa]ssignees?|[Aa]ttorneys?|[Pp]atent [Aa]gents?|[Ee]xaminers?|[Pp]roprietors?|"
    r"Erfinder(?:in)?|Anmelder(?:in)?|Vertreter(?:in)?|Prüfer(?:in)?|"
    r"[Ii]nventeurs?|[Dd]emandeurs?|[Tt]itulaires?|[Mm]andataires?|[Ii]nventor(?:es)?|[Ss]olicitantes?|[Dd]epositantes?|"
    r"[Rr]equerentes?|Contact|Name)"
)
_PERSON = re.compile(
    rf"\b{_ROLE}\s*:\s*{_NAME}(?:[ ,]+{_NAME}){{1,3}}"
    rf"|\b(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|Mme|Sr|Sra)\.? (?:Dr\.? |med\.? )?{_NAME}(?: {_NAME})+"
)


def mail_addresses(subject: Subject) -> Iterator[Finding]:
    """``personal-mail``: an e-mail address."""
    yield from _found(subject, _MAIL, "personal-mail", "an e-mail address")


def telephone_numbers(subject: Subject) -> Iterator[Finding]:
    """``personal-phone``: seven digits or more after '+' and a country code, or after a word such as 'Tel.'."""
    yield from _found(subject, _PHONE, "personal-phone", "a telephone number")


def person_names(subject: Subject) -> Iterator[Finding]:
    """``personal-name``: two capitalised words after a role ('Inventor:', 'Anmelder:') or a title ('Dr.', 'Mme').

    Names that stand alone are not found; in scripts without capitals none are.
    """
    yield from _found(subject, _PERSON, "personal-name", "what may be the name of a person")


def _found(subject: Subject, pattern: re.Pattern[str], code: str, what: str) -> Iterator[Finding]:
    hits = Hits()
    for where, _, name, field, text, _ in subject.texts():
        if match := pattern.search(text):
            hits.add(where, f"'{name}', {field}: {around(text, *match.span(), 10)}")
    message = (
        f"{many(hits.count, 'text holds', 'texts hold')} {what}: {hits.first}. Look whether it belongs there; nothing "
        "is taken out by itself."
    )
    yield from hits.finding(code, "warning", message)
