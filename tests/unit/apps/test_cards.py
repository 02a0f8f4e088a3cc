"""Answers and sources as HTML."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from unicodedata import east_asian_width

import pytest

import rag
from apps.text import Text
from apps.ui.cards import alternatives_html, answer_html, citation_html, draft_html, passage_html, sides_html
from apps.ui.markup import escape, plain
from apps.ui.trail import trail_html
from connectors.records import Page

ENGLISH = Text("en")
BODY = "Before it. " * 40 + "The valve opens at 6 bar. " + "After it. " * 40
START = BODY.index("The valve")
QUOTE = "The valve opens at 6 bar."
EVIL = "<script>x</script><img src=x onerror=y>\" onclick='z"


class Reader(HTMLParser):
    """Collects the tags, and the text of ``mark``s."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.values: dict[str, str] = {}
        self.marked: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values |= {name: value or "" for name, value in attrs}

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "mark":
            self.marked.append(data)
            self.tags.append("")


def document(text: str = BODY, **changes: object) -> rag.Document:
    values = {"id": "/d/valve.txt", "source": "/d", "title": "Valve", "text": text, "version": "1", **changes}
    return rag.Document(**values)  # type: ignore[arg-type]


def citation(quote: str = QUOTE, start: int = START, **changes: object) -> rag.Citation:
    values = {
        "document": "/d/valve.txt",
        "title": "Valve",
        "page": 3,
        "quote": quote,
        "start": start,
        "end": start + len(quote),
        "headings": ("Valve", "Limits"),
        **changes,
    }
    return rag.Citation(**values)  # type: ignore[arg-type]


def answer(**changes: object) -> rag.Answer:
    values = {
        "question": "?",
        "answer": "6 bar [1] and [2].",
        "abstained": False,
        "confidence": 0.87,
        "citations": (citation(),),
        "timings": {"total": 1.26},
        **changes,
    }
    return rag.Answer(**values)  # type: ignore[arg-type]


def test_a_card_marks_the_quote_in_its_context() -> None:
    html = citation_html(citation(), document(), ENGLISH)
    assert Reader(html).marked == [QUOTE]
    assert "p. 3" in html
    assert "Limits" in html
    assert html.count("Valve</span>") == 1
    assert ">…" in html


def test_a_card_of_a_document_that_has_gone_or_changed_shows_only_the_quote() -> None:
    gone = citation_html(citation(), None, ENGLISH)
    assert "not here any more" in gone
    changed = citation_html(citation(), document("Something else. " * 80), ENGLISH)
    assert "has changed" in changed
    assert "Something else" not in changed
    assert Reader(gone).marked == Reader(changed).marked == [QUOTE]


def test_sheets_are_named() -> None:

    named = document(pages=(Page(3, 0, len(BODY), "Prices"),))
    assert "p. 3, Prices" in citation_html(citation(), named, ENGLISH)


@pytest.mark.parametrize("text", [EVIL, f"{EVIL}\n\n{EVIL}", "&lt;script&gt;"])
def test_text_from_outside_is_inert(text: str) -> None:
    place = {"title": text, "headings": (text,)}
    quoted = citation(quote=text, start=0, **place)
    passage = rag.Passage(1, "/d", text, None, (text,), text, 0, len(text), "en", 1.0, "")
    pages = [
        citation_html(quoted, document(text + text, id=text), ENGLISH),
        citation_html(quoted, None, ENGLISH),
        passage_html(passage, document(), ENGLISH),
        answer_html(answer(answer=text), ENGLISH),
        answer_html(answer(answer=text, abstained=True), ENGLISH),
        draft_html(text, ENGLISH),
    ]
    for html in pages:
        read = Reader(html)
        assert not {"script", "img"} & set(read.tags)
        assert read.attributes <= {"class", "title"}


def test_only_markers_of_citations_become_markers() -> None:
    html = answer_html(answer(), ENGLISH)
    assert '<span class="ws-number">1</span> and [2].' in html


@pytest.mark.parametrize(("sure", "key"), [(0.95, "ask.high"), (0.7, "ask.medium"), (0.4, "ask.low")])
def test_confidence_in_words(sure: float, key: str) -> None:
    html = answer_html(answer(confidence=sure), ENGLISH)
    assert f">{ENGLISH(key)}<" in html
    assert f'title="Confidence: {sure * 100:.0f} %"' in html
    assert f"{sure * 100:.0f} %<" not in html


def test_both_sides_are_told_with_their_dates() -> None:
    sides = (rag.Side("6 bar", 1, "3 May 2021"), rag.Side("<b>5 bar</b>", 2, ""))
    html = sides_html(answer(sides=sides), ENGLISH)
    assert html.index("6 bar") < html.index("&lt;b&gt;5 bar")
    assert "from 3 May 2021" in html
    assert ENGLISH("ask.side_undated") in html
    assert "Valve" in html


def test_what_else_may_be_meant_is_told() -> None:
    html = alternatives_html(answer(alternatives=(rag.Side("<i>7 bar</i>", 1),)), ENGLISH)
    assert ENGLISH("ask.alternatives") in html
    assert "&lt;i&gt;7 bar" in html
    assert alternatives_html(answer(), ENGLISH) == ""


def test_a_trail_is_an_image_that_names_its_stops() -> None:
    nodes = (
        rag.TrailNode("question", "Who?", 0),
        rag.TrailNode("name", EVIL, 1),
        rag.TrailNode("source", "阀门手册" * 20, 2, 1, 3),
        rag.TrailNode("answer", "", 3),
    )
    read = Reader(trail_html(rag.Trail(nodes, ((0, 1), (1, 2), (2, 3))), ENGLISH))
    assert read.tags == ["div", "img", "img"]
    assert read.attributes == {"class", "tabindex", "alt", "src"}
    svg = ET.fromstring(base64.b64decode(read.values["src"].partition(",")[2]))
    texts = [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert f"{ENGLISH('trail.source')} 1, p. 3" in texts
    assert any("<script>" in text for text in texts), "as text"
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}script"))) == 0


def drawings(trail: rag.Trail) -> list[ET.Element]:
    """Return the wide drawing and the narrow one."""
    found = re.findall(r'base64,([^"]+)"', trail_html(trail, ENGLISH))
    return [ET.fromstring(base64.b64decode(one)) for one in found]


@pytest.mark.parametrize(
    "words",
    [
        "Skerry 15 在中国卖多少钱？",
        "阀门手册，第二版，" * 9,
        "WARNING MWMWMW MMMM " * 5,
        "a_name_without_spaces_" * 9,
        "iii " * 60,
    ],
)
def test_the_words_of_a_trail_stay_in_their_box(words: str) -> None:
    nodes = (rag.TrailNode("question", words, 0), rag.TrailNode("answer", words, 1), rag.TrailNode("name", "b", 1))
    for drawing in drawings(rag.Trail(nodes, ((0, 1), (0, 2)))):
        width = float(drawing.findall(".//{*}rect")[0].attrib["width"])
        for text in drawing.findall(".//{*}text"):
            # In a font whose letters are as wide as those of few others.
            line = text.text or ""
            em = sum(1 if east_asian_width(c) in "WF" or c in "MW" else 0.35 if c in "iI " else 0.6 for c in line)
            assert em * 12 <= width - 16, line


def test_a_trail_has_a_drawing_for_a_phone() -> None:
    nodes = [rag.TrailNode("question", "Who?", 0), *(rag.TrailNode("source", "Page", n, n) for n in range(1, 6))]
    across, down = drawings(rag.Trail(tuple(nodes), tuple((n, n + 1) for n in range(5))))
    assert float(across.attrib["width"]) > 700
    assert float(down.attrib["width"]) <= 270


def test_quotes_and_abstentions_are_told_apart() -> None:
    assert "Quoted from" in answer_html(answer(origin="quote"), ENGLISH)
    assert "Quoted from" not in answer_html(answer(), ENGLISH)
    unknown = answer_html(answer(abstained=True, answer="I don't know."), ENGLISH)
    assert "ws-unknown" in unknown
    assert "Confidence" not in unknown


def test_labels_hold_no_markdown() -> None:
    assert plain("a *b* [c](d)\n<e>") == r"a \*b\* \[c\]\(d\) \<e\>"
    assert escape("<\"'&") == "&lt;&quot;&#x27;&amp;"
