"""Labels of a classification benchmark: symbols of the edition, contradictions, classes too rare for a claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Fields, Hits, Subject, many, shown
from wild_aieval.metrics.statistics import wilson
from wild_aieval.standards import ipc
from wild_aieval.standards.ipc_likely import likely

FEWEST = 5  # true items of a class, below which nothing is said of it; as macro F1 here counts classes as rare
TELLING = 0.1  # share of ids that hold their own label


def malformed_symbols(subject: Subject) -> Iterator[Finding]:
    """``symbol-malformed``: a symbol that is written as none of the scheme, with the one that was probably meant."""
    valid, level, scheme = _valid(subject), subject.manifest.label_level, subject.manifest.scheme
    hits = Hits(50)
    for where, field, text in subject.raw.malformed:
        hits.add(where, f"'{text}' in '{field}'{_meant(text, valid, level)}")
    message = (
        f"{many(hits.count, 'symbol is', 'symbols are')} not written as one of the {scheme} down to the level "
        f"'{level}' (expected such as 'A61B 5/0205'): {_first(hits)} Mend the symbols."
    )
    yield from hits.finding("symbol-malformed", "error", message)


def unknown_symbols(subject: Subject) -> Iterator[Finding]:
    """``label-unknown``, ``symbol-unknown``: well-formed symbols that the stated edition does not hold.

    The first is a warning: no candidate that keeps to the edition can find such a label. The second is a note: the
    label at the level of the benchmark exists, only the deeper symbol does not.
    """
    valid = _valid(subject)
    if not valid:
        return
    manifest, labels, symbols = subject.manifest, Hits(), Hits()
    meant: dict[str, str] = {}
    for part in ("train", "test"):
        for where, fields in subject.rows(part):
            for symbol in fields["symbols"]:
                if symbol in valid:
                    continue
                if symbol not in meant:
                    meant[symbol] = _meant(symbol, valid, manifest.label_level)
                gone = ipc.truncate(symbol, manifest.label_level) not in valid
                (labels if gone else symbols).add(where, f"'{symbol}'{meant[symbol]}")
    yield from labels.finding(
        "label-unknown",
        "warning",
        f"{many(labels.count, 'label does', 'labels do')} not exist in {manifest.scheme} {manifest.edition} at the "
        f"level '{manifest.label_level}', so that no candidate can find it: {_first(labels)} Mend the symbols, or the "
        "field 'edition'.",
    )
    yield from symbols.finding(
        "symbol-unknown",
        "note",
        f"{many(symbols.count, 'symbol is', 'symbols are')} not in {manifest.scheme} {manifest.edition} (another "
        f"edition, deleted, or mistyped), while the label at the level '{manifest.label_level}' is: {_first(symbols)}",
    )


def conflicting_labels(subject: Subject) -> Iterator[Finding]:
    """``label-conflict``: the same title and text (case and blanks apart) with different sets of labels."""
    seen: dict[str, tuple[str, frozenset[str]]] = {}
    hits = Hits()
    for part in ("train", "test"):
        for where, fields in subject.rows(part):
            text, labels = _normal(fields), _labels(subject, fields)
            known = seen.setdefault(text, (where, labels))
            if known[1] != labels:
                one, other = ("/".join(sorted(group)) for group in (labels, known[1]))
                hits.add(where, f"{one}, but {known[0]} has {other} for the same text {shown(fields['text'], 40)}")
    message = (
        f"{many(hits.count, 'item has', 'items have')} the text of another item but other labels, so that one of the "
        f"two must count as wrong: {_first(hits)} Give both the same labels, or keep one."
    )
    yield from hits.finding("label-conflict", "warning", message)


def rare_classes(subject: Subject) -> Iterator[Finding]:
    """``class-rare``: classes with fewer than 5 true test items; what is claimed of one is in a wide interval.

    The width is that of Wilson's 95 % interval of a share (E. B. Wilson, JASA 22, 1927) at its widest.
    """
    counts: Counter[str] = Counter()
    for _, fields in subject.rows("test"):
        counts.update(_labels(subject, fields))
    hits = Hits()
    for label, count in sorted(counts.items(), key=lambda item: (item[1], item[0])):
        if count < FEWEST:
            hits.add("", f"{label}: {many(count, 'item', 'items')}, interval {_width(count):.0f} points wide")
    message = (
        f"{hits.count:,} of {len(counts):,} classes have fewer than {FEWEST} true test items: the 95 % interval of a "
        f"share on {FEWEST - 1} items is up to {_width(FEWEST - 1):.0f} points wide, so make no claim about a single "
        "one. Add items, or take a higher label_level."
    )
    yield from hits.finding("class-rare", "note", message)


def unlearnable_classes(subject: Subject) -> Iterator[Finding]:
    """``class-not-in-train``: classes of the test that no training row has."""
    if not subject.rows("train"):
        return
    learnt = {label for _, fields in subject.rows("train") for label in _labels(subject, fields)}
    missing = Counter(
        label for _, fields in subject.rows("test") for label in _labels(subject, fields) if label not in learnt
    )
    hits = Hits()
    for label, count in missing.most_common():
        hits.add("", f"{label}: {many(count, 'test item', 'test items')}")
    message = (
        f"{many(hits.count, 'class', 'classes')} of the test ({many(sum(missing.values()), 'label', 'labels')}) in no "
        "training row: a candidate that learns from this training part cannot find them."
    )
    yield from hits.finding("class-not-in-train", "note", message)


def mains_missing(subject: Subject) -> Iterator[Finding]:
    """``main-missing``: some test items name their main symbol and others do not."""
    hits = Hits()
    rows = subject.rows("test")
    for where, fields in rows:
        if not fields["main"]:
            hits.add(where, f"'{fields['id']}' has symbols {', '.join(fields['symbols'][:3])}, but no main one")
    message = (
        f"{hits.count:,} of {len(rows):,} test items have no main symbol, so that measures against the main symbol are "
        "'not measured' for the whole benchmark. Give it for all."
    )
    if hits.count < len(rows):
        yield from hits.finding("main-missing", "warning", message)


def telling_ids(subject: Subject) -> Iterator[Finding]:
    """``id-tells-label``: at least 5 ids, and a tenth of them, hold their own label; candidates are given the id."""
    hits = Hits()
    rows = subject.rows("test")
    for where, fields in rows:
        name = str(fields["id"]).upper().replace(" ", "")
        found = [
            label for label in sorted(_labels(subject, fields)) if len(label) > 2 and label.replace(" ", "") in name
        ]
        if found:
            hits.add(where, f"the id '{fields['id']}' holds the label {found[0]}")
    message = (
        f"{hits.count:,} of {len(rows):,} ids hold the label of their item, and candidates are given the id: "
        f"{_first(hits)} Take ids that tell nothing."
    )
    if hits.count >= max(FEWEST, TELLING * len(rows)):
        yield from hits.finding("id-tells-label", "error", message)


def in_train_and_test(subject: Subject) -> Iterator[Finding]:
    """``id-in-train-and-test``: the same id in both parts."""
    train = {fields["id"]: where for where, fields in subject.rows("train")}
    hits = Hits(50)
    for where, fields in subject.rows("test"):
        if fields["id"] in train:
            hits.add(where, f"the id '{fields['id']}' stands in train as well ({train[fields['id']]})")
    message = (
        f"{many(hits.count, 'id is', 'ids are')} in train and in test: {_first(hits)} Take them out of one of the two."
    )
    yield from hits.finding("id-in-train-and-test", "error", message)


def label_counts(subject: Subject, part: str) -> Counter[str]:
    """How many rows of a part have each label."""
    return Counter(label for _, fields in subject.rows(part) for label in _labels(subject, fields))


def _labels(subject: Subject, fields: Fields) -> frozenset[str]:
    level = subject.manifest.label_level
    return frozenset(label for symbol in fields["symbols"] if (label := ipc.truncate(symbol, level)))


def _valid(subject: Subject) -> Collection[str]:
    manifest = subject.manifest
    return ipc.valid_symbols(str(manifest.edition)) if manifest.scheme == "IPC" else ()


def _meant(text: str, valid: Collection[str], level: str) -> str:
    found = [symbol for symbol in likely(text, valid) if ipc.truncate(symbol, level)] if valid else []
    return f" (likely {' or '.join(repr(symbol) for symbol in found)})" if found else ""


def _normal(fields: Fields) -> str:
    return " ".join(f"{fields['title']} {fields['text']}".casefold().split())


def _width(count: int) -> float:
    low, high = wilson(count / 2, count)
    return 100 * (high - low)


def _first(hits: Hits) -> str:
    return f"{hits.first}{'; …' if hits.count > 1 else '.'}"
