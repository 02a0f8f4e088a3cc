"""Answers and their sources as HTML. Every value from outside goes through ``escape``."""

from __future__ import annotations

import re

import rag
from apps.text import SURE, Text
from apps.ui.markup import escape

NEAR = 200
"""Characters of context on either side of a quote."""
NEAR_DENSE = 80
"""The same for scripts that say more in a character: Chinese."""
_PASSAGE = 600
"""Characters shown of a passage that came close."""
_SURE = {"high": "ask.high", "medium": "ask.medium", "low": "ask.low"}

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
    """Return the line under an answer: how sure it is, in words, whose words it is made of, how long it took."""
    percent = round(answer.confidence * 100)
    level = next((level for level, least in SURE.items() if percent >= least * 100), "low")
    number = escape(text("ask.confidence", percent=percent))
    facts = [f'<span class="ws-sure ws-{level}" title="{number}">{escape(text(_SURE[level]))}</span>']
    if answer.origin == "quote":
        facts.append(f"<span>{escape(text('ask.quoted'))}</span>")
    if seconds := answer.timings.get("total"):
        facts.append(f"<span>{escape(text('ask.seconds', seconds=f'{seconds:.1f}'))}</span>")
    return f'<div class="ws-facts">{"".join(facts)}</div>'


def sides_html(answer: rag.Answer, text: Text) -> str:
    """Return what each source says where sources disagree, with its date; "" where they do not."""
    rows = []
    for side in answer.sides:
        date = escape(text("ask.side_dated", date=side.date) if side.date else text("ask.side_undated"))
        rows.append(f'{_side_html(side, answer)} <span class="ws-page">{date}</span>')
    return _list_html(text("ask.disagree"), rows)


def alternatives_html(answer: rag.Answer, text: Text) -> str:
    """Return what else may be meant where an answer is not sure; "" where nothing is."""
    return _list_html(text("ask.alternatives"), [_side_html(other, answer) for other in answer.alternatives])


def _side_html(side: rag.Side, answer: rag.Answer) -> str:
    citation = next((one for one in answer.citations if one.number == side.citation), None)
    title = f' <span class="ws-path">{escape(citation.title)}</span>' if citation else ""
    return f"{number_html(side.citation)} <b>{escape(side.short)}</b>{title}"


def _list_html(label: str, rows: list[str]) -> str:
    items = "".join(f"<li>{row}</li>" for row in rows)
    return f'<div class="ws-unknown ws-sides"><b>{escape(label)}</b><ul>{items}</ul></div>' if rows else ""


def draft_html(draft: str, text: Text) -> str:
    """Return what the model has written so far, marked as not yet checked."""
    return f'<div class="ws-draft"><b>{escape(text("ask.checking"))}</b>{escape(draft)}</div>'


def citation_html(citation: rag.Citation, document: rag.Document | None, text: Text) -> str:
    """Return a card: where a quote stands, and the quote in its context.

    Parameters
    ----------
    citation
        What is shown.
    document
        As the viewer may read it now; None when there is no such document any more.
    text
        The page's strings.
    """
    head = place_html(citation, document, text, number_html(citation.number))
    if document is None or document.text[citation.start : citation.end] != citation.quote:
        note = escape(text("card.gone" if document is None else "card.changed"))
        quote = f'<div class="ws-quote"><mark>{escape(citation.quote)}</mark></div>'
        return f'<div class="ws-card">{head}{quote}<div class="ws-note">{note}</div></div>'
    width = NEAR_DENSE if _DENSE.search(citation.quote) else NEAR
    near = marked(document.text, citation.start, citation.end, width, dense=True)
    return f'<div class="ws-card">{head}<div class="ws-quote">{near}</div></div>'


def passage_html(passage: rag.Passage, document: rag.Document | None, text: Text) -> str:
    """Return a card of a passage that came close, or nothing when its document is not there any more."""
    if document is None:
        return ""
    shown = passage.text[:_PASSAGE] + ("…" if len(passage.text) > _PASSAGE else "")
    head = place_html(passage, document, text)
    return f'<div class="ws-card">{head}<div class="ws-quote">{escape(shown)}</div></div>'


def number_html(number: int) -> str:
    """Return a citation's marker."""
    return f'<span class="ws-number">{number}</span>'


def place_html(place: rag.Citation | rag.Passage, document: rag.Document | None, text: Text, number: str = "") -> str:
    """Return number, title, page and headings of a place."""
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


def marked(text: str, start: int, end: int, width: int, *, after: int | None = None, dense: bool = False) -> str:
    """Return ``text[start:end]`` highlighted, with up to ``width`` characters on either side.

    Parameters
    ----------
    after
        Characters behind it, where these are others than before it.
    dense
        Whether to close gaps in what stands around it; what is highlighted stays as it is.
    """
    first, last = max(0, start - width), min(len(text), end + (width if after is None else after))
    before, behind = text[first:start], text[end:last]
    if first > 0:
        # Begin with a whole word, where the script has spaces.
        before = "…" + (before.partition(" ")[2] if " " in before[:30] else before)
    if last < len(text):
        behind = (behind.rpartition(" ")[0] if " " in behind[-30:] else behind) + "…"
    if dense:
        before, behind = (_WRAPPED.sub(" ", _EMPTY.sub("\n", part)) for part in (before, behind))
    return f"<span>{escape(before)}</span><mark>{escape(text[start:end])}</mark><span>{escape(behind)}</span>"
