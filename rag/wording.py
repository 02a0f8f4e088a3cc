"""How an answer reads: the short answer, the sentences that hold it, and their markers."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.language import search_tokens
from rag.candidates import Candidate
from rag.cite import Claim, cite
from rag.evidence import Evidence
from rag.prompts import reply

_TERSE = 60
"""Characters: a shorter quote is shown with its document's title."""
_ALL = 0.7
"""A short answer with this part of its sentence's words need not stand before it."""


def written(claims: Sequence[Claim]) -> str:
    """Write a chat model's claims with their markers."""
    marks = numbers([claim.evidence for claim in claims])
    return " ".join(f"{claim.text} [{mark}]" for claim, mark in zip(claims, marks, strict=True))


def quoted(evidence: Sequence[Evidence], short: str = "", *, lead: str = "") -> str:
    """Write sentences as they stand, the short answer before them where it is much shorter than they are.

    What is too short to be understood alone gets its document's title in front. A ``lead`` is no word of theirs, and
    rests on the last.
    """
    marks = numbers(evidence)
    paragraphs = [
        f"{item.passage.title}: {item.text} [{mark}]"
        if item.passage.title and (len(item.text) < _TERSE or " | " in item.text)
        else f"{item.text} [{mark}]"
        for item, mark in zip(evidence, marks, strict=True)
    ]
    holder = next((n for n, item in enumerate(evidence) if short and short in item.text), None)
    if holder is not None:
        words, all_words = search_tokens(short), search_tokens(evidence[holder].text)
        if len(words) < _ALL * len(all_words):
            paragraphs.insert(0, f"{short} [{marks[holder]}]")
    if lead:
        paragraphs.insert(0, f"{lead} [{marks[-1]}]")
    return "\n\n".join(paragraphs)


def disagreement(sides: Sequence[tuple[Candidate, str]], language: str) -> str:
    """Write what each source says and when it is from, then the sentences themselves."""
    evidence = [candidate.evidence for candidate, _ in sides]
    parts = [
        reply(language, "side").format(
            title=candidate.evidence.passage.title or candidate.evidence.passage.document,
            short=candidate.short,
            date=reply(language, "date").format(date=date) if date else "",
            marker=f"[{mark}]",
        )
        for (candidate, date), mark in zip(sides, numbers(evidence), strict=True)
    ]
    told = reply(language, "between").join(parts) + reply(language, "end")
    gap = " " if language == "en" else ""
    return f"{reply(language, 'disagree')}{gap}{told}\n\n{quoted(evidence)}"


def numbers(evidence: Sequence[Evidence]) -> list[int]:
    """Return the number that ``cite`` gives to each."""
    by_place = {(citation.document, citation.start, citation.end): citation.number for citation in cite(evidence)}
    return [by_place[item.place] for item in evidence]
