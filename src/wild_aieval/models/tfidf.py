"""TF-IDF word n-grams and one linear support vector machine per symbol (scikit-learn)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, LabelledDocument, Suggestion
from wild_aieval.models.labels import LabelSpace
from wild_aieval.models.protocols import ModelSettings, Workplace

Floats = NDArray[np.float64]
_SCALES = np.geomspace(0.5, 64.0, 22)


class TfidfClassifier:
    """One-against-rest linear SVM on sublinear TF-IDF.

    Scores are softmax(scale * margin); the scale is fitted on a held-out fifth of the training part
    (temperature scaling, Guo et al., ICML 2017), so they are usable as confidences, not certified.
    """

    class Settings(ModelSettings):
        """Settings of ``kind: tfidf``."""

        kind: Literal["tfidf"]
        ngrams: int = Field(2, ge=1, le=4)
        min_df: int = Field(1, ge=1)
        regularisation: float = Field(1.0, gt=0)
        stop_words: Literal["english"] | None = None
        suggestions: int = Field(10, ge=3)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._seed = workplace.seed
        self._scale = 1.0
        self._labels = LabelSpace([])
        self._vectorizer: Any = None
        self._weights: NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)
        self._bias: Floats = np.zeros(0)

    def facts(self) -> Mapping[str, Any]:
        """The version of scikit-learn."""
        import sklearn

        return {"scikit-learn": sklearn.__version__}

    def fit(self, train: Sequence[LabelledDocument]) -> None:
        """Fit the scale on a held-out fifth, then the classifier on everything."""
        order = np.random.default_rng(self._seed).permutation(len(train))
        held_out = [train[i] for i in order[: len(train) // 5]]
        kept = [train[i] for i in order[len(train) // 5 :]]
        self._scale = 1.0
        if held_out:
            self._fit(kept)
            self._scale = self._best_scale(held_out)
        self._fit(train)

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """The best symbols by margin."""
        scaled = self._margins(documents) * self._scale
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return self._labels.top(weights / weights.sum(axis=1, keepdims=True), self._settings.suggestions)

    def _fit(self, train: Sequence[LabelledDocument]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        settings = self._settings
        self._labels = LabelSpace(train)
        self._vectorizer = TfidfVectorizer(
            ngram_range=(1, settings.ngrams),
            min_df=settings.min_df,
            sublinear_tf=True,
            stop_words=settings.stop_words,
            dtype=np.float32,
        )
        try:
            features = self._vectorizer.fit_transform([item.document.full_text for item in train])
        except ValueError as error:
            raise UserError(
                f"{settings.name}: the {len(train)} training documents give no terms ({error}). Lower model.min_df, or "
                "set model.stop_words=null."
            ) from None
        truth = self._labels.indicators(train).tocsc()
        machines = [self._machine(features, truth[:, [column]].toarray().ravel()) for column in range(truth.shape[1])]
        self._weights = np.array([weights for weights, _ in machines], dtype=np.float32)
        self._bias = np.array([bias for _, bias in machines])

    def _machine(self, features: Any, truth: NDArray[np.int8]) -> tuple[NDArray[np.float32], float]:
        """Weights and bias of one symbol against the rest."""
        from sklearn.svm import LinearSVC

        if truth.all():  # a single symbol in the whole training part
            return np.zeros(features.shape[1], dtype=np.float32), 1.0
        machine = LinearSVC(C=self._settings.regularisation, random_state=self._seed % 2**32).fit(features, truth)
        return machine.coef_[0].astype(np.float32), float(machine.intercept_[0])

    def _margins(self, documents: Sequence[Document]) -> Floats:
        features = self._vectorizer.transform([document.full_text for document in documents])
        margins: Floats = np.asarray(features @ self._weights.T, dtype=np.float64) + self._bias
        return margins

    def _best_scale(self, held_out: Sequence[LabelledDocument]) -> float:
        truth = self._labels.indicators(held_out).toarray().astype(bool)
        seen = truth.any(axis=1)
        if not seen.any():
            return 1.0
        margins = self._margins([item.document for item in held_out])[seen]
        losses = [_log_loss(margins * scale, truth[seen]) for scale in _SCALES]
        return float(_SCALES[int(np.argmin(losses))])


def _log_loss(scaled: Floats, truth: NDArray[np.bool_]) -> float:
    shifted = scaled - scaled.max(axis=1, keepdims=True)
    log_share = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-(log_share * truth).sum() / truth.sum())
