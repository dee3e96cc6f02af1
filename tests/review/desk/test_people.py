"""Pseudonyms, roles and tokens: shown once, kept as hashes, in files that only their owner reads."""

from __future__ import annotations

import json
import os
import stat

import pytest

from wild_aieval.errors import UserError
from wild_aieval.review.desk import people
from wild_aieval.review.desk.sessions import IDLE_SECONDS, MOST, Sessions


def test_tokens_are_new_once_and_kept_as_hashes(tmp_path):
    path = tmp_path / "review" / "people.json"
    found, new = people.kept(path, people.usual(2))
    assert list(new) == ["reviewer-1", "reviewer-2", "adjudicator-1", "administrator-1"]
    assert found.with_token(f" {new['reviewer-2']} ").name == "reviewer-2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [token for token in new.values() if token in path.read_text()]
    again, none = people.kept(path, {})
    assert not none
    assert again.with_token(new["adjudicator-1"]).role == "adjudicator"
    assert again.with_token("") is None


def test_a_person_is_added_and_the_others_keep_their_tokens(tmp_path):
    path = tmp_path / "people.json"
    _, old = people.kept(path, {"ada": "reviewer"})
    found, new = people.kept(path, {"bob": "adjudicator", "ada": "reviewer"})
    assert list(new) == ["bob"]
    assert found.with_token(old["ada"]).name == "ada"
    with pytest.raises(UserError, match="'ada' is reviewer here"):
        people.kept(path, {"ada": "administrator"})
    found, new = people.kept(path, {"ada": "reviewer"}, renew=True)
    assert found.with_token(old["ada"]) is None
    assert found.with_token(new["ada"]).name == "ada"


@pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")
def test_a_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "tokens"
    path.write_text("ada reviewer token-of-ada-0123456789\n# a remark\n")
    path.chmod(0o640)
    with pytest.raises(UserError, match="chmod 600"):
        people.of_file(path)
    path.chmod(0o600)
    assert [person.name for person in people.of_file(path)] == ["ada"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ada reviewer short", "shorter than 16"),
        ("ada boss token-of-ada-0123456789", "no role 'boss'"),
        ("ada reviewer", "expected NAME ROLE TOKEN"),
        ("Dr. Ada@office reviewer token-of-ada-0123456789", "expected NAME ROLE TOKEN"),
        ("ada@office reviewer token-of-ada-0123456789", "no pseudonym"),
        ("", "nobody is in the file"),
        ("a reviewer same-token-0123456789\nb reviewer same-token-0123456789", "the same token"),
        ("a reviewer same-token-0123456789\na reviewer other-token-0123456789", "stands in the file already"),
    ],
)
def test_faults_of_a_file_of_tokens(tmp_path, text, words):
    path = tmp_path / "tokens"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(UserError, match=words):
        people.of_file(path)


def test_a_broken_list_of_people_is_named(tmp_path):
    path = tmp_path / "people.json"
    path.write_text(json.dumps({"people": [{}]}))
    path.chmod(0o600)
    with pytest.raises(UserError, match="not a list of people"):
        people.kept(path, {})


def test_sessions_end_when_they_are_not_used_and_are_not_endless():
    now = [0.0]
    sessions = Sessions("en", clock=lambda: now[0])
    key, _ = sessions.begun(people.Person("ada", "reviewer", ""))
    for _ in range(MOST + 5):
        sessions.begun()
    assert sessions.found(key)
    now[0] = IDLE_SECONDS + 1
    assert sessions.found(key) is None
    assert sessions.found("unknown") is None
