"""Who may sit at the desk: pseudonyms with a role and a token, of which only a hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from wild_aieval import schema_version
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.rules import check_pseudonym
from wild_aieval.review import store

Role = Literal["reviewer", "adjudicator", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
SCHEMA_VERSION = 1
PEOPLE = "people.json"
_SHORTEST, _FEWEST = 16, 8  # characters of a token that somebody chose, and different ones among them
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Person:
    """A pseudonym, which is what the ledger has as actor; ``digest`` is of the token."""

    name: str
    role: Role
    digest: str


class People:
    """All who may sign in."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = {person.name: person for person in people}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def __len__(self) -> int:
        return len(self._people)

    def role(self, name: str) -> Role:
        """What a person does here."""
        return self._people[name].role

    def with_token(self, token: str) -> Person | None:
        """Whose token this is; every one is compared, in the same time."""
        digest, found = hashed(token.strip()), None
        for person in self._people.values():
            if hmac.compare_digest(person.digest, digest):
                found = person
        return found


def hashed(token: str) -> str:
    """The hash under which a token is kept. Tokens are long and random, so that no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def wanted(texts: Iterable[str]) -> dict[str, Role]:
    """``NAME:ROLE`` as the command line gives them."""
    found: dict[str, Role] = {}
    for text in texts:
        name, _, role = text.partition(":")
        found[name] = _checked(name, role or "reviewer", "--person")
    return found


def usual(reviewers: int) -> dict[str, Role]:
    """As many reviewers as see an item, an adjudicator and an administrator."""
    found: dict[str, Role] = {f"reviewer-{number}": "reviewer" for number in range(1, reviewers + 1)}
    return found | {"adjudicator-1": "adjudicator", "administrator-1": "administrator"}


def kept(path: Path, persons: Mapping[str, Role], renew: bool = False) -> tuple[People, dict[str, str]]:
    """The people of a file, with ``persons`` added (or given new tokens); returns new tokens by name, to be shown once.

    A person who is there keeps the token unless ``renew``; a role does not change, since the ledger has it.
    """
    known = {person.name: person for person in _read(path)} if path.exists() else {}
    new: dict[str, str] = {}
    for name, role in persons.items():
        if name in known and known[name].role != role:
            raise UserError(f"--person {name}:{role}: '{name}' is {known[name].role} here. Choose another name.")
        if renew or name not in known:
            new[name] = secrets.token_urlsafe(24)
            known[name] = Person(name, role, hashed(new[name]))
    if new:
        _write(path, known.values())
    return People(known.values()), new


def of_file(path: Path) -> People:
    """People of a file of one's own: lines ``NAME ROLE TOKEN``, readable by its owner only."""
    _refuse_open(path)
    found: dict[str, Person] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        where = f"{path}, line {number}"
        if len(words) != 3:
            raise UserError(f"{where}: expected NAME ROLE TOKEN, found {len(words)} words.")
        name, role, token = words
        if len(token) < _SHORTEST:
            raise UserError(f"{where}: the token is shorter than {_SHORTEST} characters. Take a random one.")
        if len(set(token)) < _FEWEST:
            raise UserError(f"{where}: the token has fewer than {_FEWEST} different characters. Take a random one.")
        if name in found:
            raise UserError(f"{where}: '{name}' stands in the file already.")
        found[name] = Person(name, _checked(name, role, where), hashed(token))
    if len({person.digest for person in found.values()}) < len(found):
        raise UserError(f"{path}: two people have the same token. Give each one of their own.")
    if not found:
        raise UserError(f"{path}: nobody is in the file. It holds lines NAME ROLE TOKEN.")
    return People(found.values())


def _checked(name: str, role: str, where: str) -> Role:
    check_pseudonym(name)
    for known in ROLES:
        if role == known:
            return known
    raise UserError(f"{where}: there is no role '{role}'. Roles: {', '.join(ROLES)}.")


def _refuse_open(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"{path}: there is no such file.")
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        raise UserError(f"{path}: others than its owner may read or change it. Mend it with: chmod 600 {path}")


def _read(path: Path) -> list[Person]:
    _refuse_open(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        schema_version.check(content["schema_version"], SCHEMA_VERSION, path)
        rows = content["people"]
        return [Person(row["name"], _checked(row["name"], row["role"], str(path)), row["digest"]) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: not a list of people ({error}). Delete it to have new tokens made.") from None


def _write(path: Path, people: Iterable[Person]) -> None:
    rows = [{"name": person.name, "role": person.role, "digest": person.digest} for person in people]
    content = json.dumps({"schema_version": SCHEMA_VERSION, "people": rows}, indent=1) + "\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        store.write_private(path, content.encode("utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}). Make room or mend the rights.") from None
