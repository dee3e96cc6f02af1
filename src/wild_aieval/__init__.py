"""Evaluation harness for AI tools of intellectual-property offices.

Measures support tools for patent classification, translation and prior-art search. Whatever a
machine says here is a suggestion for a human expert. Whoever imports the package has the telemetry of its libraries
switched off, where he has not set their variables himself.
"""

from wild_aieval import telemetry

__version__ = "0.1.0"
telemetry.switch_off()
