"""What one answer is worth: whether it is right, what its citations bear out, whether it tells of a conflict."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from knowledge.language import detect_language, search_tokens, sentences
from rag.cite import check_claims
from rag.evaluation.datasets import Question
from rag.evaluation.metrics import contains, exact_match, f1, holds, polar, polarity
from rag.evidence import Evidence
from rag.records import Answer, Citation, Passage

_MARKERS = re.compile(r"(?:\s*[\[【]\s*\d{1,2}(?:\s*[,，]\s*\d{1,2})*\s*[\]】])+")
_DIGITS = re.compile(r"\d+")
_YES_NO = re.compile(r"^\s*(?:yes|no|是的?|不是|否)(?:\s*[,.:;，。：；]\s*|\s*$)", re.IGNORECASE)
"""What a yes/no answer begins with: it is no claim of its own, nor a negation of what follows."""

TextOf = Callable[[str], str | None]
"""From a document's id to its text; None: it is not there."""


def is_right(question: Question, answer: Answer) -> bool:
    """Tell whether an answer was given and is right.

    It must hold what is needed; where yes or no is, begin with it. Where the documents hold no answer, any is wrong.
    """
    if answer.abstained or not question.answerable:
        return False
    wanted = polar(question.answers)
    if wanted:
        return _said(answer) in wanted
    return holds(answer.answer, question.needed)


def judged(question: Question, answer: Answer, *, kind: str, text_of: TextOf) -> dict[str, float]:
    """Return the figures of an answer, each 0 to 1, by name (docs/evaluation.md). ``kind`` is the set's."""
    figures = {"abstained": float(answer.abstained)}
    if not question.answerable:
        figures["rejection"] = float(answer.abstained)
    elif question.contradicting:
        figures |= _conflict(question, answer)
    else:
        figures |= _rightness(question, answer, whole=kind != "robustness")
    return figures | _citations(question, answer, text_of)


def _rightness(question: Question, answer: Answer, *, whole: bool) -> dict[str, float]:
    """Compare an answer with the references; with ``whole`` also as SQuAD does."""
    right = is_right(question, answer)
    shown = "" if answer.abstained else "\n".join([answer.answer, *(citation.quote for citation in answer.citations)])
    # "No" stands in many a sentence that does not say so.
    held = right if polar(question.answers) else holds(shown, question.needed)
    figures = {"accuracy": float(right), "contains": float(held)}
    if whole:
        short = "" if answer.abstained else answer.short or answer.answer
        figures |= {"em": exact_match(short, question.answers), "f1": f1(short, question.answers)}
    return figures


def _said(answer: Answer) -> bool | None:
    said = polarity(answer.short)
    return polarity(answer.answer) if said is None else said


# Documents that contradict each other


def tells_both(question: Question, answer: Answer) -> bool:
    """Tell whether an answer shows both the true answer and the fake one, and cites documents of both sides.

    Shown are its text, what its sides say, and its quotes.
    """
    if answer.abstained:
        return False
    told_of = _own_citations(answer)
    cited = {citation.document for citation in told_of}
    told = [answer.answer, *(side.short for side in answer.sides), *(citation.quote for citation in told_of)]
    shown = "\n".join(told)
    both_cited = not cited.isdisjoint(question.gold) and not cited.isdisjoint(question.contradicting)
    return both_cited and holds(shown, question.needed) and contains(shown, [question.fake])


def _conflict(question: Question, answer: Answer) -> dict[str, float]:
    figures = {"conflict_detected": float(tells_both(question, answer))}
    preferred = "" if answer.abstained else answer.short or (answer.sides[0].short if answer.sides else "")
    true, fake = holds(preferred, question.needed), contains(preferred, [question.fake])
    # Where it is neither or both, there is no preference to count.
    return figures | ({"conflict_preferred": float(true)} if true != fake else {})


# Citations


def _citations(question: Question, answer: Answer, text_of: TextOf) -> dict[str, float]:
    """Return the parts of the citations that are verbatim, bear out what they stand for, and point to gold."""
    if answer.abstained or not answer.citations:
        return {}
    count = len(answer.citations)
    figures = {
        "citation_precision": len(borne_out(answer)) / count,
        "verbatim": sum(is_verbatim(citation, text_of) for citation in answer.citations) / count,
    }
    # Where documents contradict each other, an honest answer cites those that are wrong, too.
    if question.gold and not question.contradicting:
        cited = [citation.document in question.gold for citation in _own_citations(answer)]
        figures["citation_gold"] = sum(cited) / len(cited)
    return figures


def _own_citations(answer: Answer) -> list[Citation]:
    """Return the citations of the answer itself, without those of what may be meant instead."""
    others = {side.citation for side in answer.alternatives}
    return [citation for citation in answer.citations if citation.number not in others]


def is_verbatim(citation: Citation, text_of: TextOf) -> bool:
    """Tell whether a quote is exactly the stretch of its document's text that it names."""
    text = text_of(citation.document)
    return text is not None and citation.quote != "" and citation.quote == text[citation.start : citation.end]


def borne_out(answer: Answer) -> set[int]:
    """Return the numbers of the citations whose quotes hold what the answer claims of them.

    A quote is read with its document's title and headings.

    *   A citation of a side (where sources disagree), or of an alternative, must hold what that says.
    *   Any other must bear out every statement that carries its marker, as ``rag.cite`` checks claims. A statement is
        the text up to its markers; with several, their quotes together must bear it out, and each must hold a word of
        it that the question does not.
    *   A citation that no statement carries, or of which the short answer is the statement, must hold the short answer.
    *   None of these counts when the short answer (yes and no apart) stands in no quote at all.
    """
    sides = {side.citation: side.short for side in (*answer.sides, *answer.alternatives)}
    held = {c.number for c in answer.citations if answer.short and contains(_read(c), [answer.short])}
    right = {c.number for c in answer.citations if c.number in sides and contains(_read(c), [sides[c.number]])}
    if answer.short and polarity(answer.short) is None and not held:
        return right
    asked = frozenset(search_tokens(answer.question))
    claimed: dict[int, bool] = {}
    for statement, numbers in statements(answer.answer):
        cited = [citation for citation in answer.citations if citation.number in numbers]
        if statement.strip() == answer.short:
            # It is no sentence: whether its quote denies something is told by the quote.
            for citation in cited:
                claimed[citation.number] = claimed.get(citation.number, True) and citation.number in held
            continue
        whole = bool(cited) and _bears_out(statement, cited, asked)
        told = set(search_tokens(statement)) - asked
        for citation in cited:
            shares = len(cited) == 1 or not told.isdisjoint(search_tokens(_read(citation)))
            claimed[citation.number] = claimed.get(citation.number, True) and whole and shares
    others = {c.number for c in answer.citations if c.number not in sides}
    return right | {number for number in others if claimed.get(number, number in held)}


def statements(text: str) -> Iterator[tuple[str, set[int]]]:
    """Yield what stands before each run of markers such as ``[1]`` or ``[1, 2]``, and their numbers."""
    place = 0
    for found in _MARKERS.finditer(text):
        statement = text[place : found.start()].lstrip(" \n\t.!?;,。！？；，")
        yield statement, {int(number) for number in _DIGITS.findall(found.group())}
        place = found.end()


def _bears_out(statement: str, citations: Collection[Citation], asked: frozenset[str]) -> bool:
    """Tell whether the quotes together bear out every sentence of a statement that claims something."""
    statement = _YES_NO.sub("", statement, count=1)
    evidence = list(_evidence(citations))
    claims = [statement[start:end] for start, end in sentences(statement, detect_language(statement))]
    # What stands in a quote as it is needs no further look.
    quotes = [citation.quote for citation in citations]
    claims = [
        claim
        for claim in claims
        if not asked.issuperset(search_tokens(claim)) and not any(claim.strip() in quote for quote in quotes)
    ]
    return all(check_claims(claim, evidence, asked=asked) for claim in claims)


def _evidence(citations: Collection[Citation]) -> Iterator[Evidence]:
    """Yield the quotes as evidence: together, and together with titles and headings in front of each."""
    tokens = frozenset(search_tokens("\n".join(map(_read, citations))))
    first = next(iter(citations))
    for text in ("\n".join(c.quote for c in citations), "\n".join(map(_read, citations))):
        passage = Passage(
            first.number, first.document, first.title, None, (), text, 0, len(text), detect_language(text), 0.0, ""
        )
        yield Evidence(passage, 0, len(text), text, tokens, around=tokens, coverage=0.0, fits=False, names=frozenset())


def _read(citation: Citation) -> str:
    return "\n".join([citation.title, *citation.headings, citation.quote])
