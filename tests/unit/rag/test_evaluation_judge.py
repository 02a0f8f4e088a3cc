from dataclasses import replace

import pytest

from rag.evaluation.datasets import REJECTION, Question
from rag.evaluation.judge import borne_out, is_right, judged, statements, tells_both
from rag.evaluation.metrics import f1, polar, polarity
from rag.records import Answer, Citation, Side

TEXTS = {
    "leave": "Intro. Employees in Dundee get 27 days of leave.",
    "rates": "Mara Quist leads the Orion project.",
    "other": "The canteen opens at noon.",
}
ASKED = Question("1", "How many days of leave do employees in Dundee get?", ("27 days",), frozenset({"leave"}))


def cited(number: int, document: str, quote: str = "", title: str = "") -> Citation:
    quote = quote or TEXTS[document]
    start = max(0, TEXTS.get(document, "").find(quote))
    return Citation(document, title, None, quote, start, start + len(quote), number)


def answered(
    text: str, *citations: Citation, question: str = ASKED.text, short: str = "", sides: tuple[Side, ...] = ()
) -> Answer:
    return Answer(question, text, False, 0.9, citations, short=short, sides=sides)


REFUSED = Answer(ASKED.text, "I don't know.", True, 0.1)
LEAVE = cited(1, "leave", "Employees in Dundee get 27 days of leave.")


def figures(question: Question, answer: Answer, kind: str = "reading") -> dict[str, float]:
    return judged(question, answer, kind=kind, text_of=TEXTS.get)


def test_a_right_answer() -> None:
    assert figures(ASKED, answered("They get 27 days of leave. [1]", LEAVE, short="27 days")) == {
        "abstained": 0.0,
        "accuracy": 1.0,
        "contains": 1.0,
        "em": 1.0,
        "f1": 1.0,
        "citation_precision": 1.0,
        "citation_gold": 1.0,
        "verbatim": 1.0,
    }


def test_an_answer_without_a_short_one_is_compared_as_a_whole() -> None:
    found = figures(ASKED, answered("They get 27 days. [1]", LEAVE))
    assert (found["em"], found["f1"]) == (0.0, pytest.approx(2 * 0.5 * 1 / 1.5))


def test_where_it_is_not_told_which_documents_hold_the_answer() -> None:
    asked = replace(ASKED, gold=frozenset())
    found = figures(asked, answered("They get 27 days of leave. [1]", LEAVE, short="27 days"))
    assert (found["accuracy"], "rejection" in found, "citation_gold" in found) == (1.0, False, False)
    assert figures(asked, REFUSED)["accuracy"] == 0.0


def test_a_refusal_of_what_is_known_and_of_what_is_not() -> None:
    assert figures(ASKED, REFUSED) == {"abstained": 1.0, "accuracy": 0.0, "contains": 0.0, "em": 0.0, "f1": 0.0}
    unanswerable = replace(ASKED, answers=(), gold=frozenset())
    assert figures(unanswerable, REFUSED) == {"abstained": 1.0, "rejection": 1.0}
    told = figures(unanswerable, answered("27 days [1]", LEAVE))
    assert told == {"abstained": 0.0, "rejection": 0.0, "citation_precision": 1.0, "verbatim": 1.0}


def test_what_is_right_depends_on_the_question() -> None:
    right = answered("They get 27 days. [1]", LEAVE)
    assert is_right(ASKED, right)
    assert not is_right(ASKED, answered("They get 28 days. [1]", LEAVE))
    assert not is_right(ASKED, replace(right, abstained=True))
    assert not is_right(replace(ASKED, gold=frozenset(), type=REJECTION), right), "the documents do not say so"
    assert not is_right(replace(ASKED, parts=(("27 days",), ("Dundee",))), right), "a part is missing"


@pytest.mark.parametrize(
    ("short", "text", "right"),
    [
        ("no", "There is no doubt. [1]", True),
        ("", "No, they are not. [1]", True),
        ("", "There is no doubt. [1]", False),
        ("yes", "No. [1]", False),
    ],
)
def test_yes_and_no_are_what_an_answer_begins_with(short: str, text: str, right: bool) -> None:
    question = replace(ASKED, text="Are both in Iran?", answers=("no",))
    answer = answered(text, cited(1, "leave", "There is no doubt."), question=question.text, short=short)
    found = figures(question, answer)
    assert is_right(question, answer) is right
    assert found["accuracy"] == found["contains"] == float(right)


def test_polarity() -> None:
    assert (polarity("Yes, both."), polarity("no"), polarity("不是。"), polarity("是"), polarity("否")) == (
        True,
        False,
        False,
        True,
        False,
    )
    assert polarity("Nobody") is polarity("") is polarity("It is so, yes") is None
    assert (polar(["yes"]), polar(["no", "否"]), polar(["no", "none"]), polar([])) == ({True}, {False}, set(), set())
    assert f1("no", ["no doubt"]) == f1("no doubt", ["no"]) == 0.0, "HotpotQA's rule"
    assert f1("No.", ["no"]) == 1.0


# Citations


def test_statements_are_what_stands_before_markers() -> None:
    text = "One thing [1]. Another, and more. [2][3] A third 【4，5】\n\nRest"
    assert list(statements(text)) == [
        ("One thing", {1}),
        ("Another, and more.", {2, 3}),
        ("A third", {4, 5}),
    ]


def test_a_quote_must_stand_in_its_document_where_it_says() -> None:
    other = Citation("leave", "", None, LEAVE.quote, LEAVE.start + 1, LEAVE.end + 1, 2)
    gone = Citation("deleted", "", None, "x", 0, 1, 3)
    assert figures(ASKED, answered("27 days [1] [2] [3]", LEAVE, other, gone))["verbatim"] == pytest.approx(1 / 3)


def test_citations_of_other_documents() -> None:
    canteen = cited(2, "other")
    found = figures(ASKED, answered("They get 27 days. [1] The canteen opens at noon. [2]", LEAVE, canteen))
    assert (found["citation_gold"], found["citation_precision"]) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("text", "short", "numbers"),
    [
        ("They get 27 days of leave. [1]", "", {1}),
        ("They get 28 days of leave. [1]", "", set()),
        ("They do not get 27 days of leave. [1]", "", set()),
        ("Holiday money is paid out yearly. [1]", "", set()),
        ("Yes, they get 27 days of leave. [1]", "yes", {1}),
        ("No. They get 27 days of leave. [1]", "no", {1}),
        ("They get 27 days of leave. [1]", "27 days", {1}),
        ("They get 27 days of leave. [1]", "28 days", set()),
        ("They get 27 days of leave. [2]", "27 days", {1}),
        ("They get 27 days of leave.", "27 days", {1}),
        ("They get 27 days of leave.", "", set()),
        ("The canteen opens at noon. [2] They get 27 days of leave. [1]", "27 days", {1, 2}),
        ("They get 27 days of leave. [1][2]", "27 days", {1}),
        ("They get 27 days of leave. [1] They get 28. [1]", "27 days", set()),
    ],
)
def test_a_citation_counts_when_its_quote_holds_what_it_stands_for(text: str, short: str, numbers: set[int]) -> None:
    assert borne_out(answered(text, LEAVE, cited(2, "other"), short=short)) == numbers


def test_two_quotes_bear_out_a_statement_together() -> None:
    two = (cited(1, "a", "Marufabad is a village in Iran."), cited(2, "b", "Nasamkhrali is a village in Georgia."))
    text = "No: Marufabad is in Iran, Nasamkhrali in Georgia. [1][2]"
    assert borne_out(answered(text, *two, question="Are both in the same country?", short="no")) == {1, 2}
    assert borne_out(answered(text, two[0], question="Are both in the same country?", short="no")) == set()


def test_a_quote_is_read_with_its_title() -> None:
    row = cited(1, "a", "Price | 1,480 euros", title="Skerry 40")
    text = "Skerry 40: Price | 1,480 euros [1]"
    assert borne_out(answered(text, row, question="What does it cost?", short="1,480 euros")) == {1}
    assert borne_out(answered("The Skerry 40. [1]", row, question="What costs 1,480?", short="Skerry 40")) == {1}


def test_chinese() -> None:
    quote = cited(1, "a", "住宿上限为550元。")
    asked = "住宿上限是多少？"
    assert borne_out(answered("住宿上限为550元。[1]", quote, question=asked, short="550元")) == {1}
    assert borne_out(answered("住宿上限为650元。[1]", quote, question=asked)) == set()


# Documents that contradict each other

CONFLICT = Question(
    id="1",
    text="Who leads?",
    answers=(),
    gold=frozenset({"right"}),
    parts=(("Ann Lee", "A. Lee"), ("Ian Gow",)),
    fake="Tom Birch",
    contradicting=frozenset({"wrong"}),
)
BOTH = {"right": "Led by Ann Lee and Ian Gow.", "wrong": "Led by Tom Birch."}


def told(text: str, quotes: dict[str, str], sides: tuple[str, ...] = (), short: str = "") -> Answer:
    citations = tuple(Citation(name, name, None, quote, 0, len(quote)) for name, quote in quotes.items())
    answer = answered(text, *citations, question=CONFLICT.text, short=short)
    return replace(answer, sides=tuple(Side(side, number) for number, side in enumerate(sides, 1)))


@pytest.mark.parametrize(
    ("answer", "both"),
    [
        (told("", BOTH), True),
        (told("Ann Lee and Ian Gow, or Tom Birch.", {"right": "Led by them.", "wrong": "Led by him."}), True),
        (told("", {"right": "x", "wrong": "y"}, ("A. Lee and Ian Gow", "Tom Birch")), True),
        (told("", {"right": "Led by Ann Lee.", "wrong": BOTH["wrong"]}), False),
        (told("Ian Gow.", {"right": "Led by Ann Lee.", "wrong": BOTH["wrong"]}), True),
        (told("Ann Lee and Ian Gow, or Tom Birch.", {"right": BOTH["right"]}), False),
        (told("Ann Lee and Ian Gow, or Tom Birch.", {"wrong": BOTH["wrong"]}), False),
        (told("", {"right": BOTH["right"], "other": BOTH["wrong"]}), False),
        (told("", {}), False),
        (replace(told("", BOTH), abstained=True), False),
    ],
)
def test_a_conflict_is_detected_when_both_are_told_and_both_sides_cited(answer: Answer, both: bool) -> None:
    assert tells_both(CONFLICT, answer) is both
    assert judged(CONFLICT, answer, kind="robustness", text_of=TEXTS.get)["conflict_detected"] == float(both)


def test_citing_what_contradicts_is_no_fault() -> None:
    found = judged(CONFLICT, told("Led by Tom Birch. [1]", BOTH), kind="robustness", text_of=TEXTS.get)
    assert "citation_gold" not in found
    assert "accuracy" not in found


@pytest.mark.parametrize(
    ("short", "sides", "preferred"),
    [
        ("Ann Lee and Ian Gow", (), 1.0),
        ("Tom Birch", (), 0.0),
        ("", ("Tom Birch", "Ann Lee and Ian Gow"), 0.0),
        ("", ("Ann Lee and Ian Gow", "Tom Birch"), 1.0),
        ("Ann Lee and Ian Gow or Tom Birch", (), None),
        ("Ann Lee", (), None),
        ("", (), None),
    ],
)
def test_a_side_is_preferred_when_the_short_answer_is_one_of_them(
    short: str, sides: tuple[str, ...], preferred: float | None
) -> None:
    found = judged(CONFLICT, told("x", BOTH, sides, short), kind="robustness", text_of=TEXTS.get)
    assert found.get("conflict_preferred") == preferred


def test_a_citation_of_a_side_must_hold_what_it_says() -> None:
    citations = (cited(1, "a", "Led by Ann Lee."), cited(2, "b", "Led by Tom Birch."))
    sides = (Side("Ann Lee", 1, "2021"), Side("Tom Gale", 2, "2023"))
    text = "a says Ann Lee (2021) [1], b says Tom Gale (2023) [2]."
    assert borne_out(answered(text, *citations, question=CONFLICT.text, short="Ann Lee", sides=sides)) == {1}


def test_a_short_answer_may_stand_in_a_sentence_that_denies() -> None:
    sentence = "The head office was never moved from Dundee."
    text = f"Dundee [1]\n\n{sentence} [1]"
    asked = "Where is the head office?"
    assert borne_out(answered(text, cited(1, "a", sentence), question=asked, short="Dundee")) == {1}
    moved = f"It was moved from Dundee. [1]\n\n{sentence} [1]"
    assert borne_out(answered(moved, cited(1, "a", sentence), question=asked, short="Dundee")) == set()


def test_alternatives_are_held_to_their_own_words_and_tell_of_no_conflict() -> None:
    quotes = (cited(1, "a", "The gate opens at nine."), cited(2, "b", "The yard opens at six."))
    answer = answered("nine [1]", *quotes, question="When does the gate open?", short="nine")
    assert borne_out(replace(answer, alternatives=(Side("six", 2),))) == {1, 2}
    assert borne_out(replace(answer, alternatives=(Side("five", 2),))) == {1}
    sources = (cited(1, "right", BOTH["right"]), cited(2, "wrong", BOTH["wrong"]))
    one = answered("Ann Lee [1]", *sources, question=CONFLICT.text, short="Ann Lee")
    assert tells_both(CONFLICT, one)
    assert not tells_both(CONFLICT, replace(one, alternatives=(Side("Tom Birch", 2),)))
