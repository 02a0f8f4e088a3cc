"""What the documentation shows runs."""

from __future__ import annotations

import re
from pathlib import Path

import rag

DOCS = Path(rag.__file__).parents[1] / "docs"
TEXTS = {
    "company-documents/leave.md": "# Leave\n\nEmployees in Dundee get 27 days of annual leave. "
    "Employees in Tampere get 28 days of annual leave.\n",
    "hr-documents/plans.md": "# Plans\n\nAino Rautala is promoted in May.\n",
}


def test_sdk(tmp_path: Path, monkeypatch, capsys) -> None:
    for name, value in {"EMBEDDER": "hash", "LLM": "none", "READER": "none"}.items():
        monkeypatch.setenv(f"WELLSPRING_{name}", value)
    monkeypatch.chdir(tmp_path)
    for name, text in TEXTS.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    text = (DOCS / "sdk.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    names: dict[str, object] = {}
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"sdk.md, block {number}", "exec"), names)
    told = capsys.readouterr().out
    assert "27 days" in told
    assert told.count("How many days of annual leave do employees in Tampere get?") == 2
    assert "[1] Leave" in told
