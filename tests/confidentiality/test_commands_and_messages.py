"""Commands after a run, names of the data's files and folders, and messages of candidates that end a run early.

The class ``open`` shows that the search finds what is there.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import traceback
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval import confidentiality
from wild_aieval.cli import main
from wild_aieval.confidentiality.quoting import named


def _sibling(name: str, file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = _sibling("office_of_commands", Path(__file__).with_name("conftest.py"))
places = _sibling("places_of_commands", Path(__file__).parents[1] / "conftest.py")
found, sentence = made.searching.found, made.sentence
TEXTS = [f"{field}quince" for field in ("title", "text", "train", "query", "corpus")]
NAMES = ["folderquince", "filequince"]
both = pytest.mark.parametrize("office", ["open", "aggregate-only"], indirect=True)


def planted_names(office: Any) -> Path:
    """The folder of the data and a file in it get telling names; returns the folder of the benchmark."""
    root: Path = office.place.benchmarks.rename(office.root / "folderquince of a client")
    office.place.benchmarks = root
    folder = root / "classification" / "guarded"
    manifest = yaml.safe_load((folder / "benchmark.yaml").read_text())
    manifest["data"]["files"]["test"] = "filequince of a client.jsonl"
    (folder / "test.jsonl").rename(folder / "filequince of a client.jsonl")
    (folder / "benchmark.yaml").write_text(yaml.safe_dump(manifest))
    return folder


@pytest.mark.slow
@both
def test_every_command_on_a_run(
    office: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    folder = planted_names(office)
    monkeypatch.chdir(office.root)
    runs, archives = office.root / "runs", office.root / "archives"
    run, other = runs / "day" / "one", runs / "day" / "other"

    def say(*words: Any) -> str:
        assert main([str(word) for word in words]) in (0, 1, 2), words  # 1: what 'check' finds wrong
        done = capsys.readouterr()
        office.printed.append(done.out + done.err)
        return office.printed[-1]

    for model, place in (("majority", run), ("tfidf", other)):
        say(f"model={model}", "benchmark=classification/guarded", f"benchmark_roots=[{office.place.benchmarks}]",
            "tracking=none", f"hydra.run.dir={place}", "progress=false")  # fmt: skip
    commands = [
        ("rescore", other), ("rescore", other, "--json"), ("resume", other, "--json"),
        ("compare", run, other, "--json", "--tracking", "none", "--out", office.root / "compared"),
        ("runs", "list"), ("runs", "list", "--json"), ("runs", "show", other), ("runs", "show", other, "--json"),
        ("certify", other, "--alpha", "0.4", "--json"),
        ("review", "export", other, "--to", office.root / "form.xlsx", "--reviewer", "ada", "--shown", "1"),
        ("review", "status", other),
    ]  # fmt: skip
    for command in commands:
        say(*command)
    printed = list(office.printed)
    assert not [said for said in printed if "wild-aieval: " in said], "every command came to its end"
    # These name files, lines and values that are wrong, which their reader must find; no whole text even so.
    of_the_owner = [("benchmark", "check", folder), ("benchmark", "card", folder, "--no-floors"), ("benchmark", "list")]
    looked = [say(*command) for command in [*of_the_owner, ("doctor",)]]
    office.printed = printed
    pages = [place / name for place in (run, other) for name in ("report.html", "certificates.html")]
    cards = office.root / "cards"
    cards.mkdir()
    for path in folder.rglob("*"):
        if path.suffix in (".md", ".svg") or path.name == "croissant.json":
            shutil.copy(path, cards)  # away from the folder with the telling name
    where, files = found([*office.leaving(*pages, cards), office.root / "compared"], [*TEXTS, *NAMES, "zeppelin"])
    if office.name == "open":
        assert where["titlequince"] >= {"report.html"} and where["folderquince"] >= {"printed.txt"}
        assert where["filequince"] >= {"croissant.json"} and where["zeppelin"] >= {"report.html"}
    else:
        assert not any(where[text] for text in TEXTS) and not where["zeppelin"], where
        assert where["folderquince"] == set(), where
        assert where["filequince"] <= {"croissant.json", "README.md"}, "these have to say where the rows are"
    looked = [
        say("benchmark", "check", folder),
        say("benchmark", "list"),
        say("doctor"),
    ]  # these name files and folders
    assert not [text for text in TEXTS if any(text in said for said in looked)]
    assert not any("zeppelin" in said for said in looked[1:])
    said = say("runs", "archive", other, "--to", archives)
    (archive,) = archives.iterdir()
    assert office.name in archive.name and archive.stat().st_mode & 0o777 == 0o600 and "quince" not in said
    record_property("planted sentences", len(TEXTS) + len(NAMES) + 1)
    record_property("places searched", files)


EARLY = '''
"""A candidate that quotes a text before it is asked anything."""

import json, pathlib
from typing import Literal

from wild_aieval.errors import UserError
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.models.registry import Kind


class Early:
    class Settings(ModelSettings):
        kind: Literal["early"]
        when: str
        user: bool
        file: str

    def __init__(self, settings, workplace):
        self.settings = settings
        self.at("build")

    def at(self, when):
        if when == self.settings.when:
            text = json.loads(pathlib.Path(self.settings.file).read_text().splitlines()[0])["text"]
            raise (UserError if self.settings.user else RuntimeError)(f"cannot take in: {text}. Mend it.")

    def facts(self):
        self.at("facts")
        return {}

    def meet(self, assignment):
        self.at("meet")

    def fit(self, train):
        self.at("fit")

    def index(self, corpus):
        self.at("index")

    def classify(self, documents):
        return []

    def search(self, queries, k):
        return []


KIND = Kind(("classification", "search"), "early_plugin:Early", "quotes")
'''


@both
@pytest.mark.parametrize("user", [True, False], ids=["readable", "unexpected"])
def test_a_candidate_that_quotes_before_it_is_asked(
    office: Any, user: bool, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    places.plugin(office.root / "early", {"early": "early_plugin:KIND"}, EARLY)
    monkeypatch.syspath_prepend(str(office.root / "early"))
    for when in ("build", "facts", "meet", "fit", "index"):
        task, file = ("search", "corpus") if when == "index" else ("classification", "train")
        own = {"name": "early", "kind": "early", "when": when, "user": user,
               "file": str(office.place.benchmarks / task / "guarded" / f"{file}.jsonl")}  # fmt: skip
        with pytest.raises(Exception) as caught:
            office.place.run(own, folder=when, benchmark=f"{task}/guarded")
        shown = "".join(traceback.format_exception(caught.value))
        assert ("walruses" in shown) is (office.name == "open"), (when, shown)
        assert not user or ("cannot take in" in shown and "Mend it" in shown), "the rest of the message is kept"
    record_property("messages of candidates before the first item", 5)


FAULTY = {
    "one column": ("outputs.csv", "{text}\n", {}),
    "no score": ("outputs.csv", "id,translation,score\ns1,x,{text}\n", {}),
    "no run of TREC": ("outputs.trec", "{text}\n", {"task": "search"}),
    "no text": ("outputs.jsonl", '{{"id": "s1", "translation": ["{text}"]}}\n', {}),
    "no id": ("outputs.jsonl", '{{"id": ["{text}"], "translation": "x"}}\n', {}),
    "odd symbols": ("outputs.jsonl", '{{"id": "s1", "suggestions": [["{text}"]]}}\n', {"task": "classification"}),
}


@pytest.mark.parametrize("office", ["aggregate-only"], indirect=True)
def test_a_faulty_file_of_outputs_is_not_quoted(office: Any, record_property: Any) -> None:
    """What a tool wrote stands in no benchmark, so it could not be cut out afterwards."""
    for name, (file, content, more) in FAULTY.items():
        path = office.root / file
        path.write_text(content.format(text=sentence("output")), encoding="utf-8")
        own = {"name": "own", "kind": "outputs-file", "task": "translation", "path": str(path)} | more
        with pytest.raises(confidentiality.quoting.UserError) as caught:
            office.place.run(own, folder="run", benchmark=f"{own['task']}/guarded")
        said = str(caught.value)
        assert str(path) in said and "characters" in said, (name, said)
        assert not [word for word in ("outputquince", "lantern", "walruses") if word in said], (name, said)
    record_property("messages of candidates before the first item", len(FAULTY))


@pytest.mark.parametrize(
    "text",
    [sentence("text"), "x" * 70, "一个黄铜灯笼", ["a lantern", "by the sea"]],
    ids=["words", "signs", "chinese", "list"],
)
def test_a_value_that_may_be_a_text_is_told_by_its_length(text: Any) -> None:
    assert named(text).startswith("a text of ")
    assert named("G06F 3/01") == "'G06F 3/01'" and named(1.5) == "1.5"


def test_a_workbook_never_lies_in_the_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """openpyxl would write each sheet there first, and a process that is killed would leave it."""
    from wild_aieval.review.forms import xlsx_form
    from wild_aieval.review.forms.sheet import Column, Sheet

    def refused(*_: Any, **__: Any) -> Any:
        raise OSError("a temporary file")

    for name in ("NamedTemporaryFile", "TemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(f"tempfile.{name}", refused)
    monkeypatch.setattr("openpyxl.worksheet._writer.NamedTemporaryFile", refused)
    rows = ({"text": sentence("text")},)
    content = xlsx_form.written(Sheet("translation", "second", (Column("text"),), rows, ("fill it in",)))
    assert made.searching.held(content, [sentence("text")])


@pytest.mark.parametrize("office", ["open", "aggregate-only"], indirect=True)
def test_scoring_again_quotes_nothing(office: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """What a library says of a text when a run is scored again, as when it was scored first."""
    office.place.run(yaml.safe_load((places.conf_dir() / "model" / "majority.yaml").read_text()),
                     benchmark="classification/guarded")  # fmt: skip

    def fails(*_: Any) -> Any:
        raise ValueError(f"cannot read {sentence('text')}")

    for place in ("wild_aieval.derive.ScoredBenchmark", "wild_aieval.reports.html.write"):
        with monkeypatch.context() as patched:
            patched.setattr(place, fails)
            assert main(["rescore", str(office.root / "run")]) == 1
        said = capsys.readouterr().err
        assert "ValueError" in said and ("walruses" in said) is (office.name == "open"), (place, said)


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.parametrize("office", ["aggregate-only"], indirect=True)
def test_vectors_of_a_run_are_for_their_owner_only(office: Any, record_property: Any) -> None:
    from wild_aieval.testing.endpoint import MockEndpoint

    before = os.umask(0)
    try:
        with MockEndpoint() as endpoint:
            model = yaml.safe_load((places.conf_dir() / "model" / "openai-embeddings.yaml").read_text())
            office.place.run(model | {"url": f"{endpoint.url}/v1"}, benchmark="search/guarded")
    finally:
        os.umask(before)
    vectors = list((office.root / "runs" / "cache").rglob("*.vectors"))
    assert vectors and all(file.stat().st_size > 0 for file in vectors)
    for path in (*vectors, vectors[0].parent, office.root / "run"):
        assert not path.stat().st_mode & 0o077, path
    where, files = found([office.root / "runs", office.root / "tmp"], TEXTS)
    assert not any(where.values()), where
    record_property("places searched", files)
