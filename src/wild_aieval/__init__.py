"""Evaluation harness for AI tools of intellectual-property offices.

Measures support tools for patent classification, translation and prior-art search. Whatever a
machine says here is a suggestion for a human expert.
"""

__version__ = "0.1.0"
