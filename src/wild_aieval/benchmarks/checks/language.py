"""Texts in another language than the benchmark says."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, shown

LETTERS = 60  # letters from which on a language is told
RULED_OUT = 0.005  # probability of the stated languages together, below which they are not those of the text
READ = 600  # characters that are read of a text
_NEAR = ({"no", "nb", "nn", "da"}, {"hr", "bs", "sr"}, {"id", "ms"}, {"cs", "sk"})


def wrong_language(subject: Subject) -> Iterator[Finding]:
    """``language-wrong``: at least 60 letters for whose stated language py3langid leaves a probability below 0.005.

    py3langid: M. Lui and T. Baldwin, "langid.py", ACL 2012; its model lies in the package, nothing is fetched. Measured
    on EP claims (EN, DE, FR), IPC titles (EN, ES, FR) and US abstracts: no false alarm in 13,602 texts that are long
    enough; of the same texts stated to be German (the German ones: French) 98 to 100 % are found, of Spanish titles
    stated to be Portuguese 69 %.
    """
    hits: dict[str, Hits] = {}
    counted: dict[str, int] = {}
    for where, _, name, field, text, languages in subject.texts():
        counted[field] = counted.get(field, 0) + 1
        if found := other_language(text, languages):
            language, probability = found
            likely = f"{language} ({probability:.2f}) instead of {'/'.join(languages)}"
            hits.setdefault(field, Hits()).add(where, f"'{name}', {field}: {likely}: {shown(text)}")
    for field, group in hits.items():
        message = (
            f"{group.count:,} of {counted[field]:,} texts in '{field}' look as if they were in another language than "
            f"stated: {group.examples[0]}. Mend the text or the language."
        )
        yield from group.finding("language-wrong", "warning", message)


def other_language(text: str, stated: Sequence[str]) -> tuple[str, float] | None:
    """The language of a text and its probability, where the stated ones are ruled out."""
    sample = text[:READ]
    if sum(map(str.isalpha, sample)) < LETTERS:
        return None
    tags = {tag.split("-")[0] for tag in stated}
    model = _model()
    if not tags <= set(model.labels):
        return None
    ranked: list[tuple[str, float]] = model.rank(sample)
    found, probability = ranked[0]
    near = next((group for group in _NEAR if found in group), {found})
    if tags & near or sum(share for tag, share in ranked if tag in tags) >= RULED_OUT:
        return None
    return found, float(probability)


@functools.cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
