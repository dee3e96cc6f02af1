"""Texts in another language than the benchmark says."""

from __future__ import annotations

from collections.abc import Iterator

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, shown
from wild_aieval.standards.identification import other_language


def wrong_language(subject: Subject) -> Iterator[Finding]:
    """``language-wrong``: at least 60 letters for whose stated language py3langid leaves a probability below 0.005.

    py3langid: M. Lui and T. Baldwin, "langid.py", ACL 2012; its model lies in the package, nothing is fetched. Measured
    by perf/checks.py on EP claims (EN, DE, FR), IPC titles (EN, ES, FR) and US abstracts: no false alarm in 10,039
    texts that are long enough; of the same texts stated to be German (the German ones: French) 97 to 100 % are found,
    of Spanish titles stated to be Portuguese 69 %.
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
