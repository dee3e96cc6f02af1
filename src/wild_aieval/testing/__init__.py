"""Tools that can be tried without any tool: a mock endpoint and a mock program, with faults on order.

``with MockEndpoint(faults=Faults(share=0.3)) as endpoint: ... endpoint.url``; from a terminal:
``python -m wild_aieval.testing endpoint --port 8000 --faults mixed`` and ``python -m wild_aieval.testing tool``.
Their answers are deterministic and say nothing about any text: they are for trying the harness, never for a result.
"""

from wild_aieval.testing.endpoint import MockEndpoint
from wild_aieval.testing.faults import Faults

__all__ = ["Faults", "MockEndpoint"]
