"""What a manager repeats: each rule in each language, and the catalogues that hold the words."""

import re
from importlib import resources
from itertools import product
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from wild_aieval.comparison.sentences import LANGUAGES, speaker
from wild_aieval.comparison.wording import Words

FOLDER = resources.files("wild_aieval.comparison")
NARROW, BROAD = "\u202f", "\u00a0"


def french(text):
    """The spaces of French: narrow and unbroken before ';' and between thousands, unbroken before ':'."""
    return re.sub(r"(?<=\d) (?=\d{3})", NARROW, text.replace(" ;", f"{NARROW};").replace(" :", f"{BROAD}:"))


def pair(one="hybrid", other="bm25", effect=0.0727, low=0.0431, high=0.1037, **more):
    return {
        "one": one,
        "other": other,
        "effect": effect,
        "low": low,
        "high": high,
        "p": 0.0001,
        "items": 398,
        "units": 398,
        "identical": False,
        "partial": [],
        "told_apart": True,
        "items_needed": None,
    } | more


def tied(one="hybrid", other="minilm", effect=0.0232, low=-0.0071, high=0.0572, items_needed=2352, **more):
    return pair(one, other, effect, low, high, **{"told_apart": False, "items_needed": items_needed, "p": 0.15} | more)


def system(name, value=0.5, errors=0, asked=40, partial=False):
    return {"name": name, "value": value, "partial": partial, "counts": {"errors": errors, "asked": asked}}


def group(*pairs, systems=None, **more):
    names = list(dict.fromkeys(name for found in pairs for name in (found["one"], found["other"])))
    return {
        "task": "search",
        "benchmark": "search/us-citations",
        "version": "1.0.0",
        "measure": "recall_10",
        "lower_is_better": False,
        "synthetic": False,
        "items": 398,
        "cluster": None,
        "clusters": None,
        "family": "all pairs",
        "systems": systems or [system(name) for name in names],
        "pairs": list(pairs),
    } | more


def said(language, found, **more):
    return speaker(language).pair(group(found, **more), found)


def check(sentences, say):
    """``say`` gives the expected sentence in each language; French is written with plain spaces here."""
    expected = dict(zip(LANGUAGES, sentences, strict=True))
    expected["fr"] = french(expected["fr"])
    assert {language: say(language) for language in LANGUAGES} == expected


TRANSLATION = {"task": "translation", "benchmark": "translation/pct-es", "measure": "chrf2pp"}
CLUSTERED = TRANSLATION | {"cluster": "document", "clusters": 25}


def test_two_systems_that_are_told_apart():
    check(
        (
            "On search/us-citations 1.0.0 (n = 398 queries), hybrid is better than bm25 by 7.3 percentage points of "
            "Recall@10 [4.3, 10.4].",
            "Sur search/us-citations 1.0.0 (n = 398 requêtes), hybrid devance bm25 de 7,3 points de pourcentage "
            "(intervalle [4,3 ; 10,4]) pour le rappel@10.",
            "En search/us-citations 1.0.0 (n = 398 consultas), hybrid es mejor que bm25 en 7,3 puntos porcentuales "
            "(intervalo [4,3; 10,4]) según la exhaustividad@10.",
        ),
        lambda language: said(language, pair()),
    )


def test_clusters_and_a_score_out_of_a_hundred():
    found = pair("B", "A", 3.14, 1.92, 4.41, items=329, units=25)
    check(
        (
            "On translation/pct-es 1.0.0 (n = 329 segments in 25 documents), B is better than A by 3.1 chrF++ "
            "[1.9, 4.4].",
            "Sur translation/pct-es 1.0.0 (n = 329 segments dans 25 documents), B devance A de 3,1 points "
            "(intervalle [1,9 ; 4,4]) pour le score chrF++.",
            "En translation/pct-es 1.0.0 (n = 329 segmentos en 25 documentos), B es mejor que A en 3,1 puntos "
            "(intervalo [1,9; 4,4]) según la puntuación chrF++.",
        ),
        lambda language: said(language, found, **CLUSTERED),
    )


def test_a_ratio_has_three_decimals():
    found = pair(effect=0.0341, low=0.0102, high=0.0588)
    check(
        (
            "On search/us-citations 1.0.0 (n = 398 queries), hybrid is better than bm25 by 0.034 in nDCG@10 "
            "[0.010, 0.059].",
            "Sur search/us-citations 1.0.0 (n = 398 requêtes), hybrid devance bm25 de 0,034 "
            "(intervalle [0,010 ; 0,059]) pour le nDCG@10.",
            "En search/us-citations 1.0.0 (n = 398 consultas), hybrid es mejor que bm25 en 0,034 "
            "(intervalo [0,010; 0,059]) según el nDCG@10.",
        ),
        lambda language: said(language, found, measure="ndcg_10"),
    )


def test_lower_is_better_names_the_lower_one_and_says_so():
    found = pair("A", "B", 2.5, 1.0, 4.0)
    check(
        (
            "On translation/pct-es 1.0.0 (n = 398 segments), B is better than A by 2.5 TER (lower is better) "
            "[1.0, 4.0].",
            "Sur translation/pct-es 1.0.0 (n = 398 segments), B devance A de 2,5 points (intervalle [1,0 ; 4,0]) pour "
            "le taux TER (une valeur plus basse est meilleure).",
            "En translation/pct-es 1.0.0 (n = 398 segmentos), B es mejor que A en 2,5 puntos (intervalo [1,0; 4,0]) "
            "según la tasa TER (un valor más bajo es mejor).",
        ),
        lambda language: said(language, found, **TRANSLATION | {"measure": "ter", "lower_is_better": True}),
    )


@given(effect=st.floats(0.06, 0.9), lower=st.booleans(), turned=st.booleans(), language=st.sampled_from(LANGUAGES))
def test_the_better_system_comes_first_whatever_the_order_and_the_direction(effect, lower, turned, language):
    scores = {"good": 0.95 - effect if lower else 0.05 + effect, "bad": 0.95 if lower else 0.05}
    one, other = ("bad", "good") if turned else ("good", "bad")
    away = scores[one] - scores[other]
    found = pair(one, other, away, away - 0.05, away + 0.05)
    sentence = said(language, found, lower_is_better=lower)
    assert re.search(r"\), (\w+) ", sentence).group(1) == "good"
    comma = sentence.replace(",", ".") if language != "en" else sentence
    low, high = (float(number) for number in re.search(r"\[([\d.]+)\W+([\d.]+)\]", comma).groups())
    assert low == pytest.approx(100 * effect - 5, abs=0.06)
    assert high == pytest.approx(100 * effect + 5, abs=0.06)


@pytest.mark.parametrize("turned", [False, True])
def test_two_systems_that_cannot_be_told_apart(turned):
    found = tied("minilm", "hybrid", -0.0232, -0.0572, 0.0071) if turned else tied()
    check(
        (
            "On search/us-citations 1.0.0 (n = 398 queries), hybrid and minilm cannot be told apart by Recall@10: the "
            "difference is 2.3 percentage points [-0.7, 5.7]; about 2,000 more queries would be needed at this "
            "difference.",
            "Sur search/us-citations 1.0.0 (n = 398 requêtes), hybrid et minilm ne peuvent être départagés d'après le "
            "rappel@10 : l'écart est de 2,3 points de pourcentage (intervalle [-0,7 ; 5,7]) ; à écart égal, il "
            "faudrait environ 2 000 requêtes supplémentaires.",
            "En search/us-citations 1.0.0 (n = 398 consultas), hybrid y minilm no se pueden distinguir según la "
            "exhaustividad@10: la diferencia es de 2,3 puntos porcentuales (intervalo [-0,7; 5,7]); con esa misma "
            "diferencia haría falta disponer de aproximadamente 2.000 consultas más.",
        ),
        lambda language: said(language, found),
    )


def test_scores_that_cannot_be_told_apart_need_segments_of_new_documents():
    found = tied("B", "A", 1.24, -0.4, 2.9, items=329, units=25, items_needed=900)
    check(
        (
            "On translation/pct-es 1.0.0 (n = 329 segments in 25 documents), B and A cannot be told apart by chrF++: "
            "the difference is 1.2 points [-0.4, 2.9]; about 580 more segments from new documents would be needed at "
            "this difference.",
            "Sur translation/pct-es 1.0.0 (n = 329 segments dans 25 documents), B et A ne peuvent être départagés "
            "d'après le score chrF++ : l'écart est de 1,2 point (intervalle [-0,4 ; 2,9]) ; à écart égal, il faudrait "
            "environ 580 segments supplémentaires provenant de nouveaux documents.",
            "En translation/pct-es 1.0.0 (n = 329 segmentos en 25 documentos), B y A no se pueden distinguir según la "
            "puntuación chrF++: la diferencia es de 1,2 puntos (intervalo [-0,4; 2,9]); con esa misma diferencia haría "
            "falta disponer de aproximadamente 580 segmentos más procedentes de nuevos documentos.",
        ),
        lambda language: said(language, found, **CLUSTERED),
    )


@pytest.mark.parametrize(
    ("needed", "english", "spanish"),
    [
        (399, "; about 1 more query would", "aproximadamente 1 consulta más."),
        (398 + 99, "; about 99 more queries would", "aproximadamente 99 consultas más."),
        (398 + 1001, "; about 1,100 more queries would", "aproximadamente 1.100 consultas más."),
        (398 + 99_999, "; about 100,000 more queries would", "aproximadamente 100.000 consultas más."),
        (398 + 100_000, "; about 100,000 more queries would", "aproximadamente 100.000 consultas más."),
        (398 + 100_001, "; more than 100,000 more queries would", "más de 100.000 consultas más."),
        (10**9, "; more than 100,000 more queries would", "más de 100.000 consultas más."),
    ],
)
def test_what_more_would_be_needed_is_rounded_up(needed, english, spanish):
    found = tied(items_needed=needed)
    assert f"{english} be needed at this difference." in said("en", found)
    assert said("es", found).endswith(spanish)


@pytest.mark.parametrize("needed", [None, 398, 12])
def test_nothing_is_said_of_more_items_where_it_is_not_known_or_they_are_there(needed):
    assert said("en", tied(items_needed=needed)).endswith("the difference is 2.3 percentage points [-0.7, 5.7].")


def test_a_difference_of_zero_that_is_not_identical():
    found = tied(effect=0.0, low=-0.0102, high=0.0099, items_needed=None)
    check(
        (
            "On search/us-citations 1.0.0 (n = 398 queries), hybrid and minilm cannot be told apart by Recall@10: the "
            "difference is 0.0 percentage points [-1.0, 1.0]; no number of items would show a difference of 0.",
            "Sur search/us-citations 1.0.0 (n = 398 requêtes), hybrid et minilm ne peuvent être départagés d'après le "
            "rappel@10 : l'écart est de 0,0 point de pourcentage (intervalle [-1,0 ; 1,0]) ; aucun nombre d'éléments "
            "ne ferait apparaître un écart nul.",
            "En search/us-citations 1.0.0 (n = 398 consultas), hybrid y minilm no se pueden distinguir según la "
            "exhaustividad@10: la diferencia es de 0,0 puntos porcentuales (intervalo [-1,0; 1,0]); ningún número de "
            "elementos mostraría una diferencia nula.",
        ),
        lambda language: said(language, found),
    )


def test_identical_on_every_item_and_synthetic_once():
    found = tied("A", "B", 0.0, 0.0, 0.0, items_needed=None, p=1.0, identical=True, items=40, units=40)
    check(
        (
            "On search/us-citations 1.0.0 (n = 40 queries, synthetic texts), A and B give the same score on every "
            "item.",
            "Sur search/us-citations 1.0.0 (n = 40 requêtes, textes synthétiques), A et B obtiennent le même score "
            "pour chaque élément.",
            "En search/us-citations 1.0.0 (n = 40 consultas, textos sintéticos), A y B obtienen la misma puntuación "
            "en todos los elementos.",
        ),
        lambda language: said(language, found, synthetic=True),
    )


def test_a_partial_run_has_no_winner():
    found = tied("A", "B", 0.4, 0.3, 0.5, items=40, units=40, partial=["A"], p=0.0001)
    systems = [system("A", errors=12, partial=True), system("B")]
    check(
        (
            "No winner is named between A and B on search/us-citations 1.0.0 (n = 40 queries): the run of A is partial "
            "(12 of 40 items are in error).",
            "Aucun vainqueur n'est désigné entre A et B sur search/us-citations 1.0.0 (n = 40 requêtes) : l'exécution "
            "du système A est partielle (12 éléments sur 40 en erreur).",
            "No se designa ningún ganador entre A y B en search/us-citations 1.0.0 (n = 40 consultas): la ejecución de "
            "A es parcial (12 de 40 elementos con error).",
        ),
        lambda language: said(language, found, systems=systems),
    )


def test_two_partial_runs_are_both_named():
    found = tied("A", "B", partial=["A", "B"], items=40, units=40)
    systems = [system("A", errors=1, partial=True), system("B", errors=3, partial=True)]
    assert said("en", found, systems=systems).endswith(
        ": the run of A is partial (1 of 40 items is in error); the run of B is partial (3 of 40 items are in error)."
    )
    assert said("fr", found, systems=systems).endswith(
        french(
            " : l'exécution du système A est partielle (1 élément sur 40 en erreur) ; l'exécution du système B est "
            "partielle (3 éléments sur 40 en erreur)."
        )
    )


FEW = {"p": None, "low": None, "high": None, "items_needed": None}


def test_too_few_items():
    found = tied("A", "B", 0.125, items=8, units=8, **FEW)
    check(
        (
            "On search/us-citations 1.0.0 (n = 8 queries), nothing can be said about A against B: fewer than 10 items. "
            "A scores 0.375 and B 0.250.",
            "Sur search/us-citations 1.0.0 (n = 8 requêtes), on ne peut rien dire du système A par rapport à B : moins "
            "de 10 éléments. A obtient 0,375 et B 0,250.",
            "En search/us-citations 1.0.0 (n = 8 consultas), no se puede afirmar nada de A frente a B: menos de 10 "
            "elementos. A obtiene 0,375; B, 0,250.",
        ),
        lambda language: said(language, found, systems=[system("A", 0.375), system("B", 0.25)]),
    )


@pytest.mark.parametrize(
    ("cluster", "english", "french_", "spanish"),
    [
        ("document", "documents", "documents", "documentos"),
        ("family", "families", "familles de brevets", "familias de patentes"),
        ("applicant", "applicants", "déposants", "solicitantes"),
        ("batch", "clusters", "groupes", "grupos"),
        (None, "clusters", "groupes", "grupos"),
    ],
)
def test_too_few_clusters(cluster, english, french_, spanish):
    found = tied("A", "B", 1.2, items=200, units=9, **FEW)
    more = TRANSLATION | {"cluster": cluster, "clusters": 9, "systems": [system("A", 41.26), system("B", 40.04)]}
    assert f"fewer than 10 {english}. A scores 41.3 and B 40.0." in said("en", found, **more)
    assert f"moins de 10 {french_}. A obtient 41,3 et B 40,0." in said("fr", found, **more)
    assert f"menos de 10 {spanish}. A obtiene 41,3; B, 40,0." in said("es", found, **more)
    assert f"9 {english})" in said("en", found, **more)


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_measure_without_a_value(value):
    found = tied("A", "B", value, **FEW)
    more = {"measure": "terms_kept", "systems": [system("A", value), system("B", 0.3)]}
    assert said("en", found, **more).endswith(
        "nothing can be said about A against B: glossary terms kept is not measured."
    )
    assert said("fr", found, **more).endswith("aucune valeur n'est mesurée pour le respect des termes du glossaire.")
    assert said("es", found, **more).endswith("no hay valores medidos para el uso de los términos del glosario.")


def ranking(names, ties, **more):
    """All pairs of ``names`` (best first); those in ``ties`` cannot be told apart."""
    pairs = [
        (tied if {one, other} in ties else pair)(one, other) for n, one in enumerate(names) for other in names[n + 1 :]
    ]
    return group(*pairs, systems=[system(name) for name in names], **more)


def test_one_leads():
    found = ranking(["minilm", "knn", "tfidf", "majority"], [], task="classification")
    found["measure"] = "subclass.first_guess.any"
    found["benchmark"] = "classification/us-grants"
    for one in found["pairs"]:
        one["items"] = one["units"] = 1578
    check(
        (
            "By first guess of any assigned symbol at subclass, "
            "minilm leads the 4 systems on classification/us-grants 1.0.0 (n = 1,578 "
            "documents).",
            "D'après la première proposition pour un symbole attribué quelconque au niveau sous-classe, "
            "minilm est en tête des 4 systèmes sur "
            "classification/us-grants 1.0.0 (n = 1 578 documents).",
            "Según la primera propuesta para cualquier símbolo asignado a nivel de subclase, "
            "minilm va a la cabeza de los 4 sistemas en "
            "classification/us-grants 1.0.0 (n = 1.578 documentos).",
        ),
        lambda language: speaker(language).benchmark(found),
    )


def test_several_lead():
    found = ranking(["hybrid", "minilm", "bm25", "random"], [{"hybrid", "minilm"}])
    check(
        (
            "By Recall@10, hybrid and minilm lead the 4 systems on search/us-citations 1.0.0 (n = 398 queries); they "
            "cannot be told apart.",
            "D'après le rappel@10, hybrid et minilm sont en tête des 4 systèmes sur search/us-citations 1.0.0 (n = 398 "
            "requêtes) ; ils ne peuvent être départagés.",
            "Según la exhaustividad@10, hybrid y minilm van a la cabeza de los 4 sistemas en search/us-citations 1.0.0 "
            "(n = 398 consultas); no se pueden distinguir entre sí.",
        ),
        lambda language: speaker(language).benchmark(found),
    )


def test_all_tie():
    found = ranking(["A", "B", "C"], [{"A", "B"}, {"A", "C"}, {"B", "C"}])
    check(
        (
            "By Recall@10, A, B, and C cannot be told apart on search/us-citations 1.0.0 (n = 398 queries).",
            "D'après le rappel@10, A, B et C ne peuvent être départagés sur search/us-citations 1.0.0 (n = 398 "
            "requêtes).",
            "Según la exhaustividad@10, A, B y C no se pueden distinguir entre sí en search/us-citations 1.0.0 (n = "
            "398 consultas).",
        ),
        lambda language: speaker(language).benchmark(found),
    )


@pytest.mark.parametrize("ties", [[{"A", "B"}, {"B", "C"}], [{"A", "B"}, {"A", "C"}]])
def test_overlapping_ties_claim_no_more_than_the_test_found(ties):
    found = ranking(["A", "B", "C"], ties)
    others = (
        {"en": "B", "fr": "B", "es": "B"} if {"B", "C"} in ties else {"en": "B and C", "fr": "B et C", "es": "B y C"}
    )
    check(
        (
            "By Recall@10, A ranks first of the 3 systems on search/us-citations 1.0.0 (n = 398 queries); it cannot be "
            f"told apart from {others['en']}.",
            "D'après le rappel@10, A arrive au premier rang des 3 systèmes sur search/us-citations 1.0.0 (n = 398 "
            f"requêtes), mais son écart avec {others['fr']} n'est pas établi.",
            "Según la exhaustividad@10, A ocupa el primer puesto entre los 3 sistemas en search/us-citations 1.0.0 (n "
            f"= 398 consultas), pero no se puede distinguir de {others['es']}.",
        ),
        lambda language: speaker(language).benchmark(found),
    )


def test_against_a_baseline():
    found = group(
        pair("hybrid"),
        pair("rerank"),
        tied("minilm", "bm25"),
        pair("random", "bm25", -0.35, -0.4, -0.3),
        family="against bm25",
    )
    check(
        (
            "By Recall@10 on search/us-citations 1.0.0 (n = 398 queries), hybrid and rerank are better than bm25; "
            "random is worse than bm25; minilm cannot be told apart from bm25.",
            "D'après le rappel@10 sur search/us-citations 1.0.0 (n = 398 requêtes), hybrid et rerank devancent bm25 ; "
            "random est devancé par bm25 ; minilm ne peut être distingué du système bm25.",
            "Según la exhaustividad@10 en search/us-citations 1.0.0 (n = 398 consultas), hybrid y rerank son mejores "
            "que bm25; random es peor que bm25; minilm no se puede distinguir de bm25.",
        ),
        lambda language: speaker(language).benchmark(found),
    )


def test_against_a_baseline_with_a_measure_that_is_better_when_lower():
    pairs = (pair("low", "base", -0.1, -0.2, -0.05), pair("high", "base", 0.1, 0.05, 0.2))
    found = group(*pairs, family="against base", measure="date_violation_rate", lower_is_better=True)
    assert speaker("en").benchmark(found) == (
        "By date violation rate (lower is better) on search/us-citations 1.0.0 (n = 398 queries), low is better than "
        "base; high is worse than base."
    )


def test_a_partial_system_leaves_the_benchmark_without_a_winner():
    found = ranking(["A", "B", "C"], [])
    found["systems"][2] = system("C", errors=12, partial=True)
    check(
        (
            "No winner is named on search/us-citations 1.0.0 (n = 398 queries): the run of C is partial (12 of 40 "
            "items are in error).",
            "Aucun vainqueur n'est désigné sur search/us-citations 1.0.0 (n = 398 requêtes) : l'exécution du système C "
            "est partielle (12 éléments sur 40 en erreur).",
            "No se designa ningún ganador en search/us-citations 1.0.0 (n = 398 consultas): la ejecución de C es "
            "parcial (12 de 40 elementos con error).",
        ),
        lambda language: speaker(language).benchmark(found),
    )


def test_too_few_items_for_any_system():
    found = group(*(tied(*names, 0.1, items=8, units=8, **FEW) for names in ("AB", "AC", "BC")))
    check(
        (
            "On search/us-citations 1.0.0 (n = 8 queries), nothing can be said about the 3 systems: fewer than 10 "
            "items.",
            "Sur search/us-citations 1.0.0 (n = 8 requêtes), on ne peut rien dire des 3 systèmes : moins de 10 "
            "éléments.",
            "En search/us-citations 1.0.0 (n = 8 consultas), no se puede afirmar nada de los 3 sistemas: menos de 10 "
            "elementos.",
        ),
        lambda language: speaker(language).benchmark(found),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("family", ["all pairs", "against bm25"])
def test_two_systems_are_said_as_a_pair(language, family):
    found = group(pair(), family=family)
    assert speaker(language).benchmark(found) == speaker(language).pair(found, found["pairs"][0])


HOSTILE = ("{0}", "{one}", "{", "}}", "50%", "%s %(one)s", r"\1", "a; b: c", "<b>", "{on!r:>9}")


@pytest.mark.parametrize(("language", "name"), product(LANGUAGES, HOSTILE))
def test_names_are_put_in_as_they_are(language, name):
    kinds = (
        pair(name, "B"),
        tied(name, "B"),
        tied(name, "B", partial=[name]),
        tied(name, "B", **FEW | {"units": 8}),
        tied(name, "B", identical=True),
    )
    for found in kinds:
        sentence = said(language, found, benchmark=f"search/{name}", measure=name)
        assert name in sentence and f"search/{name} 1.0.0" in sentence
    assert name in speaker(language).benchmark(ranking([name, "B", "C"], [{name, "B"}]))
    assert name in speaker(language).benchmark(group(pair("A", name), pair("B", name), family=f"against {name}"))


@pytest.mark.parametrize("name", ["ipc-knn", "Hibrido", "INDIC"])
def test_spanish_writes_e_before_the_sound_i(name):
    assert Words("es").names(["A", name]) == f"A e {name}"
    assert Words("es").names(["A", "B", name]) == f"A, B e {name}"
    assert Words("es").names([name]) == name
    assert Words("es").names(["A", "hierro"]) == "A y hierro"


@pytest.mark.parametrize(
    ("language", "count", "effect"),
    [("en", "12,345,678 items", "0.3"), ("fr", "12 345 678 éléments", "0,3"), ("es", "12.345.678 elementos", "0,3")],
)
def test_numbers_follow_the_locale(language, count, effect):
    sentence = said(language, pair(effect=0.003, items=12_345_678), task="later")
    expected = french(count) if language == "fr" else count
    assert f"n = {expected})" in sentence
    assert f" {effect} " in sentence


def test_a_small_difference_is_not_shown_as_zero_and_no_zero_has_a_sign():
    sentence = said("en", pair(effect=0.0002, low=-0.00001, high=0.0004))
    assert "by 0.02 percentage points of Recall@10 [0.00, 0.04]." in sentence


def test_french_counts_less_than_two_as_one():
    assert "de 1,9 point de" in said("fr", pair(effect=0.019, low=0.01, high=0.03))
    assert "de 2,0 points de" in said("fr", pair(effect=0.02, low=0.01, high=0.03))
    assert "1,9 puntos" in said("es", pair(effect=0.019, low=0.01, high=0.03))


@pytest.mark.parametrize(
    ("measure", "english", "french_", "spanish"),
    [
        (
            "main_group.three_guesses.main",
            "three guesses of the main symbol at main group",
            "les trois premières propositions pour le symbole principal au niveau groupe principal",
            "las tres primeras propuestas para el símbolo principal a nivel de grupo principal",
        ),
        (
            "section.macro_f1.three",
            "macro F1 of three guesses at section",
            "le score F1 macro des trois premières propositions au niveau section",
            "la medida F1 macro de las tres primeras propuestas a nivel de sección",
        ),
        ("map_100", "MAP@100", "la MAP@100", "la MAP@100"),
        ("later.measure", "later.measure", "later.measure", "later.measure"),
        (
            "twig.first_guess.any",
            "first guess of any assigned symbol at twig",
            None,
            "la primera propuesta para cualquier símbolo asignado a nivel de twig",
        ),
    ],
)
def test_measures_in_words(measure, english, french_, spanish):
    assert Words("en").measure(measure, False) == english
    assert Words("fr").measure(measure, False) == (
        french_ or "la première proposition pour un symbole attribué quelconque au niveau twig"
    )
    assert Words("es").measure(measure, False) == spanish


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="'de'"):
        speaker("de")


def in_the_code():
    keywords = {"gettext": None, "ngettext": (1, 2), "marked": None, "marked_plural": (1, 2)}
    found = extract_from_dir(str(FOLDER), method_map=[("**.py", "python")], keywords=keywords)
    ids = {message for _, _, message, *_ in found}
    return {one for one in ids if isinstance(one, str) or all(isinstance(part, str) for part in one)}


def in_the_catalogue(file):
    with (FOLDER / "locale" / file).open("rb") as readable:
        messages = read_po(readable, locale=None if file == "messages.pot" else file.partition(".")[0])
    return [message for message in messages if message.id]


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("file", ["messages.pot", "fr.po", "es.po"])
def test_every_sentence_is_in_the_catalogue_and_no_other(file):
    assert {message.id for message in in_the_catalogue(file)} == in_the_code()


@pytest.mark.parametrize("file", ["fr.po", "es.po"])
def test_every_message_is_translated_with_its_values(file):
    for message in in_the_catalogue(file):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.id, tuple) else (message.string,)
        assert not message.fuzzy
        assert len(strings) == len(ids)
        for text in strings:
            assert text and fields(text) == fields(ids[-1]), message.id


@pytest.mark.parametrize("file", ["fr.po", "es.po"])
def test_no_state_in_which_an_answer_stands_by_itself(file):
    text = (FOLDER / "locale" / file).read_text(encoding="utf-8")
    assert not re.search(r"accepted|final", text, re.IGNORECASE)


def test_french_spaces_do_not_break_a_line_before_a_sign():
    text = (FOLDER / "locale" / "fr.po").read_text(encoding="utf-8")
    assert not re.search(r'msgstr.*[^"\u202f];', text)
    assert not re.search(r"msgstr.* :", text)
