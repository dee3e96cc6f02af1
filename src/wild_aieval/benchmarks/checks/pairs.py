"""Pairs of a translation benchmark: copies, lengths, numbers and reference signs, contradictions, glossary."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, many, shown
from wild_aieval.metrics import preservation
from wild_aieval.standards.languages import decimal_separator

MEASURED = 20  # pairs from which on the set's own median ratio of lengths counts
LENGTHY, FACTOR, FACTOR_SHORT = 60, 2.0, 3.0
_DENSE = {"zh": 0.35, "ja": 0.45, "ko": 0.5}  # characters for one of a Latin script
COPIED_LETTERS = 15


def copied_sources(subject: Subject) -> Iterator[Finding]:
    """``source-copied``: a reference of 15 letters or more that is its source, case and blanks apart."""
    hits = Hits()
    for where, fields in subject.rows("test"):
        source, target = (" ".join(fields[name].casefold().split()) for name in ("source", "target"))
        if source == target and sum(map(str.isalpha, source)) >= COPIED_LETTERS:
            hits.add(where, f"'{fields['id']}': {shown(fields['source'])}")
    message = (
        f"{many(hits.count, 'reference is', 'references are')} a copy of the source, so that a tool that translates is "
        f"marked down: {hits.first}. Give the translation, or leave the segment out."
    )
    yield from hits.finding("source-copied", "warning", message)


def length_ratios(subject: Subject) -> Iterator[Finding]:
    """``length-ratio``: characters of target over source, off by a factor of 2 (3 where the source has under 60).

    Off from the median of the set's own pairs; of fewer than 20 pairs from what the two scripts let expect: 1, or about
    0.35 to 0.5 into Chinese, Japanese and Korean. Human translations of EP claims lie within 0.6 to 1.64 (EN to FR).
    """
    rows = subject.rows("test")
    ratios = [len(fields["target"]) / len(fields["source"]) for _, fields in rows]
    centre = statistics.median(ratios) if len(rows) >= MEASURED else _expected(subject)
    hits = Hits()
    for (where, fields), ratio in zip(rows, ratios, strict=True):
        factor = FACTOR if len(fields["source"]) >= LENGTHY else FACTOR_SHORT
        if abs(math.log(ratio / centre)) > math.log(factor):
            sizes = f"{len(fields['target']):,} characters for {len(fields['source']):,}"
            hits.add(where, f"'{fields['id']}': {sizes}, ratio {ratio:.2f}: {shown(fields['target'], 40)}")
    message = (
        f"{hits.count:,} of {len(rows):,} references are much longer or shorter than expected (ratio of characters, in "
        f"the middle {centre:.2f}): {hits.first}. Is something missing, or of another row?"
    )
    yield from hits.finding("length-ratio", "warning", message)


def numbers_kept(subject: Subject) -> Iterator[Finding]:
    """``numbers-differ``, ``signs-differ``: numbers or reference signs of the source that the reference does not have.

    Read as the measures read them (``metrics.preservation``): decimal sign by language, dashes and ranges alike. A
    number that is a word in one language ('five') is a false alarm.
    """
    manifest = subject.manifest
    marks = decimal_separator(str(manifest.source_language)), decimal_separator(str(manifest.target_language))
    numbers, signs = Hits(), Hits()
    for where, fields in subject.rows("test"):
        source, target = (preservation.numbers(fields[n], m) for n, m in zip(("source", "target"), marks, strict=True))
        if source != target:
            numbers.add(where, f"'{fields['id']}': {_difference(source, target)}")
        elif (one := preservation.reference_signs(fields["source"])) != (
            other := preservation.reference_signs(fields["target"])
        ):
            signs.add(where, f"'{fields['id']}': {_difference(one, other)}")
    total = len(subject.rows("test"))
    for hits, code, what in ((numbers, "numbers-differ", "numbers"), (signs, "signs-differ", "reference signs")):
        message = (
            f"{hits.count:,} of {total:,} pairs do not have the same {what} on both sides: {hits.first}. Mend the "
            "reference, unless one side has them in words."
        )
        yield from hits.finding(code, "warning", message)


def contradicting_references(subject: Subject) -> Iterator[Finding]:
    """``reference-conflict``: the same source with several references, of which a tool can match one only."""
    seen: dict[str, tuple[str, str]] = {}
    hits = Hits()
    for where, fields in subject.rows("test"):
        known = seen.setdefault(" ".join(fields["source"].split()), (where, fields["target"]))
        if known[1] != fields["target"]:
            hits.add(where, f"{shown(fields['target'], 40)}, but {known[0]} has {shown(known[1], 40)}")
    message = (
        f"{many(hits.count, 'source has', 'sources have')} another reference elsewhere: {hits.first}. Keep one, unless "
        "the context demands both."
    )
    yield from hits.finding("reference-conflict", "note", message)


def glossary_kept(subject: Subject) -> Iterator[Finding]:
    """``term-not-in-source``, ``term-not-in-reference``: a glossary term that its own segment does not hold."""
    absent, unkept = Hits(), Hits()
    for where, fields in subject.rows("test"):
        for term in fields["terms"]:
            if not preservation.terms_kept(fields["source"], [[term["source"]]])[0]:
                absent.add(where, f"'{fields['id']}': '{term['source']}'")
            if not preservation.terms_kept(fields["target"], [term["targets"]])[0]:
                unkept.add(where, f"'{fields['id']}': '{term['source']}' as {' or '.join(map(repr, term['targets']))}")
    yield from absent.finding(
        "term-not-in-source",
        "warning",
        f"{many(absent.count, 'term is', 'terms are')} not in the source of the segment: {absent.first}. Drop it "
        "there.",
    )
    yield from unkept.finding(
        "term-not-in-reference",
        "warning",
        f"{many(unkept.count, 'term is', 'terms are')} not rendered in the reference as the glossary demands: "
        f"{unkept.first}. Add the rendering to 'targets' (inflected forms too), or mend the reference.",
    )


def _expected(subject: Subject) -> float:
    source, target = (
        str(tag).split("-")[0] for tag in (subject.manifest.source_language, subject.manifest.target_language)
    )
    return _DENSE.get(target, 1.0) / _DENSE.get(source, 1.0)


def _difference(source: Counter[Any], target: Counter[Any]) -> str:
    one, other = _listed(list((source - target).elements())), _listed(list((target - source).elements()))
    return f"source only: {one}; reference only: {other}"


def _listed(values: Sequence[object]) -> str:
    return ", ".join(str(value) for value in values[:6]) + (" …" if len(values) > 6 else "") if values else "none"
