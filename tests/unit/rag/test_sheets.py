from collections import Counter

from knowledge.language import sentences
from rag.prompts import NO_ANSWER
from rag.training.data import Row
from rag.training.sheets import Sheet, make_sheets, reply_for

TOWNS = [f"{first}{last}" for first in ("Al", "Bri", "Co", "Du") for last in ("va", "ne", "lm", "rk", "st")]


def row(number: int, question: str, context: str, answer: str | None, language: str = "en", title: str = "") -> Row:
    start = context.index(answer) if answer is not None else 0
    spans = ((start, start + len(answer)),) if answer is not None else ()
    return Row(str(number), question, context, spans, language, title=title)


def town_rows(each: int = 3) -> list[Row]:
    rows = []
    for number, town in enumerate(TOWNS):
        context = f"The mayor of {town} is Ada {town}son, who was elected in {1950 + number}."
        for kind in range(each):
            question = f"Who or when, no. {kind}, is it about the mayor of {town}?"
            answer = (f"Ada {town}son", str(1950 + number), town)[kind % 3]
            rows.append(row(len(rows), question, context, answer))
    return rows


def texts(sheet: Sheet) -> dict[str, str]:
    return {f"[{passage.number}]": passage.text for passage in sheet.passages}


def test_every_question_is_asked_once_and_its_marker_points_to_its_passage() -> None:
    rows = town_rows()
    by_question = {item.question: item for item in rows}
    answered = Counter[str]()
    for sheet in make_sheets(rows):
        assert [passage.number for passage in sheet.passages] == list(range(1, len(sheet.passages) + 1))
        for asked in sheet.questions:
            source = by_question[asked.question]
            if asked.reply != NO_ANSWER:
                answered[asked.question] += 1
                text, _, marker = asked.reply.rpartition(" ")
                assert text == source.texts[0]
                assert source.context in texts(sheet)[marker]
    assert answered == Counter(by_question.keys())


def test_refused_questions_have_no_answer_on_their_sheet() -> None:
    rows = town_rows()
    by_question = {item.question: item for item in rows}
    refused = 0
    for sheet in make_sheets(rows, refused=0.3):
        text = " ".join(texts(sheet).values())
        for asked in sheet.questions:
            if asked.reply == NO_ANSWER:
                refused += 1
                assert by_question[asked.question].context not in text
                assert by_question[asked.question].texts[0] not in text
    assert 0.2 < refused / (refused + len(rows)) < 0.35
    assert not any(asked.reply == NO_ANSWER for sheet in make_sheets(rows, refused=0) for asked in sheet.questions)


def test_the_same_seed_gives_the_same_sheets() -> None:
    rows = town_rows()
    assert make_sheets(rows, seed=3) == make_sheets(rows, seed=3)
    assert make_sheets(rows, seed=3) != make_sheets(rows, seed=4)


def test_the_right_passage_stands_anywhere() -> None:
    markers = Counter(
        asked.reply.rpartition(" ")[2] for sheet in make_sheets(town_rows(), refused=0) for asked in sheet.questions
    )
    assert len(markers) >= 3
    assert max(markers.values()) < 0.8 * markers.total()


def test_a_text_is_on_a_sheet_once_however_many_questions_it_has() -> None:
    context = "The lamp of Alva burns for 20 days and 20 nights."
    rows = [row(n, f"How long does it burn, no. {n}?", context, "20 days") for n in range(12)]
    sheets = make_sheets(rows, refused=0)
    assert sum(len(sheet.questions) for sheet in sheets) == 12
    assert all(len(sheet.passages) == 1 for sheet in sheets)


def test_a_long_context_is_cut_between_sentences() -> None:
    context = " ".join(f"In room {n} of the old house there is a chair that was made in {1700 + n}." for n in range(40))
    rows = [row(n, f"When was the chair in room {n} made?", context, str(1700 + n), title="House") for n in range(40)]
    rows.append(row(40, "Who lives there?", context, None))
    sheets = make_sheets(rows, refused=0)
    whole = {context[start:end] for start, end in sentences(context, "en")}
    for sheet in sheets:
        for passage in sheet.passages:
            assert len(passage.text) <= 800
            assert {passage.text[start:end] for start, end in sentences(passage.text, "en")} <= whole
        for asked in sheet.questions:
            year, _, marker = asked.reply.rpartition(" ")
            assert asked.reply == NO_ANSWER or f"made in {year}." in texts(sheet)[marker]
    assert Counter(asked.question for sheet in sheets for asked in sheet.questions) == Counter(r.question for r in rows)


def test_languages_do_not_mix() -> None:
    chinese = [row(100 + n, f"{n} 号灯亮多久？", f"{n} 号灯亮二十天。", "二十天", "zh") for n in range(6)]
    sheets = make_sheets(town_rows() + chinese)
    assert {sheet.language for sheet in sheets} == {"en", "zh"}
    for sheet in sheets:
        assert {passage.language for passage in sheet.passages} == {sheet.language}


def test_replies_are_short() -> None:
    context = "Leave is 20 days, in words: twenty days. " + "It may be taken at any time of the year. " * 10
    both = Row("1", "How long is leave?", context, ((9, 16), (28, 40)), "en")
    assert reply_for(both, 2) == "20 days [2]"
    assert reply_for(row(2, "When?", context, "at any time of the year."), 1) == "at any time of the year [1]"
    assert reply_for(row(3, "Who?", context, None), 1) == NO_ANSWER
    paragraph = row(4, "What does it say?", context, context.strip())
    signs = row(5, "What stands after days?", context, ",")
    assert make_sheets([paragraph, signs]) == []
