"""Publications become rows; what is left out has a reason, and each row knows where it stood."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wild_aieval.benchmarks.manifest import parse_manifest
from wild_aieval.benchmarks.office.join import family_of, join
from wild_aieval.benchmarks.office.publication import Citation, Claim, Origin, Publication, Symbol
from wild_aieval.benchmarks.office.rows import Choice, Made, rows
from wild_aieval.benchmarks.office.rows_search import Corpus
from wild_aieval.benchmarks.rows import checked
from wild_aieval.errors import UserError

CLAIMS = (Claim("1", "A plough."), Claim("2", "Painted."))


def publication(number: str, kind: str = "A1", **changes: Any) -> Publication:
    base = Publication(
        office="EP",
        number=number,
        kind=kind,
        origin=Origin(f"{number}{kind}.xml", format="test"),
        date="2001-02-03",
        language="en",
        application=f"99{number}",
        titles={"en": "Plough", "de": "Pflug"},
        abstracts={"en": f"It turns soil, {number}."},
        symbols=(Symbol("IPC", "A01B 15/06"), Symbol("IPC", "A01B 3/02", True, "I", "H")),
    )
    return replace(base, **changes)


def fields(made: Made, part: str = "test") -> list[dict[str, Any]]:
    return [row.fields for row in made.parts[part]]


def test_classification() -> None:
    made = rows("classification", [publication("1", family="7"), publication("2", symbols=())], Choice())
    assert fields(made) == [
        {
            "id": "EP1A1",
            "title": "Plough",
            "text": "It turns soil, 1.",
            "main": "A01B 3/02",
            "symbols": ["A01B 3/02", "A01B 15/06"],
            "language": "en",
            "office": "EP",
            "date": "2001-02-03",
            "family": "7",
            "cluster": "7",
        }
    ]
    assert made.left_out.skipped == {"no IPC symbol": 1}
    assert made.left_out.examples["no IPC symbol"] == ["EP2A1 (2A1.xml): it has no symbol of the IPC."]
    assert made.notes == ["Who gave the 2 symbols (WIPO ST.8): by persons (H) 50.0%, not said 50.0%."]
    assert list(made.provenance_rows()) == [
        {"part": "test", "id": "EP1A1", "file": "1A1.xml", "member": "", "offset": 0, "format": "test"}
    ]


def test_labels_by_persons_only() -> None:
    propagated = (Symbol("IPC", "A01B 3/02", True, "I", "M"),)
    made = rows("classification", [publication("1"), publication("2", symbols=propagated)], Choice(label_origin="H"))
    assert fields(made)[0]["symbols"] == ["A01B 3/02"]
    assert made.about["label_origin"] == "H"
    assert made.notes == [
        "Who gave the 3 symbols (WIPO ST.8): by persons (H) 33.3%, propagated (M) 33.3%, not said 33.3%."
    ]
    assert made.left_out.skipped == {"no symbol of origin H": 1}


def test_another_scheme_and_kinds() -> None:
    cpc = (Symbol("CPC", "Y02A 40/10", value="N"), Symbol("IPC", "A01B 3/02"), Symbol("CPC", "A01B 3/02"))
    held = [publication("1", symbols=cpc), publication("1", "B1", symbols=cpc)]
    made = rows("classification", held, Choice(scheme="CPC", kinds=("B",)))
    assert [(row["id"], row["main"], row["symbols"]) for row in fields(made)] == [
        ("EP1B1", "", ["Y02A 40/10", "A01B 3/02"])
    ]
    assert made.left_out.skipped == {"kind not asked for": 1}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), ("en", "Plough", "It turns soil, 1.")),
        (Choice(text=("first_claim",)), ("en", "Plough", "A plough.")),
        (Choice(text=("claims", "abstract")), ("en", "Plough", "A plough.\nPainted.\nIt turns soil, 1.")),
        (Choice(text=("description",)), None),
        (Choice(language="de"), ("de", "Pflug", "Ein Pflug.")),
        (Choice(language="fr"), None),
        (Choice(language="en-GB"), ("en", "Plough", "It turns soil, 1.")),
    ],
)
def test_texts_by_the_choice(choice: Choice, expected: Any) -> None:
    one = publication("1", claims={"en": CLAIMS, "de": (Claim("1", "Ein Pflug."),)})
    made = rows("classification", [one], choice)
    assert [(row["language"], row["title"], row["text"]) for row in fields(made)] == ([expected] if expected else [])
    assert sum(made.left_out.skipped.values()) == (expected is None)


def test_records_of_one_publication_are_joined() -> None:
    bare = publication("1", symbols=(), abstracts={}, titles={}, date="", application="")
    parts = [
        replace(bare, claims={"en": CLAIMS}, origin=Origin("claims.xml", format="OPS")),
        replace(bare, abstracts={"en": "It turns."}, family="5", citations=(Citation("EP9", categories=("X",)),)),
        replace(
            bare, symbols=(Symbol("CPC", "A01B 3/02", origin="H"),), citations=(Citation("EP9", categories=("Y",)),)
        ),
        replace(bare, symbols=(Symbol("CPC", "A01B 3/02", main=True),), titles={"en": "Plough"}),
    ]
    (one,) = join(parts, frozenset({"abstract", "first_claim"}))
    assert one.publication.claims == {"en": CLAIMS[:1]}
    assert (one.publication.abstracts, one.publication.titles) == ({"en": "It turns."}, {"en": "Plough"})
    assert one.publication.symbols == (Symbol("CPC", "A01B 3/02", main=True, origin="H"),)
    assert one.publication.citations == (Citation("EP9", categories=("X", "Y")),)
    assert one.publication.family == "5"
    assert [origin.file for origin in one.origins] == ["claims.xml", "1A1.xml", "1A1.xml", "1A1.xml"]


def cited(*ids: str, **changes: Any) -> tuple[Citation, ...]:
    return tuple(Citation(one, **changes) for one in ids)


def test_search() -> None:
    citing = publication(
        "5",
        date="2010-01-01",
        filing_date="2009-01-01",
        priority=("DE1", "2008-01-01"),
        claims={"en": CLAIMS},
        citations=(
            *cited("EP0000001A1", categories=("D", "Y"), phase="search"),
            *cited("EP1B1", categories=("X",), phase="search"),
            *cited("EP2", categories=("D",)),
            *cited("EP3A1", categories=("A",), phase="applicant"),
            *cited("EP5B1", "EP77A1"),
        ),
    )
    held = [publication(number, titles={"en": number}) for number in "123"]
    held += [citing, publication("5", "B1", date="2012-01-01", citations=cited("EP3A1", categories=("X",)))]
    made = rows("search", held, Choice())
    assert [row["id"] for row in fields(made, "corpus")] == ["EP1A1", "EP2A1", "EP3A1", "EP5A1", "EP5B1"]
    (query,) = fields(made, "queries")
    assert (query["id"], query["date"], query["family"], query["cluster"]) == ("EP5A1", "2008-01-01", "EP995", "EP995")
    assert (query["abstract"], query["claims"]) == ("It turns soil, 5.", ["A plough.", "Painted."])
    assert [(row["document_id"], row["grade"]) for row in fields(made, "qrels")] == [
        ("EP1A1", "X"),
        ("EP2A1", "1"),
        ("EP3A1", "X"),
    ]
    assert made.left_out.dropped == {"cited document of the own family": 1, "cited document not in the corpus": 1}
    assert made.notes == ["5 of 5 publications name no family; their application numbers stand in for it."]
    assert made.provenance["queries"]["EP5A1"] == (citing.origin,)


def test_search_by_phase_and_without_untyped_citations() -> None:
    citations = (
        *cited("EP1A1", categories=("X",), phase="applicant"),
        *cited("EP2A1", phase="search"),
        *cited("EP3A1", categories=("A",), phase="search"),
    )
    held = [*(publication(number) for number in "123"), publication("5", citations=citations)]
    made = rows("search", held, Choice(phases=("search",), untyped=""))
    assert [(row["document_id"], row["grade"]) for row in fields(made, "qrels")] == [("EP3A1", "A")]
    assert made.left_out.dropped == {
        "citation of another phase (applicant)": 1,
        "citation without a category that counts": 1,
    }


def test_a_family_of_the_records_keeps_its_members_apart_from_the_judgments() -> None:
    held = [
        publication("1", family="7"),
        publication("2", family="8"),
        publication("5", family="7", citations=cited("EP1A1", "EP2A1")),
    ]
    made = rows("search", held, Choice())
    assert [(row["query_id"], row["document_id"]) for row in fields(made, "qrels")] == [("EP1A1", "EP2A1")]
    assert made.notes == []


@pytest.mark.parametrize(
    ("number", "office", "citation"),
    [
        ("0120063", "WO", "WO2001020063A1"),
        ("2003012345", "WO", "WO 03/012345"),
        ("9912345", "WO", "WO1999012345A2"),
        ("1000001", "EP", "EP-0 1000001"),
        ("20030169838", "US", "US2003/0169838A1"),
        ("D250004", "US", "USD0250004S"),
        ("S62123456", "JP", "JPS62123456A"),
    ],
)
def test_citations_find_documents_however_their_number_is_written(number: str, office: str, citation: str) -> None:
    corpus = Corpus()
    corpus.add(publication(number, office=office))
    found = corpus.find(citation)
    assert found
    assert found.number == number
    assert not corpus.find(citation.replace("3", "4").replace("2", "5").replace("1", "7"))


@pytest.mark.parametrize(
    ("application", "family"),
    [("99203729.2", "EP99203729"), ("EP99203729", "EP99203729"), ("09/343,526", "EP09343526"), ("", "EP1")],
)
def test_the_application_stands_in_for_the_family(application: str, family: str) -> None:
    assert family_of(publication("1", application=application)) == family


def test_a_document_without_text_has_its_title_and_cannot_ask() -> None:
    held = [publication("1", abstracts={}), publication("2", abstracts={}, titles={}), publication("3")]
    held.append(publication("4", abstracts={}, citations=cited("EP3A1")))
    made = rows("search", held, Choice())
    assert next((row["id"], row["title"], row["text"]) for row in fields(made, "corpus")) == ("EP1A1", "Plough", "")
    assert made.left_out.skipped == {"no text": 1, "no text to ask with": 1}


def test_translation() -> None:
    german = (Claim("1", "Ein Pflug."), Claim("3", "Egge."), Claim("2", "Painted."))
    one = publication("1", "B1", language="de", claims={"en": CLAIMS, "de": german}, abstracts={"en": "It turns."})
    made = rows("translation", [one, publication("2", titles={})], Choice(source="de", target="en"))
    assert fields(made) == [
        {
            "id": f"EP1B1-{name}",
            "source": source,
            "target": target,
            "register": register,
            "office": "EP",
            "cluster": "EP1B1",
        }
        for name, register, source, target in (
            ("title", "title", "Pflug", "Plough"),
            ("claim-1", "claim", "Ein Pflug.", "A plough."),
        )
    ]
    assert made.left_out.skipped == {"no text in both languages": 1}
    assert made.left_out.dropped == {"claim in one language only": 1, "same text in both languages": 1}
    assert made.notes == ["Language of the publication that the 2 segments are from: de 2."]
    made = rows("translation", [one], Choice(source="de", target="en", registers=("claim",)))
    assert [row["register"] for row in fields(made)] == ["claim"]


def test_claims_whose_number_stands_twice_are_not_aligned() -> None:
    twice = (Claim("1", "A"), Claim("1", "B"), Claim("2", "C"))
    one = publication("1", titles={}, claims={"en": twice, "fr": (Claim("1", "a"), Claim("2", "c"))})
    made = rows("translation", [one], Choice(source="en", target="fr"))
    assert [row["id"] for row in fields(made)] == ["EP1A1-claim-2"]


@pytest.mark.parametrize(
    ("task", "choice", "message"),
    [
        ("classification", Choice(text=("claim",)), "'claim' is no part of the text. Did you mean 'claims'"),
        ("classification", Choice(scheme="FI"), "'FI' is no scheme"),
        ("classification", Choice(label_origin="X"), "'X' is no origin of labels"),
        ("search", Choice(phases=("searching",)), "'searching' is no phase of a citation. Did you mean 'search'"),
        ("translation", Choice(), "needs a source and a target language"),
        ("translation", Choice(source="en", target="fr", registers=("claims",)), "'claims' is no register"),
        ("ranking", Choice(), "'ranking' is no task"),
    ],
)
def test_a_choice_that_names_what_there_is_not(task: str, choice: Choice, message: str) -> None:
    with pytest.raises(UserError, match=message):
        rows(task, [], choice)


def test_rows_pass_the_checks_of_a_benchmark() -> None:
    common = {"name": "x", "version": "1.0.0", "title": "x", "description": "x", "licence": "CC0-1.0"}
    common |= {"creation": "x", "contributor": "x", "created": "2024-01-01"}
    held = [publication("1"), publication("2", claims={"en": CLAIMS}, citations=cited("EP1A1"))]
    for task, extra, parts in (
        ("classification", {"languages": ["en"], "scheme": "IPC", "edition": "2023.01"}, ("test",)),
        ("translation", {"languages": ["en", "de"], "source_language": "en", "target_language": "de"}, ("test",)),
        ("search", {"languages": ["en"]}, ("corpus", "queries", "qrels")),
    ):
        files = {part: f"{part}.jsonl" for part in parts}
        raw = {
            **common,
            **extra,
            "task": task,
            "data": {"format": "beir" if task == "search" else "jsonl", "files": files},
        }
        manifest = parse_manifest(raw, "test")
        made = rows(task, held, Choice(source="en", target="de"))
        for part in parts:
            assert list(checked(manifest, part, made.parts[part]))
