"""What an office that is trusted, and does not keep to the rules, cannot do."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from wild_aieval.bundles import content, exported, file, imported
from wild_aieval.bundles.content import Parts
from wild_aieval.bundles.file import BUNDLE
from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.packed import Categories, Keys
from wild_aieval.records import item_statistics
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.records.run_folder import RunFolder

from .conftest import NOW, Offices
from .test_refusals import refused, rewritten, sealed_again

Rows = Callable[[int, int], list[dict[str, Any]]]
MACRO = "subclass.macro_f1.main"
FIRST = "subclass.first_guess.main"


@pytest.fixture
def parts(offices: Offices, make_rows: Rows) -> Parts:
    """Of an open benchmark, with all that may be in a bundle."""
    return content.of_runs(offices.runs("EP", make_rows(0, 30))[:1], "EP", [], NOW)


def changed(parts: Parts, change: Callable[[dict[str, Any]], object]) -> Parts:
    found = json.loads(json.dumps(parts.bundle))
    change(found)
    return Parts(found, parts.files)


def with_statistics(parts: Parts, change: Callable[[ItemStatistics], ItemStatistics]) -> Parts:
    (found,) = item_statistics.load(io.BytesIO(parts.files["0.npz"]), "here").values()
    stream = io.BytesIO()
    item_statistics.save(stream, [change(found)])
    return Parts(parts.bundle, {"0.npz": stream.getvalue()})


def with_rows(name: str, change: Callable[[Any], Any]) -> Callable[[ItemStatistics], ItemStatistics]:
    def changed(found: ItemStatistics) -> ItemStatistics:
        one = found.aggregates[name]
        return replace(found, aggregates={**found.aggregates, name: replace(one, rows=change(one.rows))})

    return changed


def result(found: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = found["runs"][0]["summary"]["results"][0]
    return entry


def certificate(**other: Any) -> dict[str, Any]:
    plain = {
        "id": "0" * 64, "kind": "selective", "certified": True, "statement": "none", "alpha": 0.1, "delta": 0.05,
        "candidate": {"name": "tfidf"}, "benchmark": "classification/tiny", "version": "1.0.0", "digest": "0" * 64,
        "confidentiality": "open", "group": None, "labels": "H", "verdict": "consistent", "issued": "2026-01-01",
        "valid_until": "2027-01-01", "covers": [],
    }  # fmt: skip
    return plain | other


WRONG_FIELDS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda found: result(found).update(examples=["a text"]), "'runs.0.summary.results.0.examples', which no"),
    (lambda found: found.update(note="a text"), "the field 'note', which no bundle has"),
    (lambda found: result(found).update(model="a\x1b[2Jb"), "characters that act"),
    (lambda found: result(found).update(model="x" * 5_000), "at most 200 characters"),
    (lambda found: result(found)["counts"].update(asked=-1), r"counts\.asked"),
    (lambda found: result(found)["counts"].update(asked=10**30), r"counts\.asked"),
    (lambda found: result(found)["measures"][FIRST].update(value="good"), "first_guess.main.value"),
    (lambda found: result(found).pop("flags"), "'runs.0.summary.results.0.flags' is missing"),
    (lambda found: found.update(runs={}), "the field 'runs'"),
    (lambda found: found.update(runs=[]), "the field 'runs'"),
    (lambda found: found["runs"].append(found["runs"][0]), "holds a run twice"),
    (lambda found: found["runs"][0].update(statistics="../../0.npz"), "do not belong together"),
    (lambda found: found["runs"][0]["summary"]["runspec"]["settings"].update(prompt="one two three"), "settings"),
    (lambda found: result(found)["measures"][FIRST].update(value=0.999), "its summary says"),
    (lambda found: result(found).update(task="dowsing"), "results.0.task"),
    (lambda found: found["certificates"].append(certificate(valid_until="2026-13-45")), "certificates.0.valid_until"),
    (lambda found: found["certificates"].append(certificate(candidate={})), "has no name"),
]


def test_what_no_bundle_holds(offices: Offices, parts: Parts) -> None:
    for change, words in WRONG_FIELDS:
        refused(offices, sealed_again(offices, changed(parts, change)), words)


WRONG_NUMBERS = {
    b"NaN": "'NaN' is no number",
    b"1e999": "too large",
    b"9" * 5_000: "5,000 digits",
    b"[" * 9_000: "whole",
}


def test_numbers_that_nobody_measured(offices: Offices, parts: Parts) -> None:
    good = sealed_again(offices, parts)

    def putting(text: bytes) -> Callable[[dict[str, bytes]], None]:
        return lambda members: members.update({BUNDLE: members[BUNDLE].replace(b'"asked": 30', b'"asked": ' + text)})

    for text, words in WRONG_NUMBERS.items():
        with pytest.raises(UserError, match=words):
            file.read(rewritten(good, putting(text)))


def test_a_name_that_is_there_twice(offices: Offices, parts: Parts) -> None:
    good = sealed_again(offices, parts)

    def put(members: dict[str, bytes]) -> None:
        members["bundle.json"] = members["bundle.json"].replace(b'"office": "EP"', b'"office": "US",\n "office": "EP"')

    with pytest.raises(UserError, match="'office' is there twice"):
        file.read(rewritten(good, put))


def outside(rows: Any) -> Any:
    found = csr_array(rows)
    found.indices = found.indices.copy()
    found.indices[0] = 2**31 - 2
    return found


WRONG_ARRAYS: list[tuple[Callable[[ItemStatistics], ItemStatistics], str]] = [
    (with_rows(MACRO, outside), "not sound"),
    (with_rows(FIRST, lambda rows: rows * np.nan), "no counts and no shares"),
    (with_rows(FIRST, lambda rows: -rows), "no counts and no shares"),
    (with_rows(FIRST, lambda rows: rows[:, 0].copy()), "has rows in 1 dimensions"),
    (with_rows(FIRST, lambda rows: np.column_stack([rows, rows])), "has 4 columns, expected 2"),
    (lambda found: replace(found, item_ids=[found.item_ids[0]] * 30), "an item is there twice"),
    (lambda found: replace(found, item_keys=Keys([found.item_keys[0]] * 30)), "an item is there twice"),
    (
        lambda found: replace(found, groups={"section": Categories(("A",), np.full(30, 7, dtype=np.int32))}),
        "name what is not there",
    ),
]


def test_arrays_that_would_lead_elsewhere(offices: Offices, parts: Parts) -> None:
    for change, words in WRONG_ARRAYS:
        refused(offices, sealed_again(offices, with_statistics(parts, change)), words)


def test_an_array_that_claims_more_memory_than_there_is(offices: Offices, parts: Parts) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"shape": (2**50,), "fortran_order": False, "descr": "<f8"})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("content.npy", stream.getvalue())
    bomb = Parts(parts.bundle, {"0.npz": packed.getvalue()})
    refused(offices, sealed_again(offices, bomb), "not as long as it says")


def test_arrays_and_fields_that_no_statistics_have(offices: Offices, parts: Parts) -> None:
    def with_more(change: Callable[[dict[str, Any]], object]) -> Parts:
        with np.load(io.BytesIO(parts.files["0.npz"])) as found:
            arrays = dict(found)
        change(arrays)
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)
        return Parts(parts.bundle, {"0.npz": stream.getvalue()})

    def with_texts(arrays: dict[str, Any]) -> None:
        said = json.loads(arrays["content"].tobytes())
        said["benchmarks"][0]["texts"] = ["a text"]
        arrays["content"] = np.frombuffer(json.dumps(said).encode(), dtype=np.uint8)

    more = with_more(lambda arrays: arrays.update(texts=np.frombuffer(b"a text", dtype=np.uint8)))
    refused(offices, sealed_again(offices, more), "the array 'texts' is one that no statistics have")
    refused(offices, sealed_again(offices, with_more(with_texts)), "fields that no statistics have")
    imported.verified(sealed_again(offices, with_more(lambda arrays: None)), offices.group, offices.trusted, NOW)


def test_packing_that_unpacks_into_gigabytes(offices: Offices, parts: Parts, tmp_path: Path) -> None:
    for way in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        bomb = tmp_path / "bomb.results.zip"
        with zipfile.ZipFile(bomb, "w", way) as archive:
            archive.writestr(BUNDLE, bytes(1 << 20))
        with pytest.raises(UserError, match="packed in a way that no bundle uses"):
            file.read(bomb)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", way) as archive:
            archive.writestr("content.npy", bytes(1 << 20))
        refused(offices, sealed_again(offices, Parts(parts.bundle, {"0.npz": packed.getvalue()})), "packed in a way")


def test_two_contents_of_one_version_in_a_bundle(offices: Offices, make_rows: Rows) -> None:
    first = offices.runs("EP", make_rows(0, 30))[0]
    other = offices.runs("US", make_rows(5, 30))[0]
    bundle = sealed_again(offices, content.of_runs([first, other], "EP", [], NOW))
    refused(offices, bundle, "than that of other results of this version")


def test_ids_cannot_be_found_by_trying(offices: Offices, make_rows: Rows) -> None:
    """Whoever has the bundle of a guarded benchmark, and all that it names, tries every short id there is."""
    folders = offices.runs("EP", make_rows(0, 30), confidentiality="shared-scores")
    bundle = offices.export("EP", folders[:1])
    real = RunFolder(folders[0]).read_json("summary.json")["results"][0]["digest"]
    raw = bundle.raw + b"".join(bundle.files().values())
    assert real.encode() not in raw
    sent = bundle.content["runs"][0]["summary"]["results"][0]["digest"]
    (found,) = item_statistics.load(io.BytesIO(bundle.files()["0.npz"]), "here").values()
    for secret in (sent, real):  # even with the digest, an id alone is not enough
        made = item_statistics.ItemStatistics("x", [f"doc{n}" for n in range(30)], found.item_keys, None, {}, {})
        tried = content.salting.salted(made, secret).item_ids
        assert set(tried).isdisjoint(found.item_ids)
    assert hashlib.sha256(b"doc17").hexdigest()[:32] not in found.item_ids


def test_results_of_another_office_are_not_exported(offices: Offices, make_rows: Rows) -> None:
    bundle = offices.export("EP", offices.runs("EP", make_rows(0, 30))[:1])
    (folder,) = imported.take(bundle, offices.group, offices.trusted.of("EP")[0], NOW)
    with pytest.raises(UserError, match="measured by EP, which signs its own results"):
        content.of_runs([folder], "US", [], NOW)
    with pytest.raises(UserError, match="named twice"):
        content.of_runs([offices.place.root / "EP-tfidf"] * 2, "EP", [], NOW)


def test_two_imports_at_once_take_a_bundle_once(offices: Offices, parts: Parts) -> None:
    bundle, (key,) = sealed_again(offices, parts), offices.trusted.of("EP")
    left = offices.group / "EP" / ".1234-1.part" / "0"  # of an import that was killed
    left.mkdir(parents=True)
    said: list[str] = []

    def take() -> None:
        try:
            imported.take(bundle, offices.group, key, NOW)
        except UserError as error:
            said.append(str(error))

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2 and all("just now by another process" in one for one in said)
    assert [run.office for run in imported.runs(offices.group)] == ["EP"]
    assert [path.name for path in (offices.group / "EP").iterdir()] == [bundle.id[:16]]


def test_a_bundle_on_another_content_than_the_one_installed_here(offices: Offices, parts: Parts) -> None:
    bundle = sealed_again(offices, parts)
    known = {("classification/tiny", "1.0.0"): "e" * 64}
    with pytest.raises(UserError, match="than the one that is installed here"):
        imported.verified(bundle, offices.group, offices.trusted, NOW, lambda *place: known.get(place))
    assert imported.verified(bundle, offices.group, offices.trusted, NOW, lambda *place: None)


def test_figures_whose_difference_tells_of_a_few_items_do_not_leave(
    offices: Offices, make_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    def export(count: int, name: str) -> int:
        folder = offices.runs(name, make_rows(0, count), confidentiality="aggregate-only")[0]
        command = ["results", "export", str(folder), "--office", "EP", "--key", str(offices.keys["EP"])]
        return main([*command, "--to", str(offices.place.root / f"to-{name}")])

    def groups(name: str) -> list[Any]:
        (sent,) = (offices.place.root / f"to-{name}").iterdir()
        slices: list[Any] = result(file.read(sent).content)["slices"]
        return slices

    assert export(40, "first") == 0
    assert export(40, "again") == 0
    assert groups("first") and groups("again") == groups("first")
    assert export(41, "one-more") == 1
    said = capsys.readouterr().err
    assert "figures on 40 left, of which 1 are other ones" in said
    assert not (offices.place.root / "to-one-more").exists()
    assert export(50, "ten-more") == 0
    assert not groups("ten-more"), "a group may have grown by a few items only"
    noted = offices.place.root / "runs" / exported.FILE
    assert noted.stat().st_mode & 0o077 == 0 and len(noted.read_text().splitlines()) == 2
    assert "doc17" not in noted.read_text()


def test_addresses_of_services_stay_in_the_office(offices: Offices, make_rows: Rows) -> None:
    folder = offices.runs("EP", make_rows(0, 20))[0]
    place = RunFolder(folder)
    summary = place.read_json("summary.json")
    summary["runspec"]["settings"]["model"]["url"] = "http://llm.intern.example:8080/v1"
    summary["runspec"]["settings"]["tracking"]["uri"] = "postgresql://board.intern.example/x"
    place.write_json("summary.json", summary)
    assert b"intern.example" not in json.dumps(content.of_runs([folder], "EP", [], NOW).bundle).encode()


def test_a_member_that_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it is no file"):
        file.read(tmp_path)
