"""Tiny transformers models, made from configurations; nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace

WORDS = (
    "a plough for soil an eye test device memory cache unit battery of vehicle packet network router the shaft turns"
)


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Any]:
    """``build(kind, seed=0, **settings)`` makes a candidate through the registry."""

    def made(kind: str, seed: int = 0, **settings: Any) -> Any:
        raw = {"name": kind, "kind": kind, **settings}
        return registry.build(registry.read_settings(raw, kind), Workplace(seed, tmp_path / "cache"))

    return made


def word_piece() -> Any:
    """A BERT tokenizer whose vocabulary is trained here."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizer

    trained = BertWordPieceTokenizer()
    trained.train_from_iterator([WORDS, WORDS.upper(), "0 1 2 3 4 5 6 7 8 9"], vocab_size=120, min_frequency=1)
    return BertTokenizer(vocab=trained.get_vocab())


@pytest.fixture(scope="session")
def classifier_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``classifier_folder(labels, several=False, safe=True)`` saves a BERT sequence classifier."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    def made(labels: list[str] | None, several: bool = False) -> Path:
        torch.manual_seed(7)
        tokenizer = word_piece()
        names = labels or ["LABEL_0", "LABEL_1"]
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            initializer_range=0.5,
            id2label=dict(enumerate(names)),
            label2id={name: number for number, name in enumerate(names)},
            problem_type="multi_label_classification" if several else None,
        )
        folder = tmp_path_factory.mktemp("classifier")
        BertForSequenceClassification(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def marian_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Marian translator with one layer, untrained: it says nonsense, but always the same."""
    import json

    import sentencepiece
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder = tmp_path_factory.mktemp("marian")
    (folder / "corpus.txt").write_text("\n".join([WORDS] * 20 + WORDS.split()), encoding="utf-8")
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / "corpus.txt"),
            model_prefix=str(folder / side),
            vocab_size=60,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
    pieces = [line.split("\t")[0] for line in (folder / "source.vocab").read_text(encoding="utf-8").splitlines()]
    order = ["</s>", "<unk>", *(piece for piece in pieces if piece not in ("<s>", "</s>", "<unk>")), "<pad>"]
    vocabulary = {piece: number for number, piece in enumerate(order)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    tokenizer = MarianTokenizer(
        source_spm=str(folder / "source.spm"),
        target_spm=str(folder / "target.spm"),
        vocab=str(folder / "vocab.json"),
        source_lang="en",
        target_lang="es",
    )
    torch.manual_seed(3)
    config = MarianConfig(
        vocab_size=len(order),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=64,
        pad_token_id=len(order) - 1,
        decoder_start_token_id=len(order) - 1,
        eos_token_id=0,
        forced_eos_token_id=0,
        init_std=0.6,
    )
    target = tmp_path_factory.mktemp("marian-saved")
    MarianMTModel(config).save_pretrained(target)
    tokenizer.save_pretrained(target)
    return target
