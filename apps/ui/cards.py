"""Answers and their sources as HTML. Every value from outside goes through ``escape``."""

from __future__ import annotations

import re

import rag
from apps.text import Text
from apps.ui.markup import escape

NEAR = 200
"""Characters of context on either side of a quote."""
NEAR_DENSE = 80
"""The same for scripts that say more in a character: Chinese."""
FAR = 2000
"""The same when the source text is opened."""
_PASSAGE = 600
"""Characters shown of a passage that came close."""
_HIGH, _MEDIUM = 80, 60
"""Percent from which an answer counts as so sure."""

_MARKER = re.compile(r"\[(\d+)\]")
_DENSE = re.compile(r"[\u3400-\u9fff]")
# Line breaks that only the page's width has made, and empty lines: a card has little room.
_WRAPPED, _EMPTY = re.compile(r"(?<=\S)\n(?=[a-z])"), re.compile(r"\n\s*\n")


def answer_html(answer: rag.Answer, text: Text) -> str:
    """Return the checked answer and how far to trust it."""
    if answer.abstained:
        label = escape(text("ask.abstained"))
        return f'<div class="ws-unknown"><b>{label}</b>{escape(answer.answer)}</div>'
    known = {citation.number for citation in answer.citations}

    def marker(match: re.Match[str]) -> str:
        # Only the markers of real citations: "[3]" may also be part of a quoted text.
        return number_html(int(match[1])) if int(match[1]) in known else match[0]

    paragraphs = [part for part in answer.answer.split("\n\n") if part.strip()]
    body = "".join(f"<p>{_MARKER.sub(marker, escape(_WRAPPED.sub(' ', part)))}</p>" for part in paragraphs)
    return f'<div class="ws-answer">{body}</div>{facts_html(answer, text)}'


def facts_html(answer: rag.Answer, text: Text) -> str:
    """Return the line under an answer: whose words, how sure, how long it took."""
    percent = round(answer.confidence * 100)
    key = "ask.high" if percent >= _HIGH else "ask.medium"
    word = text(key if percent >= _MEDIUM else "ask.low")
    sure = text("ask.confidence", word=word, percent=percent)
    facts = [f"<span>{escape(sure)}</span>"]
    if answer.origin == "quote":
        facts.insert(0, f'<span class="ws-tag">{escape(text("ask.quoted"))}</span>')
    if seconds := answer.timings.get("total"):
        facts.append(f"<span>{escape(text('ask.seconds', seconds=f'{seconds:.1f}'))}</span>")
    return f'<div class="ws-facts">{"".join(facts)}</div>'


def draft_html(draft: str, text: Text) -> str:
    """Return what the model has written so far, marked as not yet checked."""
    return f'<div class="ws-draft"><b>{escape(text("ask.checking"))}</b>{escape(draft)}</div>'


def citation_html(citation: rag.Citation, document: rag.Document | None, text: Text) -> str:
    """Return a card: where a quote stands, the quote in its context, and the source text to open.

    Parameters
    ----------
    citation
        What is shown.
    document
        As the viewer may read it now; None when there is no such document any more.
    text
        The page's strings.
    """
    head = _place_html(citation, document, text, number_html(citation.number))
    if document is None or document.text[citation.start : citation.end] != citation.quote:
        note = escape(text("card.gone" if document is None else "card.changed"))
        quote = f'<div class="ws-quote"><mark>{escape(citation.quote)}</mark></div>'
        return f'<div class="ws-card">{head}{quote}<div class="ws-note">{note}</div></div>'
    width = NEAR_DENSE if _DENSE.search(citation.quote) else NEAR
    near = _marked(document.text, citation.start, citation.end, width, dense=True)
    far = _marked(document.text, citation.start, citation.end, FAR)
    location = escape(text("card.location", location=document.id))
    return (
        f'<div class="ws-card">{head}<div class="ws-quote">{near}</div>'
        f"<details><summary>{escape(text('card.source'))}</summary>"
        f'<div class="ws-source">{far}</div><div class="ws-place">{location}</div></details></div>'
    )


def passage_html(passage: rag.Passage, document: rag.Document | None, text: Text) -> str:
    """Return a card of a passage that came close, or nothing when its document is not there any more."""
    if document is None:
        return ""
    shown = passage.text[:_PASSAGE] + ("…" if len(passage.text) > _PASSAGE else "")
    head = _place_html(passage, document, text)
    return f'<div class="ws-card">{head}<div class="ws-quote">{escape(shown)}</div></div>'


def number_html(number: int) -> str:
    """Return a citation's marker."""
    return f'<span class="ws-number">{number}</span>'


def _place_html(place: rag.Citation | rag.Passage, document: rag.Document | None, text: Text, number: str = "") -> str:
    """Return number, title, page and headings."""
    parts = [number, f'<span class="ws-title">{escape(place.title)}</span>']
    if place.page is not None:
        pages = document.pages if document else ()
        name = next((page.name for page in pages if page.number == place.page), "")
        page = text("card.page_named" if name else "card.page", page=place.page, name=name)
        parts.append(f'<span class="ws-page">{escape(page)}</span>')
    # A heading that repeats the title says nothing new.
    path = [heading for heading in place.headings if heading.strip() != place.title.strip()]
    below = f'<div class="ws-path">{escape(" › ".join(path))}</div>' if path else ""
    return f'<div class="ws-head">{"".join(parts)}</div>{below}'


def _marked(text: str, start: int, end: int, width: int, *, dense: bool = False) -> str:
    """Return ``text[start:end]`` highlighted, with up to ``width`` characters on either side.

    ``dense`` closes gaps in what stands around it; what is highlighted stays as it is.
    """
    first, last = max(0, start - width), min(len(text), end + width)
    before, after = text[first:start], text[end:last]
    if first > 0:
        # Begin with a whole word, where the script has spaces.
        before = "…" + (before.partition(" ")[2] if " " in before[:30] else before)
    if last < len(text):
        after = (after.rpartition(" ")[0] if " " in after[-30:] else after) + "…"
    if dense:
        before, after = (_WRAPPED.sub(" ", _EMPTY.sub("\n", part)) for part in (before, after))
    return f"<span>{escape(before)}</span><mark>{escape(text[start:end])}</mark><span>{escape(after)}</span>"
