"""Publications in several languages as segments to translate: titles, abstracts, and claims by their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from wild_aieval.benchmarks.office.choice import Choice, closest
from wild_aieval.benchmarks.office.join import Joined, join
from wild_aieval.benchmarks.office.made import Made
from wild_aieval.benchmarks.office.publication import Claim, Publication

Segment = tuple[str, str, str, str]  # what it is, its name within the publication, source, target


def translation(publications: Iterable[Publication], choice: Choice) -> Made:
    """A row for each title, abstract and claim that a publication has in both languages; a cluster is a publication.

    The notes say in which language the publications were filed: a translation of a translation is another thing.
    """
    made = Made({"test": []}, about={"clusters_are": "document"})
    original: Counter[str] = Counter()
    for joined in join(publications, frozenset({"abstract", "claims"})):
        publication = joined.publication
        if choice.kinds and not publication.kind.startswith(choice.kinds):
            made.leave(joined, "kind not asked for", f"its kind is '{publication.kind}'.")
            continue
        taken = [_add(joined, segment, made) for segment in _segments(joined, choice, made)]
        original[publication.language or "not said"] += sum(taken)
        if not taken:
            made.leave(joined, "no text in both languages", f"nothing is in '{choice.source}' and '{choice.target}'.")
    if total := sum(original.values()):
        shares = [f"{language} {count:,}" for language, count in original.most_common() if count]
        made.notes.append(f"Language of the publication that the {total:,} segments are from: {', '.join(shares)}.")
    return made


def _add(joined: Joined, segment: Segment, made: Made) -> bool:
    register, name, source, target = segment
    if source == target:
        made.drop(joined, "same text in both languages", f"its {name} is the same in both languages.")
        return False
    publication = joined.publication
    fields = {"id": f"{publication.id}-{name}", "source": source, "target": target, "register": register}
    made.add("test", joined, {**fields, "office": publication.office, "cluster": publication.id})
    return True


def _segments(joined: Joined, choice: Choice, made: Made) -> Iterator[Segment]:
    publication = joined.publication
    for register, texts in (("title", publication.titles), ("abstract", publication.abstracts)):
        pair = _pair(texts, choice)
        if register in choice.registers and pair:
            yield register, register, texts[pair[0]], texts[pair[1]]
    if "claim" in choice.registers and (pair := _pair(publication.claims, choice)):
        yield from _claims(publication, pair, joined, made)


def _pair(texts: Mapping[str, object], choice: Choice) -> tuple[str, str] | None:
    source, target = closest(choice.source, texts), closest(choice.target, texts)
    return (source, target) if source and target and source != target else None


def _claims(publication: Publication, pair: tuple[str, str], joined: Joined, made: Made) -> Iterator[Segment]:
    sides = [_by_number(publication.claims[language]) for language in pair]
    for number in dict.fromkeys((*sides[0], *sides[1])):
        source, target = (side.get(number, "") for side in sides)
        if source and target:
            yield "claim", f"claim-{number}", source, target
        else:
            where = pair[0] if source else pair[1]
            made.drop(joined, "claim in one language only", f"its claim {number} is in '{where}' only.")


def _by_number(claims: tuple[Claim, ...]) -> dict[str, str]:
    """Claims by number; a number that stands twice is nobody's."""
    counts = Counter(claim.number for claim in claims)
    return {claim.number: claim.text for claim in claims if counts[claim.number] == 1}
