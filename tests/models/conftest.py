"""Tiny transformers models, made from configurations and trained for a moment; nothing is fetched."""

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
    """``build(kind, seed=0, workplace=None, **settings)`` makes a candidate through the registry."""

    def made(kind: str, seed: int = 0, workplace: Workplace | None = None, **settings: Any) -> Any:
        raw = {"name": kind, "kind": kind, **settings}
        return registry.build(registry.read_settings(raw, kind), workplace or Workplace(seed, tmp_path / "cache"))

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

    def made(labels: list[str] | None, several: bool = False, positions: int = 64) -> Path:
        torch.manual_seed(7)
        tokenizer = word_piece()
        names = labels or ["LABEL_0", "LABEL_1"]
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=positions,
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


# What the tiny translators learn by heart: nonsense with another order of words, so that a copy is not right.
LESSONS = {
    "the shaft turns": "turns the shaft",
    "a plough for soil": "soil plough",
    "memory cache unit of a vehicle": "vehicle memory",
    "eye": "an eye test",
    "network router": "router packet",
}


def learn(model: Any, inputs: list[list[int]], outputs: list[list[int]], steps: int = 100) -> None:
    """Teach ``model`` by heart, all sequences in one padded batch."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    given = pad_sequence([torch.tensor(row) for row in inputs], batch_first=True)
    mask = pad_sequence([torch.ones(len(row), dtype=torch.long) for row in inputs], batch_first=True)
    wanted = pad_sequence([torch.tensor(row) for row in outputs], batch_first=True, padding_value=-100)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        model(input_ids=given, attention_mask=mask, labels=wanted).loss.backward()
        optimiser.step()
    model.eval()


def pieces(folder: Path) -> list[str]:
    """Train a sentencepiece model, ``pieces.model``, on the words of the lessons; returns its pieces."""
    import sentencepiece

    (folder / "corpus.txt").write_text("\n".join([WORDS] * 20 + WORDS.split()), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"),
        model_prefix=str(folder / "pieces"),
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    lines = (folder / "pieces.vocab").read_text(encoding="utf-8").splitlines()
    return [piece for line in lines if (piece := line.split("\t")[0]) not in ("<s>", "</s>", "<unk>")]


SIZES: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 64,
    "dropout": 0.0,
    "init_std": 0.1,
}


def saved(model: Any, tokenizer: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def marian_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Marian translator English-Spanish with one layer."""
    import json

    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder = tmp_path_factory.mktemp("marian")
    order = ["</s>", "<unk>", *pieces(folder), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({piece: n for n, piece in enumerate(order)}), encoding="utf-8")
    spm = str(folder / "pieces.model")
    vocabulary = str(folder / "vocab.json")
    tokenizer = MarianTokenizer(source_spm=spm, target_spm=spm, vocab=vocabulary, source_lang="en", target_lang="es")
    last = len(order) - 1
    torch.manual_seed(3)
    config = MarianConfig(
        vocab_size=len(order), pad_token_id=last, decoder_start_token_id=last, eos_token_id=0, forced_eos_token_id=0,
        **SIZES,
    )  # fmt: skip
    model = MarianMTModel(config)
    learn(model, tokenizer(list(LESSONS))["input_ids"], tokenizer(text_target=list(LESSONS.values()))["input_ids"])
    return saved(model, tokenizer, tmp_path_factory.mktemp("marian-saved"))


@pytest.fixture(scope="session")
def many_languages_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``many_languages_folder("m2m100" | "nllb")``: translators English-Spanish whose languages are tokens."""
    import json

    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer, NllbTokenizer

    def made(family: str) -> Path:
        folder = tmp_path_factory.mktemp(family)
        order = {piece: n for n, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", *pieces(folder)])}
        (folder / "vocab.json").write_text(json.dumps(order), encoding="utf-8")
        if family == "m2m100":
            tokenizer = M2M100Tokenizer(vocab_file=str(folder / "vocab.json"), spm_file=str(folder / "pieces.model"))
            tokenizer.src_lang, tokenizer.tgt_lang = "en", "es"
        else:
            tokenizer = NllbTokenizer(vocab=order, merges=[], src_lang="eng_Latn", tgt_lang="spa_Latn")
        torch.manual_seed(3)
        start = {"pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
        model = M2M100ForConditionalGeneration(M2M100Config(vocab_size=300, **start, **SIZES))
        targets = tokenizer(text_target=list(LESSONS.values()))["input_ids"]
        learn(model, tokenizer(list(LESSONS))["input_ids"], targets)
        return saved(model, tokenizer, folder / "saved")

    return made


@pytest.fixture(scope="session")
def t5_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A T5 that knows its lessons only after 'translate English to Spanish: '."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration, T5Tokenizer

    folder = tmp_path_factory.mktemp("t5")
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -99.0), *((piece, -2.0) for piece in pieces(folder))]
    tokenizer = T5Tokenizer(vocab=vocabulary, extra_ids=2)
    torch.manual_seed(3)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=16, d_ff=64, num_layers=1, num_heads=2, dropout_rate=0.0,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    asked = tokenizer([f"translate English to Spanish: {text}" for text in LESSONS])["input_ids"]
    learn(model, asked, tokenizer(list(LESSONS.values()))["input_ids"])
    return saved(model, tokenizer, folder / "saved")


TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
CHATS = {
    "Classify: the shaft turns": "F16C",
    "Classify: memory cache": '["G06F", "G11C"]',
    "Classify: soil plough": "It is about farming.",
    "To Spanish: eye": "an eye test",
    "To Spanish: the router": "the router",
}


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of two layers with a byte-level tokenizer and its own chat template; it learns ``CHATS`` by heart."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    trained = ByteLevelBPETokenizer()
    words = [WORDS, "A61B 5/00 G06F H04L Classify: To Spanish: It is about farming."]
    special = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    trained.train_from_iterator(words, vocab_size=330, min_frequency=1, special_tokens=special)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer, eos_token="<|end|>", additional_special_tokens=special[1:]
    )
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, eos_token_id=0, bos_token_id=None, pad_token_id=None,
        initializer_range=0.1,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    asked = [f"<|user|>{text}<|end|><|assistant|>" for text in CHATS]
    ids = [
        tokenizer(prompt + reply + "<|end|>")["input_ids"] for prompt, reply in zip(asked, CHATS.values(), strict=True)
    ]
    known = [len(tokenizer(prompt)["input_ids"]) for prompt in asked]
    learn(model, ids, [[-100] * size + row[size:] for row, size in zip(ids, known, strict=True)])
    model.generation_config.do_sample = True  # what a model brings as its defaults must not count
    model.generation_config.temperature = 5.0
    return saved(model, tokenizer, tmp_path_factory.mktemp("chat"))
