"""Reading what a test writes, and real files where they are."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wild_aieval.benchmarks.office.limits import LIMITS, Limits
from wild_aieval.benchmarks.office.publication import Publication
from wild_aieval.benchmarks.office.read import read
from wild_aieval.benchmarks.office.report import Report

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("WILD_AIEVAL_REAL_DATA", str(HERE.parents[3] / "shared" / "data")))
Reading = Callable[..., tuple[list[Publication], Report]]


@pytest.fixture
def real_data() -> Path:
    """The folder of real data."""
    if not DATA.is_dir():
        pytest.skip(f"real patent data are not at {DATA} (set WILD_AIEVAL_REAL_DATA)")
    return DATA


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """``reading(content or path)`` gives publications and the report; text and bytes go to a file first."""

    def run(source: str | bytes | Path, name: str = "record.xml", limits: Limits = LIMITS, strict: bool = False):
        if not isinstance(source, Path):
            content = source.encode() if isinstance(source, str) else source
            source = tmp_path / name
            source.write_bytes(content)
        report = Report(strict=strict)
        return list(read(source, report, limits)), report

    return run


@pytest.fixture
def sample() -> Callable[[str], str]:
    """``sample(name)`` is a small document of that format, written for these tests."""
    return lambda name: (HERE / "samples" / f"{name}.xml").read_text(encoding="utf-8")


@pytest.fixture
def grant(sample: Callable[[str], str]) -> Callable[[int], bytes]:
    """``grant(number)`` is a US grant of that number."""
    text = sample("us")
    return lambda number: text.replace("10000001", str(number)).encode()


@pytest.fixture
def damaged() -> Callable[[str], Iterator[bytes]]:
    """``damaged(text)`` gives it cut, with bytes changed, and with a stretch missing, 60 times."""

    def ways(text: str) -> Iterator[bytes]:
        chance = random.Random(5)
        for turn in range(60):
            content = bytearray(text.encode())
            start, end = sorted(chance.sample(range(len(content)), 2))
            if turn % 3 == 0:
                del content[start:]
            elif turn % 3 == 1:
                content[start], content[end] = chance.randrange(256), chance.randrange(256)
            else:
                del content[start:end]
            yield bytes(content)

    return ways
