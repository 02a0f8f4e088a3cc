"""The folder of public sets that training reads, with a few made-up rows in each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rag.training.data import Row, write_rows

NAMES = ["Anna Holt", "Ben Marsh", "Cora Finch", "Dan Wells", "Eve Stone", "Finn Reed", "Gil Ford", "Hal Brook"]


def _dump(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def rows(count: int = 40) -> list[Row]:
    """Return questions about who built a mill, each with its sentence."""
    found = []
    for n in range(count):
        name, year = NAMES[n % len(NAMES)], str(1900 + n)
        text = f"The {n}th mill at Leeds was built by {name} in {year} for the town."
        start = text.index(name)
        question = f"Who built the {n}th mill at Leeds in {year}?"
        found.append(Row(f"r{n}", question, text, ((start, start + len(name)),), "en", title=f"Mill {n}"))
    return found


def write_sets(folder: Path) -> Path:
    """Write the sets; every passage of the multihop ones is long enough to be asked about."""
    for name in ("qamr", "policyqa", "covidqa"):
        path = folder / "reading" / "train" / f"{name}_en.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_rows(path, rows())
    for name in ("2wiki", "hotpotqa"):
        corpus = [{"title": f"{name} {n}", "text": f"{row.context} " * 4} for n, row in enumerate(rows(6))]
        asked = {"type": "bridge", "question": "Who built it?", "answers": [NAMES[1]], "gold": [0, 1]}
        questions = [{"id": "1", "split": "tune", **asked}, {"id": "2", "split": "test", **asked, "gold": [4, 5]}]
        _dump(folder / "multihop" / name / "corpus.json", corpus)
        _dump(folder / "multihop" / name / "questions.json", questions)
    articles = [
        {
            "title": f"Article_{n}",
            "paragraphs": [
                {
                    "context": f"{name} met {name} of Leeds. {'A town of many mills. ' * 8} In York {name} slept.",
                    "questions": [{"id": f"{n}-{name}", "question": "Who slept in York?", "answers": [name]}],
                }
                for name in NAMES[:3]
            ],
        }
        for n in range(14)
    ]
    _dump(folder / "reading" / "xquad_en_dev.json", articles)
    return folder
