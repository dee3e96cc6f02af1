"""The typed schema behind ``conf/``: an unknown key or a wrong type is one readable paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    field_serializer,
    field_validator,
)

from wild_aieval.addresses import HIDDEN, absolute, is_web, redacted
from wild_aieval.costs import Cost
from wild_aieval.errors import UserError
from wild_aieval.logs import Format, Level
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.models.registry import explain, read_settings, recorded_settings
from wild_aieval.oversight.policy import Policy


class Strict(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tracking(Strict):
    """Settings of ``conf/tracking/``: where results are shown besides the run folder.

    ``uri`` is whole in memory only; whatever is written has no passwords.
    """

    name: Literal["mlflow", "none"]
    uri: str | None = Field(None, repr=False)
    experiment: str = "wild-aieval"
    max_traces: int = Field(100, ge=0, description="flagged and audited items shown as traces, per run")

    @field_validator("uri")
    @classmethod
    def _wherever_it_is_continued(cls, uri: str | None) -> str | None:
        if uri is not None and is_web(uri) and redacted(uri) != uri:
            raise ValueError(
                "an address of a server takes no user, password or token, since it is recorded. Set MLflow's "
                "environment variables MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
            )
        return None if uri is None else absolute(uri)

    @field_serializer("uri")
    def _without_passwords(self, uri: str | None) -> str | None:
        return None if uri is None else redacted(uri)


class Inference(Strict):
    """Settings of ``conf/inference/``: how items are fed; none of it can change an answer."""

    name: str
    chunk_size: int = Field(32, ge=1, description="items between two writes of the journal")
    engine: Literal["local", "ray"] = "local"
    workers: int = Field(1, ge=1, description="processes of Ray, each with the candidate in memory")
    cpus: float = Field(1, gt=0, description="cores of a worker")
    gpus: float = Field(0, ge=0, description="accelerators of a worker")
    address: str | None = Field(None, description="of a Ray cluster; none: processes of this machine")


class Log(Strict):
    """Settings ``log.*``: what is said of a run while it runs; none of it can change an answer.

    ``file``: written instead of standard error, which then has warnings only.
    """

    level: Level = "warning"
    format: Format = "text"
    file: Path | None = None

    @field_validator("file")
    @classmethod
    def _wherever_it_is_continued(cls, file: Path | None) -> Path | None:
        return None if file is None else file.expanduser().absolute()


class Settings(Strict):
    """Everything a user sets for a run."""

    model: SerializeAsAny[ModelSettings]
    oversight: Policy
    tracking: Tracking
    inference: Inference
    cost: Cost = Cost()
    benchmark: list[str] = Field(min_length=1)
    benchmark_roots: list[Path] = []
    limit: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0)
    max_error_rate: float = Field(0.0, ge=0, le=1)
    skip_unavailable: bool = False
    progress: bool = True
    sweep: str | None = None
    log: Log = Log()
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
    model = _model(raw, where)
    return _checked(raw, read_settings(model, f"model={model.get('name', '?')}"), where)


def read_record(raw: Mapping[str, Any], where: str) -> Settings:
    """Check the settings of a run that exists, for work without the candidate: its kind need not be known here."""
    return _checked(raw, recorded_settings(_model(raw, where), where), where)


def read_tracking(raw: Mapping[str, Any], where: str, uri: str | None = None) -> Tracking:
    """Only the tracking of recorded settings; ``uri`` replaces the recorded one, which has no password."""
    fields = {**(raw.get("tracking") or {}), **({} if uri is None else {"uri": uri})}
    try:
        tracking = Tracking.model_validate(fields)
    except ValidationError as error:
        place = f"{where}, tracking" if uri is None else "--uri"
        raise UserError(f"{place}: " + explain(error, Tracking)) from None
    if uri is None and HIDDEN in (tracking.uri or ""):
        raise UserError(
            f"{where}: tracking.uri is {tracking.uri} there, since passwords are not recorded. "
            "Give the whole address with --uri."
        )
    return tracking


def _model(raw: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    model = raw.get("model")
    if not isinstance(model, Mapping):
        raise UserError(f"{where}: 'model' is missing. Choose one with model=NAME.")
    return model


def _checked(raw: Mapping[str, Any], model: ModelSettings, where: str) -> Settings:
    try:
        return Settings.model_validate({**raw, "model": model})
    except ValidationError as error:
        raise UserError(f"{where}: " + explain(error, Settings)) from None
