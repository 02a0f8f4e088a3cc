"""Which cell of a row answers, with the built-in embedder: rows that no weight was chosen on (split ``test``)."""

import json
from pathlib import Path

import rag
from knowledge.embed import Embedder
from rag.cells import answering_cell
from rag.question import AskedQuestion

ROWS = Path(__file__).parents[1] / "data" / "rows.json"


def test_most_cells_are_found_and_few_are_wrong(tmp_path: Path) -> None:
    with rag.open(tmp_path / "kb", embedder="builtin", llm="none") as kb:
        got = [
            (label, _label(question, one["row"], kb.embedder))
            for one in json.loads(ROWS.read_text(encoding="utf-8"))["test"]
            for question, label in one["questions"].items()
        ]
    right = sum(label == found for label, found in got)
    wrong = [pair for pair in got if pair[1] is not None and pair[0] != pair[1]]
    assert len(got) == 35
    assert right >= 25, got
    assert len(wrong) <= 3, wrong


def _label(question: str, row: str, embedder: Embedder) -> str | None:
    cell = answering_cell(AskedQuestion.read(question, idf=lambda token: 1.0), row, embedder)
    return cell.label if cell else None
