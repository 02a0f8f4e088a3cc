"""Words an answer with the facts that it rests on, each with its marker."""

from __future__ import annotations

from rag.facts.lists import words
from rag.facts.records import FactAnswer, Step

_FEW = 2


def sentence(answer: FactAnswer, language: str, *, numbers: dict[tuple[int, int, int], int] | None = None) -> str:
    """Return the answer in one or two sentences: "Yes: A is American [1]; B is American [2]."

    Parameters
    ----------
    language
        ``en`` or ``zh``.
    numbers
        The marker of each step's place (passage, start, end); None: ``markers`` gives them.
    """
    texts = words(language)["templates"]
    numbers = numbers or markers(answer)
    told = [f"{_told(step, language)} [{numbers[step.passage, step.start, step.end]}]" for step in answer.steps]
    facts = texts["join"].join(told)
    if answer.kind in ("same", "pair"):
        lead = texts["lead_yes"] if answer.short == texts["yes"] else texts["lead_no"]
    elif answer.kind in ("comparison", "count"):
        return _capital(texts["comparison"].format(short=answer.short, facts=facts))
    else:
        return _capital(texts["chain"].format(facts=facts))
    return _capital(texts["answer"].format(short=lead, facts=facts))


def markers(answer: FactAnswer) -> dict[tuple[int, int, int], int]:
    """Return markers from 1 on for the places that the steps rest on, in the order of the steps."""
    places = dict.fromkeys((step.passage, step.start, step.end) for step in answer.steps)
    return {place: number for number, place in enumerate(places, 1)}


def _told(step: Step, language: str) -> str:
    if step.property == "*":
        return step.value
    lists = words(language)
    entry = lists["property"].get(step.property, {})
    if "say" in entry:
        return str(entry["say"]).format(subject=step.subject, value=step.value)
    noun = "" if step.property.startswith("*") and ":" in step.property else step.property.lstrip("*")
    if language == "zh" and noun.isascii() and noun:
        noun += " "
    return (
        str(lists["templates"]["other"])
        .format(subject=step.subject, property=noun, value=step.value)
        .replace("  ", " ")
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
