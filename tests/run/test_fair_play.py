"""An office's own tool on its own data: the reader is told wherever the figures are shown."""

from __future__ import annotations

from typing import Any

import mlflow
import pytest

from wild_aieval.standards.offices import same_party

OWN = "Conflict of interest: majority is provided by EPO"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("European Patent Office (EPO)", "EP", True),
        ("ACME Ltd.", "acme ltd", True),
        ("The Japan Patent Office", "JPO", True),
        ("WIPO", "IB", True),
        ("", "", False),
        ("unknown", "unknown", False),
        ("EPO", "USPTO", False),
        ("Office of India", "Office of Indonesia", False),
    ],
)
def test_who_is_the_same_party(one: str, other: str, same: bool) -> None:
    assert same_party(one, other) is same and same_party(other, one) is same


def test_the_note_is_in_table_pages_and_mlflow(place: Any, documents: Any) -> None:
    place.classification(documents, documents_of(documents, "t"), contributor="European Patent Office")
    uri = f"sqlite:///{place.root}/mlflow.db"
    common = ["benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]", f"tracking.uri={uri}"]
    done = place.cli("model=majority", "model.provider=EPO", *common, f"hydra.run.dir={place.root}/own-tool")
    assert done.returncode == 0, done.stderr
    other = place.cli("model=tfidf", "model.provider=ACME", *common, f"hydra.run.dir={place.root}/other")
    assert OWN in " ".join(done.stdout.split()) and "Conflict" not in other.stdout
    assert OWN in (place.root / "own-tool" / "report.html").read_text(encoding="utf-8")
    assert "Conflict" not in (place.root / "other" / "report.html").read_text(encoding="utf-8")
    compared = place.cli("compare", "own-tool", "other", "--out", str(place.root / "compared"), "--tracking", "none")
    assert compared.returncode == 0, compared.stderr
    assert OWN in " ".join(compared.stdout.split())
    assert OWN in (place.root / "compared" / "report.html").read_text(encoding="utf-8")
    client = mlflow.MlflowClient(uri)
    runs = [r for e in client.search_experiments() for r in client.search_runs([e.experiment_id])]
    by_model = {run.data.tags["wae.model"]: run.data.tags for run in runs}
    assert by_model["majority"]["wae.notes"] == "conflict_of_interest"
    assert OWN in by_model["majority"]["mlflow.note.content"]
    assert "wae.notes" not in by_model["tfidf"] and by_model["tfidf"]["wae.provider"] == "ACME"


def test_the_provider_changes_no_key(place: Any, documents: Any) -> None:
    place.classification(documents, documents_of(documents, "t"))
    keys = []
    for provider in ("", "ACME"):
        _, folder = place.run(
            {"name": "m", "kind": "majority", "provider": provider}, folder=f"run-{provider}", benchmark="tiny"
        )
        keys.append([row["key"] for row in folder.read_table("predictions")])
    assert keys[0] == keys[1]


def documents_of(rows: Any, prefix: str) -> list[dict[str, Any]]:
    """The rows again under other ids, as a training part."""
    return [row | {"id": prefix + row["id"], "text": row["text"] + " again"} for row in rows]
