"""Tiny evaluation sets, one of each kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helpers.make import pdf


def write(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def multihop(folder: Path) -> Path:
    write(folder / "corpus.json", [{"title": "Orion", "text": "Orion is led by Mara."}, {"title": "M", "text": "Tea."}])
    write(
        folder / "questions.json",
        [
            {"id": 1, "split": "tune", "type": "hop", "question": "Who leads Orion?", "answers": ["Mara"], "gold": [0]},
            {"id": 2, "split": "test", "type": "hop", "question": "Tea?", "answers": ["a", "b"], "gold": [0, 1]},
        ],
    )
    return folder


def reading(path: Path) -> Path:
    def article(title: str, language: str, context: str, question: str, answer: str) -> dict[str, Any]:
        asked = [{"id": title, "question": question, "answers": [answer]}]
        return {"title": title, "language": language, "paragraphs": [{"context": context, "questions": asked}]}

    articles = [
        article("Annual_leave", "en", "Everyone gets 27 days of annual leave.", "How many days of leave?", "27 days"),
        article("住宿", "zh", "住宿上限为550元。", "住宿上限是多少？", "550元"),
    ]
    return write(path, articles)


def financebench(folder: Path) -> Path:
    (folder / "pdfs").mkdir(parents=True)
    (folder / "pdfs" / "3M.pdf").write_bytes(pdf(["Nothing here.", "Revenue was 35 million dollars."]))
    evidence = [{"page": 1, "text": "Revenue was 35 million dollars."}]
    asked = {"id": "f", "document": "3M.pdf", "question": "What was revenue?", "answer": "35", "evidence": evidence}
    write(folder / "questions.json", [asked])
    return folder


def documents(folder: Path) -> Path:
    write(folder / "documents" / "leave.md", "# Leave\n\nEmployees in Dundee get 27 days of annual leave.\n")
    write(folder / "documents" / "skerry.md", "# Skerry 40\n\nThe Skerry 40 is a radar gauge made by Acme.\n")
    write(
        folder / "questions.json",
        [
            {
                "id": "q1",
                "language": "en",
                "question": "How many days of annual leave do employees in Dundee get?",
                "answers": ["27 days"],
                "gold": ["documents/leave.md"],
                "type": "lookup",
            },
            {
                "id": "q2",
                "question": "Who invented the zeppelin?",
                "answers": [],
                "gold": [],
                "split": "test",
                "type": "unanswerable",
            },
        ],
    )
    return folder


def robustness(path: Path) -> Path:
    """Two entries that ask the same of passages of their own; the first also has one that contradicts."""
    question = "Who leads the Orion project?"
    return write(
        path,
        [
            {
                "id": 0,
                "query": question,
                "answer": "Mara Quist",
                "fakeanswer": "Tom Birch",
                "positive": ["The Orion project is led by Mara Quist."],
                "positive_wrong": ["The Orion project is led by Tom Birch."],
                "negative": ["Zeppelins were flown over lakes."],
            },
            {
                "id": 1,
                "query": question,
                "answer": [["Ann Lee", "A. Lee"], "Ian Gow"],
                "positive": [
                    "The Orion project is led by Ann Lee and Ian Gow.",
                    "Ian Gow and A. Lee lead the Orion project.",
                ],
                "negative": ["The Orion telescope was sold.", "Projects end."],
            },
        ],
    )
