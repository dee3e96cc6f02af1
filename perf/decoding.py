"""Translation: decoding by the harness, by a naive loop and by CTranslate2; statistics of BLEU and chrF++."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy and torch: spinning threads are no work

import importlib.util
import json
import random
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from choices import texts
from measuring import Sheet, Spent, arguments, function, interleaved, ratios
from sacrebleu.metrics import BLEU, CHRF

from wild_aieval.items import Segment
from wild_aieval.metrics import translation
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace

SENTENCES, WORDS, NEW_TOKENS, PAIRS = 48, 12, 64, 10_000


def save_marian(folder: Path, smoke: bool) -> None:
    """A Marian of the usual size with random weights, whose outputs hang on the source and end sooner or later."""
    import sentencepiece
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir()
    (folder / "corpus.txt").write_text("\n".join(texts(random.Random(1), 2_000, 20)), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"), model_prefix=str(folder / "pieces"), vocab_size=8_000,
        hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    lines = (folder / "pieces.vocab").read_text(encoding="utf-8").splitlines()
    pieces = [piece for line in lines if (piece := line.split("\t")[0]) not in ("<s>", "</s>", "<unk>")]
    order = ["</s>", "<unk>", *pieces, "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(order)}))
    spm, layers, last = str(folder / "pieces.model"), 1 if smoke else 6, len(order) - 1
    tokenizer = MarianTokenizer(
        source_spm=spm, target_spm=spm, vocab=str(folder / "vocab.json"), source_lang="en", target_lang="es"
    )
    torch.manual_seed(0)
    config = MarianConfig(
        vocab_size=len(order), pad_token_id=last, decoder_start_token_id=last, eos_token_id=0, forced_eos_token_id=0,
        d_model=512, encoder_layers=layers, decoder_layers=layers, encoder_attention_heads=8,
        decoder_attention_heads=8, encoder_ffn_dim=2_048, decoder_ffn_dim=2_048, max_position_embeddings=512,
        scale_embedding=True, activation_function="swish",
    )  # fmt: skip
    model = MarianMTModel(config)
    with torch.no_grad():
        for layer in model.model.decoder.layers:
            for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
                getattr(layer.encoder_attn, name).weight *= 8
        model.model.shared.weight[0] = 0
        model.model.shared.weight[0, 80:112] = 1
        model.final_logits_bias[0, 0] = -4
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def naive(folder: Path, sentences: list[str], beams: int) -> Callable[[], list[str]]:
    """Sentences as they come, sixteen at a time through ``generate``."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()

    def run() -> list[str]:
        found = []
        with torch.inference_mode():
            for start in range(0, len(sentences), 16):
                inputs = tokenizer(sentences[start : start + 16], return_tensors="pt", padding=True)
                output = model.generate(**inputs, num_beams=beams, do_sample=False, max_new_tokens=NEW_TOKENS)
                found += tokenizer.batch_decode(output, skip_special_tokens=True)
        return found

    return run


def harness(
    folder: Path, cache: Path, sentences: list[str], beams: int, runtime: str
) -> Callable[[], list[str | None]]:
    """The candidate as a run asks it; None where a translation did not end."""
    settings = {
        "name": "marian", "kind": "transformers-translator", "path": str(folder), "pairs": ["en-es"], "beams": beams,
        "max_new_tokens": NEW_TOKENS, "runtime": runtime,
    }  # fmt: skip
    model: Any = registry.build(registry.read_settings(settings, "marian"), Workplace(0, cache))
    segments = [Segment(str(number), text, "en", "es") for number, text in enumerate(sentences)]
    model.translate(segments[:1])

    def run() -> list[str | None]:
        return [getattr(answer, "text", None) for answer in model.translate(segments)]

    return run


def decoding(sheet: Sheet, root: Path, sentences: list[str], rounds: int) -> None:
    """Greedy and with four beams."""
    ct2 = importlib.util.find_spec("ctranslate2") is not None
    for beams, name in ((1, "greedy"), (4, "4 beams")):
        ways = {"naive": naive(root / "model", sentences, beams)}
        for runtime in ("torch", "ctranslate2")[: 1 + ct2]:
            ways[runtime] = harness(root / "model", root / "cache", sentences, beams, runtime)
        outputs: dict[str, list[Any]] = {}

        def kept(way: str, ways: Any = ways, outputs: Any = outputs) -> Spent:
            return function(lambda: outputs.update({way: ways[way]()}))

        found = interleaved({way: lambda way=way: kept(way) for way in ways}, rounds)
        sheet.add(f"{name}: harness beside the naive loop", ratios(found, "torch", "naive"), "of its CPU")
        sheet.add(f"{name}: naive loop", [spent.cpu for spent in found["naive"]], "s CPU")
        sheet.add(
            f"{name}: same outputs, naive and harness", same(outputs["naive"], outputs["torch"]), "of those that end"
        )
        if ct2:
            sheet.add(f"{name}: CTranslate2 beside torch", ratios(found, "ctranslate2", "torch"), "of its CPU")
            sheet.add(
                f"{name}: same outputs, CTranslate2 and torch",
                same(outputs["torch"], outputs["ctranslate2"]),
                "of those that end",
            )
            pairs = ended(outputs["ctranslate2"], outputs["torch"])
            away = translation.chrf([a for a, _ in pairs], [b for _, b in pairs]).value()
            sheet.add(f"{name}: chrF++ of CTranslate2 against torch ({len(pairs)} that end)", away or 0.0, "of 100")
    if not ct2:
        sheet.remark("CTranslate2 was not there (pip install ctranslate2).")


def ended(one: list[Any], other: list[Any]) -> list[tuple[str, str]]:
    """Both outputs where neither was stopped by the limit of tokens."""
    return [(a.strip(), b.strip()) for a, b in zip(one, other, strict=True) if a is not None and b is not None]


def same(one: list[Any], other: list[Any]) -> float:
    """The share of equal texts among those that ended."""
    return float(np.mean([a == b for a, b in ended(one, other)]))


def extraction(sheet: Sheet, pairs: int, rounds: int) -> None:
    """The same integers from sacreBLEU."""
    generator = random.Random(4)
    references = texts(generator, pairs, 27)
    known = [word for text in references[:200] for word in text.split()]
    hypotheses = [
        " ".join(word if generator.random() < 0.8 else generator.choice(known) for word in text.split()) + "."
        for text in references
    ]
    for name, metric, ours in (
        ("BLEU", BLEU(force=True), lambda: translation.bleu(hypotheses, references, "en")),
        ("chrF++", CHRF(word_order=2), lambda: translation.chrf(hypotheses, references)),
    ):

        def theirs(metric: Any = metric) -> Any:
            return metric._extract_corpus_statistics(hypotheses, [references])

        assert (ours().rows == np.array(theirs())).all(), f"other integers of {name} than sacreBLEU"
        cases = {"ours": partial(function, ours), "sacreBLEU": partial(cold, metric, theirs)}
        found = interleaved(cases, rounds)
        sheet.add(f"statistics of {name} beside sacreBLEU", ratios(found, "ours", "sacreBLEU"), "of its CPU")
        sheet.add(f"statistics of {name}", [spent.cpu for spent in found["ours"]], "s CPU")


def cold(metric: Any, work: Callable[[], Any]) -> Spent:
    """sacreBLEU without the tokens that it keeps from before."""
    for tokenizer in (
        getattr(metric, "tokenizer", None),
        getattr(getattr(metric, "tokenizer", None), "_post_tokenizer", None),
    ):
        if tokenizer is not None:
            type(tokenizer).__call__.cache_clear()
    return function(work)


def main() -> None:
    """Decoding, then statistics."""
    chosen = arguments(__doc__ or "", rounds=3)
    sentences, pairs, rounds = (6, 300, 1) if chosen.smoke else (SENTENCES, PAIRS, chosen.rounds)
    sheet = Sheet(
        "decoding",
        f"{sentences} sentences by a Marian of random weights (6 + 6 layers of 512, at most {NEW_TOKENS} new tokens, "
        f"float32), and statistics of {pairs:,} pairs of 27 words; one thread.",
    )
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        save_marian(root / "model", chosen.smoke)
        decoding(sheet, root, texts(random.Random(3), sentences, WORDS), rounds)
    extraction(sheet, pairs, rounds)
    sheet.remark(
        "No weights of a translation model can be had offline. With random ones outputs mean nothing, end anywhere "
        "from the first token to the limit, and hang on the last digits more than those of a trained model."
    )
    sheet.write(chosen)


if __name__ == "__main__":
    main()
