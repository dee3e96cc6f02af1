"""The tool by itself; run with pytest after 'pip install -e .'."""

from pathlib import Path

from office_tool import OfficeTool

from wild_aieval.items import Document, Failure, LabelledDocument, Suggestion
from wild_aieval.models.protocols import Workplace


def test_words_vote(tmp_path: Path) -> None:
    """Known words give symbols, unknown ones a failure."""
    settings = OfficeTool.Settings(name="office-tool", kind="office-tool", suggestions=1)
    tool = OfficeTool(settings, Workplace(seed=0, cache=tmp_path))
    tool.fit([LabelledDocument(Document("1", "A plough", ""), "A01B", ("A01B",))])
    known, unknown = tool.classify([Document("2", "plough", ""), Document("3", "router", "")])
    assert known == [Suggestion("A01B", 1.0)]
    assert isinstance(unknown, Failure)
