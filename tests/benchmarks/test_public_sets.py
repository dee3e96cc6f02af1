"""Manifests of public patent benchmarks: each reads a small invented copy in the layout of the real set."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.benchmarks.catalogue import Entry, scan
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.benchmarks.manifest import COLUMNS
from wild_aieval.benchmarks.manifest_checks import manifest_findings
from wild_aieval.benchmarks.places import HUB_COPIES, availability
from wild_aieval.benchmarks.released import compare_with_released
from wild_aieval.errors import UserError

ROOT = Path(__file__).parents[2] / "benchmarks"
ALL = {entry.name: entry for entry in scan([ROOT])}
POINTERS = [name for name, entry in ALL.items() if not entry.manifest().data.sha256]
Rows = Iterable[Mapping[str, Any]]
Opened = Callable[[str], Benchmark]


@pytest.mark.parametrize("name", ALL)
def test_every_manifest_is_complete_and_its_card_says_the_licence(name: str) -> None:
    entry = ALL[name]
    manifest, card = entry.manifest(), (entry.path / "README.md").read_text(encoding="utf-8")
    assert manifest.licence != "unknown"
    assert manifest.licence in card or manifest.licence.startswith("LicenseRef-")
    assert "## Licence" in card
    assert manifest.homepage is not None or manifest.synthetic
    assert [f for f in manifest_findings(entry.path) if f.severity == "error"] == []
    assert [f for f in compare_with_released(entry.path) if f.severity == "error"] == []
    for part in manifest.data.parts:
        assert {*manifest.data.columns.get(part, {}), *manifest.data.derived.get(part, {})} <= {
            *COLUMNS[manifest.task][part]
        }


@pytest.mark.parametrize("name", POINTERS)
def test_a_pointer_says_how_to_get_the_data_and_what_was_tested(name: str) -> None:
    entry = ALL[name]
    manifest, card = entry.manifest(), (entry.path / "README.md").read_text(encoding="utf-8")
    for heading in ("## How to get it", "## Columns", "## Limits", "## What was tested"):
        assert heading in card
    assert (manifest.data.folder_from or HUB_COPIES) in card
    assert f"benchmark={name}" in card
    assert not manifest.restricted_to or "research" in card or "no commercial use" in card
    assert sorted(path.name for path in entry.path.iterdir() if path.name != "benchmark.lock") == [
        "README.md",
        "benchmark.yaml",
    ]


@pytest.mark.parametrize("name", POINTERS)
def test_without_its_data_a_pointer_is_not_here_and_says_what_to_do(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = ALL[name]
    manifest = entry.manifest()
    monkeypatch.delenv(manifest.data.folder_from or HUB_COPIES, raising=False)
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = availability(manifest, entry.path)
    assert not found.here
    assert (manifest.data.folder_from or HUB_COPIES) in found.remedy


# --- small copies ----------------------------------------------------------------------------------------------


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """``opened(name)`` loads a manifest of the repository with ``tmp_path/data`` as the user's copies."""

    def open_it(name: str) -> Benchmark:
        folder = tmp_path / "benchmarks" / name  # a copy of the folder, so that no lock is written into the repository
        shutil.copytree(ALL[name].path, folder)
        manifest = Entry(name, folder).manifest()
        monkeypatch.setenv(manifest.data.folder_from or HUB_COPIES, str(tmp_path / "data"))
        monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path / "runs"))
        assert availability(manifest, folder).here
        return load(Entry(name, folder))

    return open_it


@pytest.fixture
def data(tmp_path: Path) -> Callable[[str, Any], Path]:
    """``data(path, rows or text)`` writes a file of the user's copy: JSON Lines, Parquet by its ending, or text."""

    def write(name: str, content: Any) -> Path:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".parquet"):
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.Table.from_pylist(list(content)), path)
        else:
            text = content if isinstance(content, str) else "".join(json.dumps(row) + "\n" for row in content)
            path.write_text(text, encoding="utf-8")
        return path

    return write


def configured(**files: tuple[str, ...]) -> str:
    """A card as data sets of the hub have it: ``name=(split, ...)``, each configuration in a folder of its own."""
    configs = [
        {"config_name": name, "data_files": [{"split": split, "path": f"{name}/{split}*"} for split in splits]}
        for name, splits in files.items()
    ]
    return f"---\n{yaml.safe_dump({'configs': configs})}---\n"


def test_bigpatent_takes_the_section_from_the_folder(opened: Opened, data: Any) -> None:
    for section in "abcdefghy":
        for split in ("test", "validation"):
            row = {"description": f"{split} of {section} in full", "abstract": f"{split} of {section}"}
            data(f"NortheasternUniversity/big_patent/{section}/{split}/0000.parquet", [row, row])
    benchmark = opened("classification/bigpatent")
    assert [row["main"] for row in benchmark.parts["test"]] == list("ABCDEFGHY")
    assert benchmark.parts["train"][0]["text"] == "validation of a"
    assert not {row["id"] for row in benchmark.parts["test"]} & {row["id"] for row in benchmark.parts["train"]}
    assert benchmark.identity.unlocked == ("NortheasternUniversity/big_patent",)


@pytest.mark.parametrize(
    ("name", "copy"),
    [("classification/ccdv-patent", "ccdv/patent-classification"), ("classification/mteb-patent", "mteb/patent")],
)
def test_labels_that_are_numbers_become_sections(name: str, copy: str, opened: Opened, data: Any) -> None:
    folder = "abstract/" if "ccdv" in name else "data/"
    for split in ("train", "test"):
        rows = [{"text": f"a text on {number}", "label": number} for number in range(9)]
        data(f"{copy}/{folder}{split}-00000-of-00001.parquet", [*rows, rows[0]])
    if "ccdv" in name:
        data(f"{copy}/README.md", configured(abstract=("train", "test")))
    benchmark = opened(name)
    assert [row["main"] for row in benchmark.parts["test"]] == list("ABCDEFGHY")
    assert len(benchmark.parts["train"]) == 9


def test_hupd_reads_one_application_a_file_and_leaves_out_those_without_a_label(
    opened: Opened, data: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, (part, label) in enumerate((("train", "G06F1730"), ("test", "A61B500"), ("test", ""))):
        row = {"application_number": str(number), "title": "A thing", "abstract": "It does.", "filing_date": "20160120"}
        data(f"{part}/{number}.json", json.dumps(row | {"main_ipcr_label": label, "ipcr_labels": [label]}))
    benchmark = opened("classification/hupd")
    (row,) = benchmark.parts["test"]
    assert (row["id"], row["main"], row["date"], row["office"]) == ("1", "A61B", "2016-01-20", "US")
    assert "test: 1 rows (no valid symbol)" in capsys.readouterr().err


def test_uspto_70k_reads_lists_written_as_in_python(opened: Opened, data: Any) -> None:
    head = "patent_id\ttitle\tabstract\tlabels\n"
    data("train.tsv", head + "1\tSeeds\tTreating seeds.\t['A01C']\n")
    data("test.tsv", head + "2\tNail\tA nail, of bone.\t['A61N', 'A61B']\n")
    (row,) = opened("classification/uspto-70k").parts["test"]
    assert (row["id"], row["symbols"], row["text"]) == ("2", ["A61N", "A61B"], "A nail, of bone.")


def test_patenteb_classes(opened: Opened, data: Any) -> None:
    for split in ("train", "test"):
        row = {
            "first_ipcr3": "H01",
            "label": 3,
            "q": f"000-{split}",
            "text": "esd [SEP] a cable",
            "first_ipcr3_count": 9,
        }
        data(f"datalyes/class_text2ipc3/{split}.parquet", [row])
    (row,) = opened("classification/patenteb-ipc3").parts["test"]
    assert (row["id"], row["main"], row["family"]) == ("000-test", "H01", "000-test")


def test_dapfam(opened: Opened, data: Any) -> None:
    def family(key: str, name: str) -> dict[str, str]:
        texts = {"title_en": name, "abstract_en": f"{name} abstract", "claims_text": f"1. A {name}."}
        return {key: f"F-{name}", **texts, "description_en": "long"}

    copy = "datalyes/DAPFAM_patent"
    parts = {
        "corpus": [family("relevant_id", "plough"), family("relevant_id", "harrow")],
        "queries": [family("query_id", "tiller")],
        "relations": [
            {"query_id": "F-tiller", "relevant_id": f"F-{name}", "relevance_score": score, "domain_rel": "IN"}
            for name, score in (("plough", 1.0), ("harrow", 0.0))
        ],
    }
    for name, rows in parts.items():
        data(f"{copy}/{name}/train-00000-of-00001.parquet", rows)
    data(f"{copy}/README.md", configured(**dict.fromkeys(parts, ("train",))))
    benchmark = opened("search/dapfam")
    assert benchmark.corpus["F-plough"]["text"] == "plough abstract\n1. A plough."
    (query,) = benchmark.parts["queries"]
    assert query["text"] == "tiller\ntiller abstract\n1. A tiller."
    assert (query["abstract"], query["claims"], query["family"]) == ("tiller abstract", ["A tiller."], "F-tiller")
    assert [row["grade"] for row in benchmark.parts["qrels"]] == [1, 0]


@pytest.mark.parametrize("kind", ["in", "mixed", "out"])
def test_triplets_become_a_corpus_queries_and_judgments(kind: str, opened: Opened, data: Any) -> None:
    def triplet(q: str, pos: str, neg: str) -> dict[str, str]:
        texts = {"q_text": f"text {q}", "pos_text": f"text {pos}", "neg_text": f"text {neg}"}
        return {"q": q, "neg": neg, "pos": pos, "pos_link_type": "cited", "objective": "x", **texts}

    rows = [triplet("q1", "d1", "d2"), triplet("q1", "d3", "d2"), triplet("q2", "d1", "d4"), triplet("q1", "d1", "d4")]
    data(f"datalyes/retrieval_{kind.upper()}/test.parquet", rows)
    benchmark = opened(f"search/patenteb-{kind}")
    assert sorted(benchmark.corpus) == ["d1", "d2", "d3", "d4"]
    assert benchmark.corpus["d2"]["text"] == "text d2"
    assert [row["id"] for row in benchmark.parts["queries"]] == ["q1", "q2"]
    judged = [(row["query_id"], row["document_id"], row["grade"]) for row in benchmark.parts["qrels"]]
    assert judged == [("q1", "d1", 1), ("q1", "d3", 1), ("q2", "d1", 1)]


def test_title2full(opened: Opened, data: Any) -> None:
    rows = [{"first_ipcr3": "H01", "q": f"f{n}", "title": f"title {n}", "full_text": f"text {n}"} for n in (1, 2)]
    data("datalyes/title2full/test.jsonl", rows)
    benchmark = opened("search/patenteb-title2full")
    assert [(row["query_id"], row["document_id"]) for row in benchmark.parts["qrels"]] == [("f1", "f1"), ("f2", "f2")]
    assert benchmark.parts["queries"][1]["text"] == "title 2"
    assert benchmark.corpus["f1"]["text"] == "text 1"


def test_patentmatch(opened: Opened, data: Any) -> None:
    rows = ["c1\tEP1\tEP9\tA plough.\tA share turns.\t1\t20150101", "c1\tEP1\tEP8\tA plough.\tA cart.\t0\t20150101"]
    head = "claim_id\tpatent_application_id\tcited_document_id\ttext\ttext_b\tlabel\tdate\n"
    data("patentmatch_test_ultrabalanced.tsv", head + "\n".join(rows) + "\n")
    benchmark = opened("search/patentmatch")
    assert [row["text"] for row in benchmark.parts["corpus"]] == ["A share turns.", "A cart."]
    assert [row["text"] for row in benchmark.parts["queries"]] == ["A plough."]
    graded = {benchmark.corpus[row["document_id"]]["text"]: row["grade"] for row in benchmark.parts["qrels"]}
    assert graded == {"A share turns.": 3, "A cart.": 1}


def test_clef_ip(opened: Opened, data: Any) -> None:
    def document(number: str, date: str, text: str) -> str:
        ids = f'ucid="EP-{number}-A1" country="EP" doc-number="{number}" kind="A1" date="{date}" lang="EN"'
        title = '<bibliographic-data><technical-data><invention-title lang="EN">A plough</invention-title>'
        abstract = f'<abstract lang="EN"><p>{text}</p></abstract>'
        end = "</technical-data></bibliographic-data>"
        return f'<?xml version="1.0"?><patent-document {ids}>{title}{end}{abstract}</patent-document>'

    data("corpus/EP-1000001-A1.xml", document("1000001", "20000101", "A share."))
    data("topics/EP-1000002-A1.xml", document("1000002", "20050101", "A turning share."))
    topic = "<topic><num>PAC-1</num><narr/><file>EP-1000002-A1.xml</file></topic>"
    data("topics/topics.xml", f"<?xml version='1.0'?><topics>{topic}</topics>")
    data("qrels.txt", "PAC-1 0 EP-1000001-A1 2\nPAC-1 0 EP-9999999-B1 1\n")
    benchmark = opened("search/clef-ip")
    assert [(row["document_id"], row["grade"]) for row in benchmark.parts["qrels"]] == [("EP-1000001-A1", 2)]
    assert benchmark.corpus["EP-1000001-A1"]["text"] == "A share."
    assert benchmark.parts["queries"][0]["id"] == "PAC-1"


@pytest.mark.parametrize("pair", ["en-fr", "en-es", "de-en", "en-ja", "en-ko", "en-ru", "en-zh"])
def test_parapat(pair: str, opened: Opened, data: Any) -> None:
    source, target = pair.split("-")
    rows = [{"index": n, "family_id": 7, "translation": {source: f"from {n}", target: f"into {n}"}} for n in range(3)]
    data(f"ParaPat/para_pat/{pair}/train/0000.parquet", rows)
    benchmark = opened(f"translation/parapat-{pair}")
    row = benchmark.parts["test"][2]
    assert (row["id"], row["source"], row["target"], row["cluster"]) == ("2", "from 2", "into 2", "7")


def test_coppa(opened: Opened, data: Any) -> None:
    variants = '<tuv xml:lang="EN"><seg>A plough.</seg></tuv><tuv xml:lang="FR"><seg>Une charrue.</seg></tuv>'
    half = '<tu><tuv xml:lang="EN"><seg>Alone.</seg></tuv></tu>'
    data("test-en-fr.tmx", f'<tmx version="1.4"><header/><body><tu tuid="7">{variants}</tu>{half}</body></tmx>')
    (row,) = opened("translation/coppa-en-fr").parts["test"]
    assert (row["id"], row["source"], row["target"]) == ("7", "A plough.", "Une charrue.")


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("wat-jpc-zh-ja", ("zh-ja/test-n2.zh", "zh-ja/test-n2.ja")),
        ("wat-jpc-ko-ja", ("ko-ja/test-n2.ko", "ko-ja/test-n2.ja")),
        ("wat-jpc-en-ja", ("en-ja/test-n2.en", "en-ja/test-n2.ja")),
        ("ntcir-patentmt-ja-en", ("test.ja", "test.en")),
    ],
)
def test_parallel_lines(name: str, files: tuple[str, str], opened: Opened, data: Any) -> None:
    for side, file in enumerate(files):
        data(file, f"one {side}\ntwo {side}\n")
    benchmark = opened(f"translation/{name}")
    assert [(row["source"], row["target"]) for row in benchmark.parts["test"]] == [
        ("one 0", "one 1"),
        ("two 0", "two 1"),
    ]


def test_a_local_set_without_its_variable_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WILD_AIEVAL_DATA_USPTO_70K", raising=False)
    with pytest.raises(
        UserError, match=r"classification/uspto-70k: .*README.md says.*variable WILD_AIEVAL_DATA_USPTO_70K"
    ):
        load(ALL["classification/uspto-70k"])
    monkeypatch.setenv("WILD_AIEVAL_DATA_USPTO_70K", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match=r"WILD_AIEVAL_DATA_USPTO_70K=.*nowhere: there is no such folder"):
        load(ALL["classification/uspto-70k"])
