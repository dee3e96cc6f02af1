"""The typed schema behind ``conf/``: an unknown key or a wrong type is one readable paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError, field_validator

from wild_aieval.errors import UserError
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.models.registry import explain, read_settings
from wild_aieval.oversight.policy import Policy


class Strict(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tracking(Strict):
    """Settings of ``conf/tracking/``: where results are shown besides the run folder."""

    name: Literal["mlflow", "none"]
    uri: str | None = None
    experiment: str = "wild-aieval"
    max_traces: int = Field(100, ge=0, description="flagged and audited items shown as traces, per run")


class Inference(Strict):
    """Settings of ``conf/inference/``: how items are fed; none of it can change an answer."""

    name: str
    chunk_size: int = Field(32, ge=1, description="items between two writes of the journal")


class Settings(Strict):
    """Everything a user sets for a run."""

    model: SerializeAsAny[ModelSettings]
    oversight: Policy
    tracking: Tracking
    inference: Inference
    benchmark: list[str] = Field(min_length=1)
    benchmark_roots: list[Path] = []
    limit: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0)
    max_error_rate: float = Field(0.0, ge=0, le=1)
    skip_unavailable: bool = False
    progress: bool = True
    sweep: str | None = None
    debug: bool = False

    @field_validator("benchmark", "benchmark_roots", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("benchmark_roots")
    @classmethod
    def _wherever_it_is_continued(cls, roots: list[Path]) -> list[Path]:
        return [root.expanduser().resolve() for root in roots]


def read(raw: Mapping[str, Any], where: str = "settings") -> Settings:
    """Check composed settings; the model is checked against the schema of its kind."""
    fields = dict(raw)
    model = fields.get("model")
    if not isinstance(model, Mapping):
        raise UserError(f"{where}: 'model' is missing. Choose one with model=NAME.")
    fields["model"] = read_settings(model, f"model={model.get('name', '?')}")
    try:
        return Settings.model_validate(fields)
    except ValidationError as error:
        raise UserError(f"{where}: " + explain(error, Settings)) from None
