"""Labels after a prompt: every way gives what one plain pass for each label gives, on models of many kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wild_aieval.models.local import label_scores
from wild_aieval.models.local.label_scores import LabelScorer
from wild_aieval.models.local.label_tree import LabelTree, forest
from wild_aieval.models.local.label_ways import by_cache, by_rows, by_tree

LABELS = [[5, 6, 7], [5, 6, 8, 9], [5, 10], [11], [12, 13, 13, 13, 2], [12, 6, 7]]
SINGLE = [[5], [11], [60]]
PADDING = 0
SIZES: dict[str, Any] = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
LLAMA = {**SIZES, "intermediate_size": 48, "num_key_value_heads": 2, "initializer_range": 0.4}
OLD = {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128, "initializer_range": 0.4}
# Kind of model, its settings, and the way that is taken for it.
KINDS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "llama": ("Llama", LLAMA, by_tree),
    "llama-eager": ("Llama", {**LLAMA, "attn_implementation": "eager"}, by_tree),
    "gpt2": ("GPT2", OLD, by_tree),
    "mistral-window": ("Mistral", {**LLAMA, "sliding_window": 12}, by_tree),
    "gemma2-windows": ("Gemma2", {**LLAMA, "head_dim": 8, "sliding_window": 12}, by_tree),
    "bloom-without-positions": ("Bloom", {**SIZES, "n_head": 4, "n_layer": 2, "initializer_range": 0.4}, by_cache),
    "mamba-recurrent": ("Mamba", {**SIZES, "initializer_range": 0.4}, by_rows),
    "gpt1-without-cache-or-logits-to-keep": ("OpenAIGPT", OLD, by_rows),
}


def made(kind: str) -> Any:
    import torch
    import transformers

    family, settings, _ = KINDS[kind]
    torch.manual_seed(1)
    config = getattr(transformers, f"{family}Config")(**settings)
    return transformers.AutoModelForCausalLM.from_config(config).eval()


def prompts(lengths: tuple[int, ...] = (40, 3, 17, 1, 16)) -> list[list[int]]:
    generator = np.random.default_rng(4)
    return [generator.integers(1, 64, length).tolist() for length in lengths]


def one_by_one(model: Any, labels: list[list[int]], asked: list[list[int]]) -> Any:
    """A whole pass for each prompt and label, without a cache, a mask or a batch."""
    import torch

    rows = []
    for prompt in asked:
        row = []
        for label in labels:
            with torch.no_grad():
                chances = model(torch.tensor([prompt + label])).logits[0].double().log_softmax(dim=-1)
            row.append(sum(float(chances[len(prompt) - 1 + n, token]) for n, token in enumerate(label)))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("labels", [LABELS, SINGLE], ids=["several-tokens", "one-token"])
@pytest.mark.parametrize("kind", KINDS)
def test_labels_score_as_one_by_one(kind: str, labels: list[list[int]]) -> None:
    model, asked = made(kind), prompts()
    expected = one_by_one(model, labels, asked)
    assert np.ptp(expected) > 1
    scorer = LabelScorer(model, labels, PADDING)
    found = np.array(scorer.scores(asked))
    assert np.abs(found - expected).max() < 1e-4
    assert (found.argsort(axis=1) == expected.argsort(axis=1)).all()
    assert scorer._ways[0] is KINDS[kind][2] or labels is SINGLE
    alone = np.concatenate([scorer.scores([prompt]) for prompt in asked])
    assert np.abs(alone - expected).max() < 1e-4


@pytest.mark.parametrize("way", [by_tree, by_cache, by_rows])
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_each_way_alone(kind: str, way: Callable[..., Any]) -> None:
    import torch

    model, asked = made(kind), prompts()
    with torch.inference_mode():
        found = way(model, LabelTree(LABELS), asked, PADDING)
    assert np.abs(found - one_by_one(model, LABELS, asked)).max() < 1e-4


def test_no_more_logits_are_computed_than_are_needed() -> None:
    model, shapes = made("llama"), []
    model.lm_head.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape)))
    scorer = LabelScorer(model, LABELS, PADDING)
    asked = prompts((20, 19, 18))
    scorer.scores(asked)
    scorer.scores(asked)
    assert scorer.nodes == 8
    assert shapes[0] == shapes[-1] == (3, 9, 64)
    assert all(rows <= 2 for rows, _, _ in shapes[1:-1]), "samples, once"


def test_a_model_that_passes_over_the_mask_is_found_out() -> None:
    model = made("llama")
    inner = model.model.forward
    model.model.forward = lambda **inputs: inner(**{**inputs, "attention_mask": None})
    scorer = LabelScorer(model, LABELS, PADDING)
    found = np.array(scorer.scores(prompts()))
    assert by_tree not in scorer._ways
    assert np.abs(found - one_by_one(model, LABELS, prompts())).max() < 1e-4


def test_a_window_that_only_a_later_prompt_reaches_is_found_out() -> None:
    model = made("llama")
    inner = model.model.forward

    def windowed(**inputs: Any) -> Any:
        mask = inputs["attention_mask"]
        if mask is not None and mask.ndim == 4 and mask.shape[-1] > 30:
            inputs["attention_mask"] = mask.tril(-1) + mask.triu(1)[..., :1]  # sees what it should not
        return inner(**inputs)

    model.model.forward = windowed
    scorer = LabelScorer(model, LABELS, PADDING)
    scorer.scores(prompts((10, 9)))
    assert scorer._ways[0] is by_tree
    found = np.array(scorer.scores(prompts((40, 9))))
    assert by_tree not in scorer._ways
    assert np.abs(found - one_by_one(made("llama"), LABELS, prompts((40, 9)))).max() < 1e-4


def test_many_labels_are_read_in_several_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_scores, "_LARGEST_TREE", 4)
    model = made("llama")
    scorer = LabelScorer(model, LABELS, PADDING)
    assert scorer.nodes == 4
    found = np.array(scorer.scores(prompts()))
    assert np.abs(found - one_by_one(model, LABELS, prompts())).max() < 1e-4


def test_a_prompt_that_has_no_memory_for_all_labels_reads_them_in_smaller_trees() -> None:
    model = made("llama")
    inner, sizes = model.model.forward, []

    def short(**inputs: Any) -> Any:
        sizes.append(inputs["input_ids"].shape)
        if inputs["input_ids"].shape[1] > 44:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return inner(**inputs)

    model.model.forward = short
    scorer = LabelScorer(model, LABELS, PADDING)
    asked = prompts((40,))
    with pytest.raises(RuntimeError, match="can't allocate"):
        LabelScorer(model, LABELS, PADDING).scores(prompts((40, 39)))
    sizes.clear()
    found = np.array(scorer.scores(asked))
    assert sizes[0] == (1, 48)
    assert np.abs(found - one_by_one(made("llama"), LABELS, asked)).max() < 1e-4
    with pytest.raises(RuntimeError, match="can't allocate"):
        scorer.scores(prompts((60,)))


def test_prompts_in_a_batch_are_bounded_by_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = LabelScorer(made("llama"), LABELS, PADDING)
    one = scorer._bytes(100 + scorer.nodes)
    for free, most in ((None, 10**6), (0, 1), (one, 1), (20 * one, 10)):
        monkeypatch.setattr(label_scores, "free_bytes", lambda device, free=free: free)
        assert scorer.most(100) == most


def test_a_tree_reads_what_labels_share_once() -> None:
    tree = LabelTree(LABELS)
    assert tree.tokens == [5, 6, 8, 12, 13, 13, 13, 6]
    assert tree.depths.tolist() == [1, 2, 3, 1, 2, 3, 4, 2]
    assert tree.sees[2].tolist() == [True, True, True, False, False, False, False, False]
    assert tree.ways == [[5, 6, 8], [12, 13, 13, 13], [12, 6]]
    assert LabelTree(SINGLE).ways == [[]]
    assert len(LabelTree(SINGLE)) == 0


def test_a_forest_holds_every_label_once() -> None:
    for most in (1, 2, 4, 100):
        groups = forest(LABELS, most)
        assert sorted(number for group, _ in groups for number in group) == list(range(len(LABELS)))
        assert all(len(tree) <= most or len(group) == 1 for group, tree in groups)
    assert len(forest(LABELS, 100)) == 1
