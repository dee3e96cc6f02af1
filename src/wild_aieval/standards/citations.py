"""Citation categories of search reports (WIPO Standard ST.14) and the default relevance grades."""

from __future__ import annotations

# X: takes novelty or inventive step alone; Y: together with another document; A: background.
DEFAULT_GRADES: dict[str, int] = {"X": 3, "Y": 2, "A": 1}
