"""Label measures against scikit-learn, and hierarchical F1 against values worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, top_k_accuracy_score
from sklearn.preprocessing import MultiLabelBinarizer

from wild_aieval.metrics import aggregates, labels, statistics
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.standards import ipc

CLASSES = [f"C{number}" for number in range(12)]


def _single(seed: int, n: int = 300) -> tuple[list[str], list[str]]:
    """Truths from 8 classes, guesses from 12 with about half right: some classes on one side only."""
    generator = np.random.default_rng(seed)
    truths = generator.choice(CLASSES[:8], n, p=np.arange(1, 9) / 36)
    wrong = generator.choice(CLASSES[2:], n)
    return truths.tolist(), np.where(generator.random(n) < 0.5, truths, wrong).tolist()


def _macro_f1(predicted: list[list[str]], truths: list[list[str]]) -> float:
    counts, classes = labels.class_counts(predicted, truths)
    return Aggregate("macro_f1", counts, "macro", classes).value()


@pytest.mark.parametrize("seed", range(5))
def test_single_label_measures_equal_scikit_learn(seed: int) -> None:
    truths, guesses = _single(seed)
    wrapped = [[guess] for guess in guesses], [[truth] for truth in truths]
    overlap = labels.set_overlap(*wrapped).sum(axis=0, keepdims=True)

    assert labels.hits(*wrapped, 1).mean() == pytest.approx(accuracy_score(truths, guesses), abs=1e-12)
    assert aggregates.f1_of_overlap(overlap)[0] == pytest.approx(f1_score(truths, guesses, average="micro"), abs=1e-12)
    expected = f1_score(truths, guesses, average="macro", zero_division=0)
    assert _macro_f1(*wrapped) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_multi_label_measures_equal_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truths = [generator.choice(CLASSES[:9], generator.integers(1, 4), replace=False).tolist() for _ in range(200)]
    guesses = [generator.choice(CLASSES[3:], generator.integers(0, 4), replace=False).tolist() for _ in range(200)]
    binarizer = MultiLabelBinarizer().fit(truths + guesses)
    matrices = binarizer.transform(truths), binarizer.transform(guesses)

    overlap = labels.set_overlap(guesses, truths).sum(axis=0, keepdims=True)
    micro = f1_score(*matrices, average="micro", zero_division=0)
    macro = f1_score(*matrices, average="macro", zero_division=0)
    assert aggregates.f1_of_overlap(overlap)[0] == pytest.approx(micro, abs=1e-12)
    assert _macro_f1(guesses, truths) == pytest.approx(macro, abs=1e-12)


def test_three_guesses_equal_top_3_accuracy() -> None:
    generator = np.random.default_rng(7)
    scores = generator.random((250, len(CLASSES)))
    truths = np.arange(250) % len(CLASSES)
    ranked = [[CLASSES[column] for column in row] for row in np.argsort(-scores, axis=1)]
    mine = labels.hits(ranked, [[CLASSES[truth]] for truth in truths], 3).mean()
    assert mine == pytest.approx(top_k_accuracy_score(truths, scores, k=3), abs=1e-12)


def test_an_item_in_error_is_wrong_in_every_measure() -> None:
    # Truths a, a, b; guesses a, none, b. scikit-learn gets a class of its own for "none", left out of labels.
    guesses, truths = [["a"], [], ["b"]], [["a"], ["a"], ["b"]]
    expected = f1_score(["a", "a", "b"], ["a", "none", "b"], labels=["a", "b"], average="macro")
    assert labels.hits(guesses, truths, 3).tolist() == [1, 0, 1]
    assert _macro_f1(guesses, truths) == pytest.approx(expected)


def test_macro_f1_of_each_resample_leaves_absent_classes_out() -> None:
    truths, guesses = _single(3, n=40)
    indicators, _ = labels.class_counts([[guess] for guess in guesses], [[truth] for truth in truths])
    generator = np.random.default_rng(0)
    draws = generator.integers(0, 40, (50, 40))
    counts = np.array([np.bincount(draw, minlength=40) for draw in draws], dtype=np.float64)
    mine = aggregates.macro_f1_of_counts(counts @ indicators)
    theirs = [
        f1_score(np.array(truths)[draw], np.array(guesses)[draw], average="macro", zero_division=0) for draw in draws
    ]
    assert mine == pytest.approx(np.array(theirs), abs=1e-12)


def test_hierarchical_f1_by_hand() -> None:
    # True A61B 5/02: {A, A61, A61B}. Guess A61K: {A, A61, A61K}, 2 in common of 3 and 3.
    # True G06F: {G, G06, G06F}. Guess H04L: nothing in common. Together 2 * 2 / (6 + 6) = 1/3.
    predicted = [ipc.ancestors("A61K 8/00", "subclass"), ipc.ancestors("H04L 9/00", "subclass")]
    truths = [ipc.ancestors("A61B 5/02", "subclass"), ipc.ancestors("G06F 1/00", "subclass")]
    overlap = labels.set_overlap(predicted, truths)
    assert overlap.tolist() == [[2, 3, 3], [0, 3, 3]]
    assert aggregates.f1_of_overlap(overlap).tolist() == pytest.approx([2 / 3, 0])
    assert aggregates.f1_of_overlap(overlap.sum(axis=0, keepdims=True))[0] == pytest.approx(1 / 3)


def test_hierarchical_f1_of_three_guesses_by_hand() -> None:
    # Guesses A61B, A61K, G06F: {A, A61, A61B, A61K, G, G06, G06F} (7); truth {A, A61, A61B} (3);
    # 3 in common: 2 * 3 / (7 + 3) = 0.6.
    predicted = [frozenset().union(*(ipc.ancestors(guess) for guess in ("A61B", "A61K", "G06F")))]
    overlap = labels.set_overlap(predicted, [ipc.ancestors("A61B")])
    assert aggregates.f1_of_overlap(overlap)[0] == pytest.approx(0.6)


def test_nothing_predicted_and_nothing_true_is_not_measured() -> None:
    counts, classes = labels.class_counts([], [])
    assert (counts.shape, classes) == ((0, 0), ())
    found = statistics.summarise(
        {
            "f1": Aggregate("f1", labels.set_overlap([[]], [[]]), "f1"),
            "macro": Aggregate("macro_f1", counts, "macro", classes),
        },
        None,
        0,
    )
    assert {(value.value, value.low, value.high, value.n) for value in found.values()} == {(None, None, None, 0)}
    assert found["f1"].signature == "f1|ci:none"


def test_laying_the_classes_of_two_systems_over_each_other_changes_no_value() -> None:
    truths, guesses = _single(1)
    # C11 is guessed by one system only, Z by the other only, neither is ever true.
    sides = [[guess] for guess in guesses], [["Z" if guess == "C11" else guess] for guess in guesses]
    systems = []
    for predicted in sides:
        counts, classes = labels.class_counts(predicted, [[truth] for truth in truths])
        systems.append(Aggregate("macro_f1", counts, "macro", classes))
    assert systems[0].columns != systems[1].columns
    laid = aggregates.same_columns(*systems)
    assert laid[0].columns == laid[1].columns == tuple(sorted({*systems[0].columns, *systems[1].columns}))
    for before, after in zip(systems, laid, strict=True):
        assert after.value() == pytest.approx(before.value(), abs=1e-12)
        assert after.rows.sum() == before.rows.sum()
