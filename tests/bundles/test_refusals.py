"""What is not taken from elsewhere, with the reason, and that nothing of it stays behind."""

from __future__ import annotations

import base64
import datetime
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.bundles import content, file, imported, keys
from wild_aieval.bundles.content import Parts
from wild_aieval.bundles.file import BUNDLE, SIGNATURE
from wild_aieval.bundles.keys import PublicKey
from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.records import item_statistics
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.schema_version import OtherVersion

from .conftest import NOW, Offices

Rows = Callable[[int, int], list[dict[str, Any]]]
HOUR = datetime.timedelta(hours=1)


def rewritten(sealed: file.Sealed, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The file with other content, the signature as it was."""
    with zipfile.ZipFile(sealed.path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    path = sealed.path.with_name("changed.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return path


def sealed_again(offices: Offices, parts: Parts, office: str = "EP") -> file.Sealed:
    """What a program that does not keep to the rules would send, with a good signature."""
    path = offices.place.root / "sent" / "forged.results.zip"
    file.write(path, parts, keys.read_private(offices.keys[office]))
    return file.read(path)


def refused(offices: Offices, bundle: file.Sealed, words: str, now: datetime.datetime = NOW) -> None:
    before = sorted(offices.group.rglob("*"))
    with pytest.raises(UserError, match=words):
        imported.verified(bundle, offices.group, offices.trusted, now)
    assert sorted(offices.group.rglob("*")) == before


@pytest.fixture
def parts(offices: Offices, make_rows: Rows) -> Parts:
    """Of a run that shares scores only."""
    folders = offices.runs("EP", make_rows(0, 30), confidentiality="shared-scores")
    return content.of_runs(folders[:1], "EP", [], NOW)


def test_a_changed_figure_or_file_shows(offices: Offices, parts: Parts) -> None:
    good = sealed_again(offices, parts)

    def better(members: dict[str, bytes]) -> None:
        found = json.loads(members[BUNDLE])
        measure = found["runs"][0]["summary"]["results"][0]["measures"]["subclass.first_guess.main"]
        measure["value"] = 0.99
        members[BUNDLE] = json.dumps(found).encode()

    refused(offices, file.read(rewritten(good, better)), "the signature does not fit")
    changed = rewritten(good, lambda members: members.update({"0.npz": bytes(255 - byte for byte in members["0.npz"])}))
    refused(offices, file.read(changed), r"0\.npz is not what was signed")
    with pytest.raises(UserError, match="'extra' is not among the files that are signed"):
        file.read(rewritten(good, lambda members: members.update({"extra": b"x"})))
    with pytest.raises(UserError, match="not a whole bundle"):
        file.read(rewritten(good, lambda members: members.pop(SIGNATURE)))
    path = good.path.with_name("cut.zip")
    path.write_bytes(good.path.read_bytes()[:-300])
    with pytest.raises(UserError, match="not a whole bundle"):
        file.read(path)


def test_who_signed(offices: Offices, parts: Parts) -> None:
    refused(offices, sealed_again(offices, parts, "US"), "signed by a key that is not among those of EP")
    stranger = Parts({**parts.bundle, "office": "JP"}, parts.files)
    refused(offices, sealed_again(offices, stranger), "comes from 'JP', and no key of that office is known")
    nobody = Parts({**parts.bundle, "office": "Q1"}, parts.files)
    refused(offices, sealed_again(offices, nobody), "no code of an office")
    good = sealed_again(offices, parts)

    def claims(members: dict[str, bytes]) -> None:
        signed = json.loads(members[SIGNATURE])
        members[SIGNATURE] = json.dumps({**signed, "signature": base64.b64encode(b"\0" * 64).decode()}).encode()

    refused(offices, file.read(rewritten(good, claims)), "the signature does not fit")


def test_when_it_was_made(offices: Offices, parts: Parts) -> None:
    bundle = sealed_again(offices, parts)
    refused(offices, bundle, "in the future here", now=NOW - HOUR)
    imported.verified(bundle, offices.group, offices.trusted, NOW - datetime.timedelta(minutes=5))  # clocks differ
    (key,) = offices.trusted.of("EP")
    old = {**parts.bundle, "created": "2029-01-01T00:00:00+00:00"}
    expired = sealed_again(offices, Parts(old, parts.files))
    refused(offices, expired, f"good from 2026-05-01 to {key.valid_until}", NOW.replace(year=2030))
    offices.trusted.withdraw(key.fingerprint[:14], datetime.date(2026, 4, 30))
    refused(offices, bundle, "withdrawn on 2026-04-30")
    early = sealed_again(offices, Parts({**parts.bundle, "created": "2026-04-01T00:00:00+00:00"}, parts.files))
    refused(offices, early, "can write any date")  # who stole the key can write any
    public = keys.read_public(keys.public_file(offices.keys["EP"]))
    with pytest.raises(UserError, match=r"withdrawn on 2026-04-30\. One key has"):
        offices.trusted.add(public)


def test_a_bundle_comes_once_and_an_older_state_not_after_a_newer_one(offices: Offices, make_rows: Rows) -> None:
    folders = offices.runs("EP", make_rows(0, 30))
    first, second = offices.export("EP", folders), offices.export("EP", folders, NOW + HOUR)
    (key,) = offices.trusted.of("EP")
    later = NOW + 2 * HOUR
    imported.take(second, offices.group, key, later)
    refused(offices, second, "imported already", later)
    refused(offices, first, "this one is superseded", later)
    third = offices.export("EP", folders, later)
    changes = imported.verified(third, offices.group, offices.trusted, later)
    assert {change.kind for change in changes} == {"earlier"}
    imported.take(third, offices.group, key, later)
    assert [run.standing for run in imported.runs(offices.group)].count(True) == 2
    assert {run.created for run in imported.runs(offices.group) if run.standing} == {later.isoformat()}


def test_a_newer_schema(offices: Offices, parts: Parts) -> None:
    newer = Parts({**parts.bundle, "schema_version": 2}, parts.files)
    with pytest.raises(OtherVersion, match="A newer wild_aieval"):
        sealed_again(offices, newer)


def test_another_content_of_a_public_version(offices: Offices, make_rows: Rows) -> None:
    first = offices.export("EP", offices.runs("EP", make_rows(0, 30)))
    imported.take(first, offices.group, offices.trusted.of("EP")[0], NOW)
    other = offices.export("US", offices.runs("US", make_rows(5, 30)))
    refused(offices, other, r"classification/tiny 1\.0\.0 was measured on another content")


def _with_statistics(parts: Parts, change: Callable[[Any], Any]) -> Parts:
    (found,) = item_statistics.load(io.BytesIO(parts.files["0.npz"]), "here").values()
    stream = io.BytesIO()
    item_statistics.save(stream, [change(found)])
    return Parts(parts.bundle, {"0.npz": stream.getvalue()})


def test_what_shares_too_much_is_refused(offices: Offices, parts: Parts, make_rows: Rows) -> None:
    from dataclasses import replace

    open_ids = _with_statistics(parts, lambda found: replace(found, item_ids=[f"doc{n}" for n in range(30)]))
    refused(offices, sealed_again(offices, open_ids), "holds ids of items as they are in the office")
    run = RunFolder(offices.place.root / "EP-tfidf")
    (whole,) = item_statistics.read(run).values()
    labels = _with_statistics(parts, lambda found: replace(found, groups=whole.groups))
    refused(offices, sealed_again(offices, labels), "holds labels of items")

    closed = json.loads(json.dumps(parts.bundle))
    closed["runs"][0]["summary"]["results"][0]["confidentiality"] = "aggregate-only"
    refused(offices, sealed_again(offices, Parts(closed, parts.files)), "aggregate-only")


def test_a_full_disk_leaves_nothing(offices: Offices, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = sealed_again(offices, parts)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(imported.durable, "put", full)
    before = sorted(offices.group.rglob("*.json"))
    with pytest.raises(UserError, match="No space left on device"):
        imported.take(bundle, offices.group, offices.trusted.of("EP")[0], NOW)
    assert sorted(offices.group.rglob("*.json")) == before


def test_keys_at_the_door(place: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, group = place.root / "mine", ["--group", str(place.root / "group")]
    assert main(["results", "key", "QQ", "--to", str(folder)]) == 1
    assert "not a two-letter code of an office" in capsys.readouterr().err
    monkeypatch.setenv(keys.PASSWORD, "a pass phrase")
    assert main(["results", "key", "ep", "--to", str(folder)]) == 0
    private, public = folder / "EP.key.pem", folder / "EP.public.json"
    assert private.stat().st_mode & 0o077 == 0
    assert b"ENCRYPTED" in private.read_bytes()
    assert main(["results", "key", "EP", "--to", str(folder)]) == 1
    assert "has a key here already" in capsys.readouterr().err
    keys.read_private(private)
    monkeypatch.setenv(keys.PASSWORD, "another")
    with pytest.raises(UserError, match="cannot be read"):
        keys.read_private(private)
    private.chmod(0o644)
    with pytest.raises(UserError, match="others can read this key"):
        keys.read_private(private)
    assert main(["results", "trust", str(public), *group]) == 1
    said = capsys.readouterr().err
    key = keys.read_public(public)
    assert key.fingerprint not in said and "by phone" in said
    assert main(["results", "trust", str(public), "--fingerprint", f"0000{key.fingerprint[4:]}", *group]) == 1
    assert "not the one that was given" in capsys.readouterr().err
    assert main(["results", "trust", str(public), "--fingerprint", key.fingerprint, *group]) == 0
    assert main(["results", "trust", *group]) == 0
    assert key.fingerprint in capsys.readouterr().out
    assert main(["results", "trust", "--withdraw", key.fingerprint[:9], *group]) == 0
    assert "no longer" in capsys.readouterr().out


def test_an_expired_key_is_told_to_its_own_office(
    offices: Offices, make_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    run, key = offices.runs("EP", make_rows(0, 20))[0], offices.keys["EP"]
    public = json.loads(keys.public_file(key).read_text())
    keys.public_file(key).write_text(json.dumps(public | {"valid_from": "2020-01-01", "valid_until": "2022-01-01"}))
    to = offices.place.root / "to"
    assert main(["results", "export", str(run), "--office", "EP", "--key", str(key), "--to", str(to)]) == 1
    assert "this key was good until 2022-01-01" in capsys.readouterr().err
    assert not to.exists()


def test_a_public_key_is_checked_field_by_field(tmp_path: Path) -> None:
    good = PublicKey("EP", base64.b64encode(b"k" * 32).decode(), "2026-01-01", "2027-01-01").as_dict()
    for change, words in (
        ({"office": "QQ"}, "two-letter code"), ({"key": "AAAA"}, "32 bytes"), ({"valid_until": "soon"}, "public key"),
        ({"schema_version": 9}, "newer wild_aieval"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=words):
            keys.from_dict({**good, **change}, "x")
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(UserError, match="expected an object"):
        keys.read_public(tmp_path / "a.json")
