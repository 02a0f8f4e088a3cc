"""What answers best: the reader on prose, the words of the question on tables and pairs."""

from pathlib import Path

from helpers.bases import small_base

from rag.chain import Answerer
from rag.library import LOCAL
from rag.testing import ScriptedLLM, ScriptedReader

QUESTION = "How many days of annual leave do employees in Dundee get?"


def test_the_readers_span_is_the_short_answer(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, replies=[""], spans={"27 days": 12.0})
    answer = base.ask(QUESTION)
    assert answer.short == "27 days"
    assert answer.answer.startswith("27 days [1]\n\nLeave policy: Employees in Dundee get 27 days of annual leave. [1]")


def test_the_surest_span_answers_wherever_it_stands(tmp_path: Path) -> None:
    texts = {
        "a.md": "# Leave\n\nEmployees in Dundee get annual leave every year.\n",
        "b.md": "# Contracts\n\nStaff there are entitled to 27 days off, employees as well as apprentices.\n",
    }
    base, _ = small_base(tmp_path, texts, spans={"27 days": 9.0, "every year": -6.0})
    assert base.ask(QUESTION).short == "27 days"


def test_a_span_of_a_row_about_another_thing_does_not_answer(tmp_path: Path) -> None:
    texts = {
        "a.md": "# Leave\n\nEmployees in Dundee get 27 days of annual leave.\n",
        "b.md": "# Holidays\n\nPlace: Tampere | Public holidays: 13 days\n",
    }
    base, _ = small_base(tmp_path, texts, spans={"13 days": 9.0})
    assert "27 days" in base.ask(QUESTION).answer


def test_without_a_fitting_span_the_answer_is_the_sentence_alone(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, spans={})
    answer = base.ask(QUESTION)
    assert answer.short == ""
    assert "27 days" in answer.answer


def test_a_reader_that_finds_nothing_likely_lowers_the_confidence(tmp_path: Path) -> None:
    sure, _ = small_base(tmp_path / "a", spans={"27 days": 8.0})
    unsure, _ = small_base(tmp_path / "b", spans={"27 days": -8.0})
    assert sure.ask(QUESTION).confidence > unsure.ask(QUESTION).confidence + 0.2


def test_a_model_that_says_the_same_makes_it_surer_and_words_it(tmp_path: Path) -> None:
    alone, _ = small_base(tmp_path / "a", spans={"27 days": 3.0})
    both, _ = small_base(tmp_path / "b", replies=["You get 27 days of annual leave. [1]"], spans={"27 days": 3.0})
    one, other = alone.ask(QUESTION), both.ask(QUESTION)
    assert (one.origin, other.origin) == ("quote", "model")
    assert one.short == other.short == "27 days"
    assert other.confidence > one.confidence


def test_facts_of_two_documents_are_compared(tmp_path: Path) -> None:
    texts = {
        "a.md": "# Kestrel Oy\n\nKestrel Oy is a Finnish company founded in 1987.\n",
        "b.md": "# Norrvik AB\n\nNorrvik AB is a Swedish company founded in 1999.\n",
    }
    base, model = small_base(tmp_path, texts)
    answer = base.ask("Which company was founded first, Kestrel Oy or Norrvik AB?")
    assert (answer.short, answer.origin) == ("Kestrel Oy", "facts")
    assert [citation.title for citation in answer.citations] == ["Kestrel Oy", "Norrvik AB"]
    for citation in answer.citations:
        document = base.document(citation.document)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote
    assert model.prompts == []


def test_a_model_that_knows_less_is_asked_only_where_the_reader_is_unsure(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    for score, asked in ((40.0, 0), (-6.0, 1)):
        model = ScriptedLLM(replies=["NO ANSWER"])
        readers = {"en": ScriptedReader({"27 days": score})}
        answerer = Answerer(
            model, base._indexer.embedder, base.store, readers=readers, passages=3, threshold=0.0, ask_model_below=0.7
        )
        assert "27 days" in answerer.ask(QUESTION, base.retriever(), viewer=LOCAL).answer
        assert len(model.prompts) == asked


def test_a_sentence_about_another_place_is_no_answer(tmp_path: Path) -> None:
    texts = {
        "a.md": "# Parental leave\n\nIn Dundee either parent receives 20 weeks of parental leave at full pay.\n",
        "b.md": "# Shanghai\n\nOur office in Shanghai opened in Shanghai in 2011. Shanghai is in China.\n",
    }
    base, _ = small_base(tmp_path, texts, replies=[""], spans={"20 weeks": 9.0})
    here = base.ask("How many weeks of parental leave at full pay do parents in Dundee receive?")
    there = base.ask("How many weeks of parental leave at full pay do parents in Shanghai receive?")
    assert here.short == "20 weeks"
    assert here.confidence > 0.5
    assert there.confidence < 0.3


def test_a_span_that_is_not_what_is_asked_for_counts_little(tmp_path: Path) -> None:
    texts = {"a.md": "# Kit\n\nThe solar kit SK-1 costs nothing but patience. It is changed every ten months.\n"}
    base, _ = small_base(tmp_path, texts, spans={"patience": 6.0})
    # The question on money gets no such span, and the other one does.
    asked, other = base.ask("What is the price of the solar kit SK-1?"), base.ask("What does the solar kit SK-1 need?")
    assert asked.confidence < other.confidence


def test_what_else_may_be_meant_is_told_beside_an_unsure_answer(tmp_path: Path) -> None:
    texts = {
        "a.md": "# Visits\n\nThe gate opens for visitors at nine, says the porter.\n",
        "b.md": "# Deliveries\n\nThe gate opens for lorries at six, says the guard.\n",
    }
    base, _ = small_base(tmp_path, texts, replies=[""], spans={"nine": 6.0, "six": 5.5})
    answer = base.ask("At what hour does the gate open?")
    assert {answer.short, *(other.short for other in answer.alternatives)} == {"nine", "six"}
    assert 0 < answer.confidence < 0.85
    (other,) = answer.alternatives
    assert other.short not in answer.answer
    (quote,) = [citation.quote for citation in answer.citations if citation.number == other.citation]
    assert other.short in quote
    assert answer.as_dict()["alternatives"] == [{"short": other.short, "citation": other.citation, "date": ""}]


def test_a_sure_answer_has_no_alternatives(tmp_path: Path) -> None:
    leave = "Employees in Dundee get 27 days of annual leave. Unused days lapse in March."
    texts = {f"{name}.md": f"# {name}\n\n{leave}\n" for name in ("Handbook", "Contract", "Welcome", "Notes")}
    base, _ = small_base(tmp_path, texts, replies=[""], spans={"27 days": 20.0, "March": 2.0})
    answer = base.ask(QUESTION)
    assert answer.confidence >= 0.85
    assert answer.alternatives == ()


def test_a_model_that_finds_no_answer_lowers_the_confidence(tmp_path: Path) -> None:
    alone, _ = small_base(tmp_path / "a", replies=[""], spans={"27 days": 3.0})
    denied, _ = small_base(tmp_path / "b", replies=["NO ANSWER"], spans={"27 days": 3.0})
    assert denied.ask(QUESTION).confidence < alone.ask(QUESTION).confidence


def test_a_model_chooses_among_spans(tmp_path: Path) -> None:
    texts = {
        "a.md": "# Visits\n\nThe gate opens for visitors at nine, says the porter.\n",
        "b.md": "# Deliveries\n\nThe gate opens for lorries at six, says the guard.\n",
    }
    spans = {"nine": 2.0, "six": 2.0}
    for said in ("nine", "six"):
        base, _ = small_base(tmp_path / said, texts, replies=[f"{said} [1]"], spans=spans)
        assert base.ask("At what hour does the gate open?").short == said


def test_more_short_passages_are_read_than_long_ones(tmp_path: Path) -> None:
    texts = {f"{n}.md": f"# Note {n}\n\nThe pump of line {n} was made by Kestrel.\n" for n in range(7)}
    base, _ = small_base(tmp_path, texts, spans={"Kestrel": 4.0})
    found = base.weigh("Who made the pump of the lines?").found
    assert len({one.evidence.passage.document for one in found}) == 7
    assert {one.agree for one in found} == {3}


def test_an_unsure_answer_is_told_with_the_sentence_beside_it(tmp_path: Path) -> None:
    text = "# Lake\n\nThe pilot plant was a gift. This made Song Zhiyao its head. It is closed.\n"
    base, _ = small_base(tmp_path, {"a.md": text}, replies=[""], spans={"Song Zhiyao": 20.0})
    sure = base.ask("Who is head of the pilot plant?")
    # It points back.
    assert sure.citations[0].quote == "The pilot plant was a gift. This made Song Zhiyao its head."
    document = base.document(sure.citations[0].document)
    assert document is not None
    assert document.text[sure.citations[0].start : sure.citations[0].end] == sure.citations[0].quote


def test_what_the_quote_shows_already_is_no_alternative(tmp_path: Path) -> None:
    texts = {"a.md": "# Visits\n\nThe gate opens for visitors at nine or at six. It closes at ten, says the porter.\n"}
    base, _ = small_base(tmp_path, texts, replies=[""], spans={"nine": 3.0, "six": 2.8, "ten": 2.6})
    answer = base.ask("At what hour does the gate open?")
    assert 0 < answer.confidence < 0.6
    assert "closes at ten" in answer.citations[0].quote
    assert answer.alternatives == ()
