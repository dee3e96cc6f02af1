"""Eight choices of a prompt, scored by a chat model in process: the harness, lm-eval, and the best script by hand.

The model is a Llama with random weights, so the choices mean nothing; all have to make the same.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from measuring import HARNESS, Sheet, Spent, arguments, command, interleaved, peer, ratios

SYMBOLS = ["A01B 33/02", "B60K 6/20", "C07D 213/55", "D21H 19/38", "E04B 1/76", "F16C 33/10", "G06F 16/35", "H04L 9/32"]
DOCUMENTS, WORDS, PROMPT = 60, 80, "\nThe symbol is:"
TASK = "perf_choices"


def words(generator: random.Random, count: int) -> list[str]:
    """Invented words of two to four syllables."""
    parts = [a + b for a in "bcdfglmnprst" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
    return ["".join(generator.choices(parts, k=generator.randint(2, 4))) for _ in range(count)]


def texts(generator: random.Random, count: int, length: int) -> list[str]:
    """Frequent words are frequent; lengths vary as those of abstracts."""
    known = words(generator, 4_000)
    weights = [1 / place for place in range(1, len(known) + 1)]
    sizes = [max(10, int(generator.gauss(length, length / 3))) for _ in range(count)]
    return [" ".join(generator.choices(known, weights, k=size)) for size in sizes]


def save_model(folder: Path, smoke: bool) -> None:
    """A Llama of 6 layers of 256 and 8,192 tokens, whose chat template is the message itself."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    trained = ByteLevelBPETokenizer()
    sample = texts(random.Random(1), 200 if smoke else 2_000, 200)
    trained.train_from_iterator(sample, vocab_size=8_192, special_tokens=["<|end|>"])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=trained._tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    tokenizer.chat_template = "{% for message in messages %}{{ message.content }}{% endfor %}"
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=8_192, hidden_size=256, intermediate_size=688, num_hidden_layers=2 if smoke else 6,
        num_attention_heads=8, num_key_value_heads=8, max_position_embeddings=2_048, initializer_range=0.1,
        bos_token_id=None, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_task(root: Path, model: Path, rows: list[dict[str, Any]]) -> None:
    """The same rows as a benchmark and a candidate of the harness, and as a task of lm-eval."""
    benchmark = root / "benchmarks" / "classification" / "choices"
    benchmark.mkdir(parents=True)
    manifest = {
        "name": "choices", "task": "classification", "version": "1.0.0", "title": "Choices",
        "description": "Invented.",
        "languages": ["en"], "licence": "CC0-1.0", "creation": "Random words.", "contributor": "perf/choices.py",
        "created": "2026-01-01", "confidentiality": "open", "scheme": "IPC", "edition": "2023.01",
        "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
    }  # fmt: skip
    (benchmark / "benchmark.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    lines = [{"id": row["id"], "text": row["text"], "main": SYMBOLS[row["gold"]][:4]} for row in rows]
    (benchmark / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    candidate = {
        "name": "choices", "kind": "transformers-chat", "path": str(model), "labels": SYMBOLS, "max_characters": 20_000,
        "classification": {"user": "{text}" + PROMPT}, "level": "subgroup", "suggestions": 8,
    }  # fmt: skip
    (root / "conf" / "model").mkdir(parents=True)
    (root / "conf" / "model" / "choices.yaml").write_text(yaml.safe_dump(candidate), encoding="utf-8")
    (root / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    task = {
        "task": TASK, "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(root / "rows.jsonl")}},
        "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "{{text}}" + PROMPT,
        "doc_to_choice": SYMBOLS, "doc_to_target": "gold", "target_delimiter": "",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }  # fmt: skip
    (root / "tasks").mkdir()
    (root / "tasks" / "choices.yaml").write_text(yaml.safe_dump(task), encoding="utf-8")


def by_hand(model: str, rows: str, answers: str) -> None:
    """What can be written for this one task: each prompt once, the choices from its cache, eight prompts at a time."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    documents = [json.loads(line) for line in Path(rows).read_text(encoding="utf-8").splitlines()]
    choices = tokenizer(SYMBOLS)["input_ids"]
    longest = max(map(len, choices))
    tails = torch.tensor([row[:-1] + [0] * (longest - len(row)) for row in choices])
    prompts = {document["id"]: tokenizer(document["text"] + PROMPT)["input_ids"] for document in documents}
    order = sorted(prompts, key=lambda name: -len(prompts[name]))
    found = {}
    with torch.inference_mode():
        for start in range(0, len(order), 8):
            names = order[start : start + 8]
            width = max(len(prompts[name]) for name in names)
            ids = torch.tensor([[0] * (width - len(prompts[name])) + prompts[name] for name in names])
            mask = torch.tensor([[0] * (width - len(prompts[name])) + [1] * len(prompts[name]) for name in names])
            places = (mask.cumsum(1) - 1).clamp(min=0)
            output = network(ids, attention_mask=mask, position_ids=places, use_cache=True, logits_to_keep=1)
            first, cache = output.logits[:, -1].log_softmax(-1), output.past_key_values
            cache.batch_repeat_interleave(len(SYMBOLS))
            whole = torch.cat([mask.repeat_interleave(len(SYMBOLS), 0), torch.ones(len(names) * 8, longest - 1)], 1)
            ends = mask.sum(1).repeat_interleave(len(SYMBOLS))[:, None]
            logits = network(
                tails.repeat(len(names), 1), attention_mask=whole.long(), past_key_values=cache,
                position_ids=ends + torch.arange(longest - 1),
            ).logits.log_softmax(-1)  # fmt: skip
            for number, name in enumerate(names):
                found[name] = [
                    float(first[number, row[0]] + logits[number * 8 + place, range(len(row) - 1), row[1:]].sum())
                    for place, row in enumerate(choices)
                ]
    chosen = {name: SYMBOLS[scores.index(max(scores))] for name, scores in found.items()}
    Path(answers).write_text(json.dumps(chosen), encoding="utf-8")


def harness_choices(root: Path) -> dict[str, str]:
    """The first suggestion for each item in the newest run folder."""
    import pyarrow.parquet as pq

    table = max(root.glob("runs/**/predictions.parquet"), key=lambda path: path.stat().st_mtime)
    rows = pq.read_table(table).to_pylist()
    known = {symbol[:4]: symbol for symbol in SYMBOLS}  # an answer may be cut to the level of the benchmark
    return {row["item_id"]: known[json.loads(row["output"])[0][0][:4]] for row in rows}


def lm_eval_choices(root: Path) -> dict[str, str]:
    """The likeliest choice for each document in the newest log of samples."""
    log = max(root.glob("lm-eval/**/samples_*.jsonl"), key=lambda path: path.stat().st_mtime)
    found = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        sample = json.loads(line)
        scores = [float(score) for score, _ in sample["filtered_resps"]]
        found[sample["doc"]["id"]] = SYMBOLS[scores.index(max(scores))]
    return found


def main() -> None:
    """Whole processes in turn."""
    chosen = arguments(__doc__ or "", rounds=2, documents=DOCUMENTS)
    documents, rounds = (6, 1) if chosen.smoke else (chosen.documents, chosen.rounds)
    sheet = Sheet(
        "choices",
        f"{documents} prompts of some 200 tokens with 8 choices each, whole processes from their start, one thread; a "
        "Llama with random weights (6 layers of 256, 8,192 tokens, float32).",
    )
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        save_model(root / "model", chosen.smoke)
        generator = random.Random(2)
        rows = [
            {"id": f"d{number}", "text": text, "gold": generator.randrange(len(SYMBOLS))}
            for number, text in enumerate(texts(generator, documents, WORDS))
        ]
        save_task(root, root / "model", rows)
        measure(sheet, root, peer(chosen, "lm-eval"), rounds)
    sheet.write(chosen)


def measure(sheet: Sheet, root: Path, lm_eval: str | None, rounds: int) -> None:
    """Run all cases, hold their choices against each other, and add the rows."""
    alone = {
        "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false",
        "HF_HOME": str(root / "hub"), "WILD_AIEVAL_RUNS": str(root / "runs"),
    }  # fmt: skip
    ours = [
        *HARNESS, "--config-dir", str(root / "conf"), "model=choices", f"benchmark_roots=[{root / 'benchmarks'}]",
        "benchmark=classification/choices", "tracking=none", "progress=false",
    ]  # fmt: skip
    theirs = [
        str(lm_eval), "-m", "lm_eval", "--model", "hf", "--model_args", f"pretrained={root / 'model'},dtype=float32",
        "--tasks", TASK, "--include_path", str(root / "tasks"), "--batch_size", "16", "--device", "cpu",
        "--log_samples", "--output_path", str(root / "lm-eval"),
    ]  # fmt: skip
    hand = [
        sys.executable,
        __file__,
        "--by-hand",
        str(root / "model"),
        str(root / "rows.jsonl"),
        str(root / "hand.json"),
    ]
    cases = {"harness": lambda: command(ours, alone), "by hand": lambda: command(hand, alone)}
    if lm_eval:
        cases = {
            "harness, one item": lambda: command([*ours, "limit=1"], alone),
            "lm-eval, one item": lambda: command([*theirs, "--limit", "1"], alone),
            "lm-eval": lambda: command(theirs, alone),
            **cases,
        }
    found = interleaved(cases, rounds)
    choices = harness_choices(root)
    assert choices == json.loads((root / "hand.json").read_text(encoding="utf-8")), "other choices than by hand"
    if lm_eval:
        assert choices == lm_eval_choices(root), "other choices than lm-eval"
    add_rows(sheet, found, lm_eval is not None)


def add_rows(sheet: Sheet, found: dict[str, list[Spent]], with_peer: bool) -> None:
    """Ratios first, then what each part took."""

    def beyond(name: str) -> list[float]:
        return [
            whole.cpu - one.cpu for whole, one in zip(found[name], found[f"{name}, one item"], strict=True)
        ]  # fmt: skip

    if with_peer:
        sheet.add("harness beside lm-eval, whole processes", ratios(found, "harness", "lm-eval"), "of its CPU", 0.35)
        shares = [ours / theirs for ours, theirs in zip(beyond("harness"), beyond("lm-eval"), strict=True)]
        sheet.add("the same without what one item takes", shares, "of its CPU")
    else:
        sheet.remark("lm-eval was not there (python perf/peers.py lm-eval).")
    sheet.add("harness beside the script by hand", ratios(found, "harness", "by hand"), "of its CPU")
    for name, spent in found.items():
        sheet.add(name, [one.cpu for one in spent], "s CPU")
    sheet.remark("The choices of every item are the same in all of them (checked).")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--by-hand"]:
        by_hand(*sys.argv[2:])
    else:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        main()
