"""A sentence for each statement of a report, with its denominators, in English, French or Spanish."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from wild_aieval.comparison.wording import Words
from wild_aieval.review.report import messages
from wild_aieval.review.report.alarms import Stream
from wild_aieval.review.report.figure import Figure

_NO_SHARE = ("review.minutes_median", "review.agreement.decision.alpha")


def words(language: str) -> Words:
    """One language. ValueError for one that is not there."""
    return Words(language, "wild_aieval.review.report")


def of_figures(figures: Sequence[Figure], language: Words) -> list[str]:
    """One sentence for each figure that has one; those that were not measured say why."""
    return [_sentence(figure, language) for figure in figures if figure.name in messages.SENTENCES]


def of_alarm(stream: Stream, language: Words) -> str:
    """Whether the alarm was raised."""
    at = len(stream.wrong) if stream.raised is None else stream.raised
    value = stream.evidence[at - 1] if at else 1.0
    return language.gettext(
        messages.NO_ALARM if stream.raised is None else messages.ALARM,
        n=language.number(at),
        k=language.number(sum(stream.wrong[:at])),
        limit=_percent(stream.limit, language),
        level=_percent(stream.level, language),
        threshold=_plain(stream.threshold, language, 0),
        value=_plain(value, language, 2),
    )


def of_head(head: tuple[int, str], language: Words) -> str:
    """What an anchored copy of the report can be held against."""
    return language.gettext(messages.HEAD, count=language.number(head[0]), head=head[1])


def _sentence(figure: Figure, language: Words) -> str:
    if figure.value is None:
        why = language.gettext(messages.WHY[figure.why]) if figure.why in messages.WHY else figure.why
        return language.gettext(messages.NOT_MEASURED, what=language.gettext(messages.NAMES[figure.name]), why=why)

    def number(value: float) -> str:
        return _plain(value, language, 2) if figure.name in _NO_SHARE else _percent(value, language)

    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = language.gettext(messages.INTERVAL, low=number(figure.low), high=number(figure.high))
    more = {name: number(value) for name, value in figure.more}
    k, n = language.number(figure.k or 0), language.number(figure.n)
    said = language.gettext(
        messages.SENTENCES[figure.name], k=k, n=n, value=number(figure.value), interval=interval, **more
    )
    return " ".join(said.split(" ")).replace(" .", ".")


def _percent(share: float, language: Words) -> str:
    return language.gettext(messages.PERCENT, number=_plain(100 * share, language, 1))


def _plain(value: float, language: Words, places: int) -> str:
    return language.number(Decimal(f"{value:.{places}f}"))
