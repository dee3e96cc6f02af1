"""Candidates inside a candidate: each member is written as a model file is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from wild_aieval.errors import UserError
from wild_aieval.models import registry
from wild_aieval.models.protocols import Searcher, Workplace


def checked(member: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The member as its adapter reads it (paths made absolute, so that a run can be continued from anywhere).

    ValueError, for pydantic, where it is no searcher or a setting is wrong.
    """
    try:
        if "search" not in registry.kind_of(member, where).tasks:
            raise ValueError(f"the kind '{member['kind']}' does not search")
        return registry.read_settings(member, where).model_dump(mode="json")
    except UserError as error:
        raise ValueError(str(error)) from None


def identity(member: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The member's settings that can change an answer, and the revision of its adapter."""
    return registry.read_settings(member, where).identity() | {"adapter": registry.kind_of(member, where).revision}


def build(member: Mapping[str, Any], where: str, workplace: Workplace) -> Searcher:
    """Make the member; UserError where it cannot run here."""
    return cast(Searcher, registry.build(registry.read_settings(member, where), workplace))
