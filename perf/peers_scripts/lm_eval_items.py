"""As many documents as the argument says through lm-eval's ``simple_evaluate``, with a model that costs nothing.

Each document is a question with one answer to be written (``generate_until``), scored by exact match.
"""

import json
import sys
import tempfile
from pathlib import Path

import lm_eval
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

COUNT = int(sys.argv[1])


class Told(LM):
    """Says the same to everything."""

    def generate_until(self, requests, disable_tqdm=False):
        return ["A01B"] * len(requests)

    def loglikelihood(self, requests, disable_tqdm=False):
        return [(0.0, True)] * len(requests)

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        return [0.0] * len(requests)


with tempfile.TemporaryDirectory() as folder:
    place = Path(folder)
    rows = [{"text": f"document {n} says A01B pump valve lens shaft", "main": "A01B"} for n in range(COUNT)]
    (place / "test.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    (place / "many.yaml").write_text(
        json.dumps(
            {
                "task": "many",
                "dataset_path": "json",
                "dataset_kwargs": {"data_files": {"test": str(place / "test.jsonl")}, "cache_dir": str(place)},
                "test_split": "test",
                "output_type": "generate_until",
                "doc_to_text": "{{text}}",
                "doc_to_target": "{{main}}",
                "generation_kwargs": {"until": ["\n"], "max_gen_toks": 8},
                "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
            }
        ),
        encoding="utf-8",
    )
    manager = TaskManager(include_path=str(place), include_defaults=False)
    found = lm_eval.simple_evaluate(Told(), tasks=["many"], task_manager=manager, bootstrap_iters=1000)
    assert found["results"]["many"]["exact_match,none"] == 1.0, found["results"]
