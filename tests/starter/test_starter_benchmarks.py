"""The starter benchmarks are what their cards say: complete, consistent, and neither trivial nor hopeless."""

from __future__ import annotations

import csv
import functools
import hashlib
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.metrics import preservation, prior_art
from wild_aieval.standards import ipc
from wild_aieval.standards.languages import decimal_separator

ROOT = Path(__file__).parents[2] / "benchmarks"
CLASSIFICATION, SEARCH = "classification/starter", "search/starter"
PAIRS = ("translation/starter-en-pt", "translation/starter-en-es")
ALL = (CLASSIFICATION, SEARCH, *PAIRS)
Rows = list[dict[str, Any]]

# What each subclass is commonly called. No title may give its own class away with it.
CATCHWORDS = dict(
    line.split(": ")
    for line in """
A01G: horticulture|greenhouse|irrigation
A23L: food|foodstuff
A47L: cleaning|vacuum cleaner|dishwasher
A61B: diagnosis|surgical instrument|endoscope
A61F: prosthesis|stent|bandage
A61M: catheter|syringe|inhaler
B01D: separation|filter|distillation
B25J: robot|manipulator|gripper
B29C: injection moulding|additive manufacturing
B60L: electric vehicle|charging station
B65D: container|packaging|package
B65G: conveyor|conveying
C02F: wastewater|water treatment|sludge
C04B: cement|concrete|ceramic body
C08L: polymer composition|resin composition
C09D: paint|coating composition
C12N: microorganism|enzyme|genetic engineering
C22C: alloy|alloys
D01F: man-made fibre|fibre spinning
D03D: weaving|loom|woven fabric
D04H: nonwoven|non-woven
D06F: washing machine|laundry|ironing
D06M: textile treatment|textile finishing
D21H: paper
E01C: road|pavement
E02D: foundation|foundations
E04B: building|wall
E05B: lock|latch
E06B: window|door
E21B: drilling rig|borehole
F03D: wind turbine|wind motor
F16H: gearing|transmission
F16K: valve|tap
F24F: air conditioning|ventilation
F25B: refrigerator|heat pump
F28D: heat exchanger
G01N: analysis of materials|sample analysis
G01R: measuring current|measuring voltage|ammeter
G02B: optical element|microscope
G06N: neural network|machine learning
G06Q: electronic commerce|business
G06T: image processing|image data
H01L: semiconductor|semiconductors
H01M: battery|fuel cell
H02J: power supply|power distribution
H02K: electric motor|generator
H04L: digital data transmission|network
H04W: wireless|mobile network
""".strip().splitlines()
)


@functools.cache
def benchmark(name: str) -> Benchmark:
    return load(Entry(name, ROOT / name))


@functools.cache
def raw(name: str, file: str) -> Rows:
    lines = (ROOT / name / file).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def applications() -> Rows:
    parts = benchmark(CLASSIFICATION).parts
    return [*parts["train"], *parts["test"]]


def subclass(row: Mapping[str, Any]) -> str:
    return str(row["main"][:4])


def words(text: str) -> int:
    return len(text.split())


# --- what every benchmark has ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_manifest_is_honest_about_the_origin(name: str) -> None:
    manifest = benchmark(name).manifest
    assert manifest.synthetic
    assert "invented" in manifest.creation
    assert manifest.licence == "CC0-1.0"
    assert manifest.version == "1.0.0"


@pytest.mark.parametrize("name", ALL)
def test_card_says_synthetic_and_no_evidence(name: str) -> None:
    card = (ROOT / name / "README.md").read_text(encoding="utf-8").lower()
    assert "synthetic" in card
    assert "no evidence" in card
    assert "cc0" in card
    assert not re.search(r"/work/|/tmp/|/home/", card)


@pytest.mark.parametrize("name", ALL)
def test_sha256_of_every_data_file_is_declared_and_right(name: str) -> None:
    declared = yaml.safe_load((ROOT / name / "benchmark.yaml").read_text(encoding="utf-8"))["data"]["sha256"]
    files = {path.name for path in (ROOT / name).iterdir()} - {"benchmark.yaml", "README.md", "released"}
    assert set(declared) == files
    for file, digest in declared.items():
        assert hashlib.sha256((ROOT / name / file).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", ALL)
def test_files_are_plain_utf8_in_stable_order(name: str) -> None:
    for path in (ROOT / name).glob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n")
        assert "\r" not in text
        assert "\\u" not in text
        ids = [row.get("id", row.get("_id")) for row in raw(name, path.name)]
        assert ids == sorted(set(ids))


# --- classification --------------------------------------------------------------------------------------------


def test_classification_counts() -> None:
    rows = applications()
    assert len(rows) >= 240
    assert len({row["id"] for row in rows}) == len(rows)
    for part in ("train", "test"):
        counts = Counter(subclass(row) for row in benchmark(CLASSIFICATION).parts[part])
        assert len(counts) >= 40
        assert {name[0] for name in counts} == set("ABCDEFGH")
        assert set(counts.values()) == {4}


def test_classification_texts_have_the_length_of_abstracts() -> None:
    for row in applications():
        assert 80 <= words(row["text"]) <= 160, row["id"]
        assert 2 <= words(row["title"]) <= 14, row["id"]


def test_symbols_exist_in_the_edition_and_main_comes_first() -> None:
    edition = benchmark(CLASSIFICATION).manifest.edition
    assert edition is not None
    for row in [*raw(CLASSIFICATION, "train.jsonl"), *raw(CLASSIFICATION, "test.jsonl")]:
        assert row["symbols"][0] == row["main"]
        assert len(set(row["symbols"])) == len(row["symbols"])
        for symbol in row["symbols"]:
            assert ipc.parse_symbol(symbol) == symbol
            assert ipc.is_valid(symbol, edition), (row["id"], symbol)
            assert ipc.truncate(symbol, "subgroup"), (row["id"], symbol)


def test_titles_do_not_name_their_class() -> None:
    assert set(CATCHWORDS) == {subclass(row) for row in applications()}
    for row in applications():
        pattern = rf"\b(?:{CATCHWORDS[subclass(row)]})s?\b"
        assert not re.search(pattern, row["title"], re.IGNORECASE), (row["id"], row["title"])


def test_publication_dates_do_not_tell_the_split() -> None:
    parts = benchmark(CLASSIFICATION).parts
    dates = {part: sorted(row["date"] for row in parts[part]) for part in ("train", "test")}
    assert all("2008-01-01" <= day <= "2021-12-31" for day in itertools.chain(*dates.values()))
    overlap = sum(dates["train"][0] <= day <= dates["train"][-1] for day in dates["test"])
    assert overlap > 0.9 * len(dates["test"])
    assert len({row["family"] for row in applications()}) == len(applications())


def first_and_third_guess() -> tuple[float, float]:
    """Share of test items whose subclass is the first, or among the first three guesses of TF-IDF + linear SVM."""
    text = pytest.importorskip("sklearn.feature_extraction.text")
    svm = pytest.importorskip("sklearn.svm")
    parts = benchmark(CLASSIFICATION).parts
    texts = {part: [f"{row['title']}. {row['text']}" for row in parts[part]] for part in ("train", "test")}
    vectorizer = text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    features = vectorizer.fit_transform(texts["train"])
    model = svm.LinearSVC(random_state=0).fit(features, [subclass(row) for row in parts["train"]])
    order = model.decision_function(vectorizer.transform(texts["test"])).argsort(axis=1)[:, ::-1]
    truth = [subclass(row) for row in parts["test"]]
    ranks = [[model.classes_[i] for i in line].index(want) for line, want in zip(order, truth, strict=True)]
    return sum(rank < 1 for rank in ranks) / len(ranks), sum(rank < 3 for rank in ranks) / len(ranks)


def test_keywords_alone_neither_solve_nor_miss_the_classification() -> None:
    first, third = first_and_third_guess()
    print(f"TF-IDF + linear SVM: first guess {first:.3f}, three guesses {third:.3f}")
    assert 0.25 < first <= 0.85
    assert third > first


# --- search ----------------------------------------------------------------------------------------------------


def judgments() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in benchmark(SEARCH).parts["qrels"]:
        assert row["document_id"] not in found[row["query_id"]]
        found[row["query_id"]][row["document_id"]] = row["grade"]
    return found


def facts(part: str) -> dict[str, prior_art.Facts]:
    return {row["id"]: prior_art.Facts(row["date"], row["family"]) for row in benchmark(SEARCH).parts[part]}


def test_search_counts() -> None:
    parts = benchmark(SEARCH).parts
    assert len(parts["corpus"]) >= 300
    assert len(parts["queries"]) >= 40
    assert set(judgments()) == {row["id"] for row in parts["queries"]}
    for grades in judgments().values():
        assert set(grades.values()) == {1, 2, 3}
        assert len(grades) >= 4


def test_search_grades_are_letters_of_a_search_report() -> None:
    with (ROOT / SEARCH / "qrels.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert list(rows[0]) == ["query-id", "corpus-id", "score"]
    assert {row["score"] for row in rows} == {"X", "Y", "A"}


def test_search_texts() -> None:
    corpus = benchmark(SEARCH).parts["corpus"]
    assert all(60 <= words(row["text"]) <= 160 and row["title"] for row in corpus)
    for row in raw(SEARCH, "queries.jsonl"):
        assert 80 <= words(row["text"]) <= 180
        assert 35 <= words(row["metadata"]["claim"]) <= 130
    # The applications of the classification set stand in the corpus, with the same family, and are never relevant.
    known = {row["family"]: row["id"] for row in corpus}
    judged = set(itertools.chain(*judgments().values()))
    for application in applications():
        assert application["family"] in known
        assert known[application["family"]] not in judged


def test_dates_and_families_are_consistent() -> None:
    corpus, queries = facts("corpus"), facts("queries")
    assert all(fact.date and fact.family for fact in [*corpus.values(), *queries.values()])
    for query, grades in judgments().items():
        for document in grades:
            assert prior_art.is_prior_art(corpus[document], queries[query])
    families = Counter(fact.family for fact in corpus.values())
    assert max(families.values()) == 2
    assert sum(count == 2 for count in families.values()) >= 6
    own = [query for query in queries.values() if query.family in families]
    assert len(own) >= 20
    by_family = {fact.family: fact for fact in corpus.values()}
    assert all(by_family[query.family].date > query.date for query in own)


@functools.cache
def bm25_rankings() -> dict[str, tuple[tuple[str, float], ...]]:
    """All documents per query, best first, by BM25 on title and text with English stop words."""
    bm25s = pytest.importorskip("bm25s")
    parts = benchmark(SEARCH).parts
    ids = [row["id"] for row in parts["corpus"]]
    tokens = bm25s.tokenize([f"{r['title']} {r['text']}" for r in parts["corpus"]], stopwords="en", show_progress=False)
    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    asked = bm25s.tokenize([row["text"] for row in parts["queries"]], stopwords="en", show_progress=False)
    found, scores = index.retrieve(asked, k=len(ids), show_progress=False)
    return {
        query["id"]: tuple((ids[i], float(s)) for i, s in zip(found[n], scores[n], strict=True))
        for n, query in enumerate(parts["queries"])
    }


@functools.cache
def ranked() -> dict[str, prior_art.JudgedRanking]:
    corpus, queries, grades = facts("corpus"), facts("queries"), judgments()
    return {
        query: prior_art.judge(hits, grades[query], corpus, queries[query]) for query, hits in bm25_rankings().items()
    }


def bm25_recall(k: int) -> float:
    values = [sum(g > 0 for g in one.grades[:k]) / len(one.ideal) for one in ranked().values()]
    return sum(values) / len(values)


def test_keywords_alone_neither_solve_nor_miss_the_search() -> None:
    print(f"BM25: Recall@10 {bm25_recall(10):.3f}, Recall@100 {bm25_recall(100):.3f}")
    assert 0.3 < bm25_recall(10) <= 0.85
    assert bm25_recall(10) < bm25_recall(100) <= 1.0


def test_distractors_stand_high_in_a_keyword_ranking() -> None:
    ahead = [sum(g <= 0 for g in one.grades[:5]) for one in ranked().values()]
    assert sum(count >= 2 for count in ahead) >= 40


def test_later_documents_tempt_a_tool_that_ignores_dates() -> None:
    corpus, queries = facts("corpus"), facts("queries")
    tempted = 0
    for query, hits in bm25_rankings().items():
        tempted += any(prior_art.is_late(corpus[document], queries[query]) for document, _ in hits[:10])
    assert tempted >= 40


# --- translation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAIRS)
def test_translation_counts(name: str) -> None:
    rows = benchmark(name).parts["test"]
    assert len(rows) >= 150
    registers = Counter(row["register"] for row in rows)
    assert set(registers) == {"title", "abstract", "claim"}
    assert min(registers.values()) >= 30
    assert len({row["source"] for row in rows}) == len(rows)
    assert sum(bool(re.search(r"\d", row["source"])) for row in rows) >= 100


def test_both_pairs_translate_the_same_segments() -> None:
    sources = [[(r["id"], r["source"], r["register"]) for r in benchmark(name).parts["test"]] for name in PAIRS]
    assert sources[0] == sources[1]


@pytest.mark.parametrize("name", PAIRS)
def test_reference_translations_keep_what_must_survive(name: str) -> None:
    manifest = benchmark(name).manifest
    assert manifest.source_language
    assert manifest.target_language
    ours, theirs = decimal_separator(manifest.source_language), decimal_separator(manifest.target_language)
    assert (ours, theirs) == (".", ",")
    for row in benchmark(name).parts["test"]:
        source, target = row["source"], row["target"]
        assert preservation.numbers(source, ours) == preservation.numbers(target, theirs), row["id"]
        assert preservation.reference_signs(source) == preservation.reference_signs(target), row["id"]
        assert preservation.claim_references(source) == preservation.claim_references(target), row["id"]
        plain = re.sub(r"(?<=\d )(?:wt|vol)(?=%)", "", source)  # '2 wt%' is '2% em peso'
        assert preservation.units(plain) == preservation.units(target), row["id"]
        assert all(preservation.terms_kept(target, [term["targets"] for term in row["terms"]])), row["id"]


@pytest.mark.parametrize("name", PAIRS)
def test_numbers_are_written_as_in_the_target_language(name: str) -> None:
    for row in benchmark(name).parts["test"]:
        assert not re.search(r"\d\.\d{1,2}(?!\d)", row["target"]), row["id"]
        assert not re.search(r"\d,\d{3}(?!\d)", row["target"]) or re.search(r"\d\.\d{3}", row["source"]), row["id"]


@pytest.mark.parametrize("name", PAIRS)
def test_glossary_holds_every_term(name: str) -> None:
    with (ROOT / name / "glossary.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert list(rows[0]) == ["source", "targets"]
    glossary = {row["source"].casefold(): row["targets"].casefold().split(" | ") for row in rows}
    assert len(glossary) == len(rows)
    used = set()
    for segment in benchmark(name).parts["test"]:
        assert 1 <= len(segment["terms"]) <= 4, segment["id"]
        for term in segment["terms"]:
            assert term["source"].casefold() in segment["source"].casefold(), segment["id"]
            assert {target.casefold() for target in term["targets"]} <= set(glossary[term["source"].casefold()])
            used.add(term["source"].casefold())
    assert used == set(glossary)


@pytest.mark.parametrize(
    ("name", "formula"), [(PAIRS[0], r"caracterizad[oa]s? pel[oa]"), (PAIRS[1], r"caracterizad[oa]s? por")]
)
def test_independent_claims_are_written_in_the_usage_of_the_office(name: str, formula: str) -> None:
    claims = [row for row in benchmark(name).parts["test"] if row["register"] == "claim"]
    characterised = sum(bool(re.search(formula, row["target"])) for row in claims)
    assert characterised >= 0.8 * len(claims)
    assert not any("caracterizado porque" in row["target"] for row in claims)


# --- nothing is a copy of anything -------------------------------------------------------------------------------


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    tokens = re.findall(r"\w+", text.lower())
    return frozenset(zip(tokens, tokens[1:], tokens[2:], strict=False))


def near_duplicates(texts: Mapping[str, str], limit: float = 0.2) -> list[tuple[str, str, float]]:
    """Pairs of texts whose word 3-grams have a Jaccard index above ``limit``."""
    sets = {key: shingles(text) for key, text in texts.items()}
    holders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    shared: Counter[tuple[str, str]] = Counter()
    for key, grams in sets.items():
        for gram in grams:
            shared.update((other, key) for other in holders[gram])
            holders[gram].append(key)
    found = []
    for (one, two), both in shared.items():
        jaccard = both / (len(sets[one]) + len(sets[two]) - both)
        if jaccard > limit:
            found.append((one, two, round(jaccard, 3)))
    return found


def test_the_detector_finds_a_planted_near_duplicate() -> None:
    texts = {row["id"]: row["text"] for row in applications()[:20]}
    victim = sorted(texts)[0]
    planted = texts[victim].split()
    planted[10] = planted[40] = planted[70] = "changed"
    found = near_duplicates(texts | {"planted": " ".join(planted)})
    assert [pair[:2] for pair in found] == [(victim, "planted")]


def test_no_application_is_a_near_duplicate() -> None:
    assert not near_duplicates({row["id"]: row["text"] for row in applications()})


def test_no_search_text_is_a_near_duplicate() -> None:
    parts = benchmark(SEARCH).parts
    texts = {row["id"]: row["text"] for row in [*parts["corpus"], *parts["queries"]]}
    assert not near_duplicates(texts)


def test_no_segment_is_a_near_duplicate() -> None:
    segments = {row["id"]: row["source"] for row in benchmark(PAIRS[0]).parts["test"] if words(row["source"]) > 12}
    assert not near_duplicates(segments, 0.3)
