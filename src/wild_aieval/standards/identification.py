"""The language of a text, told offline."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice

import numpy as np

from wild_aieval.standards.language_model import LanguageModel, language_model

LETTERS = 60  # letters from which on a language is told
RULED_OUT = 0.005  # probability of the stated languages together, below which they are not those of the text
READ = 600  # characters that are read of a text
_NEAR = ({"no", "nb", "nn", "da"}, {"hr", "bs", "sr"}, {"id", "ms"}, {"cs", "sk"})
# Where figures of many texts, which are rounded otherwise, come so near to a limit, the text is looked at by itself.
_SURE, _FAR = 0.2 * RULED_OUT, 0.1


def other_language(text: str, stated: Sequence[str]) -> tuple[str, float] | None:
    """The language of a text and its probability, where the stated ones are ruled out.

    By py3langid: M. Lui and T. Baldwin, "langid.py", ACL 2012; its model lies in the package, nothing is fetched.
    """
    tags = _tags(stated)
    if not _long_enough(text) or not tags <= language_model().known:
        return None
    ranked: list[tuple[str, float]] = language_model().one.rank(text[:READ])
    found, probability = ranked[0]
    if tags & _near(found) or sum(share for tag, share in ranked if tag in tags) >= RULED_OUT:
        return None
    return found, float(probability)


def in_other_languages(texts: Sequence[tuple[str, str]]) -> list[bool]:
    """For each (text, stated language) whether ``other_language`` finds another one; takes a fifth of the time."""
    told = [place for place, (text, stated) in enumerate(texts) if stated and _long_enough(text)]
    found = [False] * len(texts)
    if len(told) < 2:
        for place in told:
            found[place] = other_language(texts[place][0], [texts[place][1]]) is not None
        return found
    model = language_model()
    shares = model.probabilities([texts[place][0][:READ] for place in told])
    likeliest = np.argmax(shares, axis=1)
    for number, place in enumerate(told):
        text, stated = texts[place]
        tags = _tags([stated])
        if tags <= model.known:
            sure = _decided(model, shares[number], int(likeliest[number]), tags)
            found[place] = other_language(text, [stated]) is not None if sure is None else sure
    return found


def _decided(model: LanguageModel, shares: np.ndarray, best: int, tags: Collection[str]) -> bool | None:
    """Whether the stated languages are ruled out; None where rounding could decide."""
    stated = float(sum(shares[model.labels.index(tag)] for tag in tags))
    if stated > RULED_OUT + _SURE:
        return False
    first, second = np.partition(shares, -2)[:-3:-1]
    if stated > RULED_OUT - _SURE or first - second < _FAR * first:
        return None
    return not set(tags) & _near(model.labels[best])


def _tags(stated: Sequence[str]) -> set[str]:
    return {tag.split("-")[0] for tag in stated}


def _near(found: str) -> set[str]:
    return next((group for group in _NEAR if found in group), {found})


def _long_enough(text: str) -> bool:
    return next(islice(filter(str.isalpha, text[:READ]), LETTERS - 1, None), None) is not None
