"""Answers from facts: small hand-made passages, and what must and must not follow from them."""

from __future__ import annotations

import pytest
from helpers.quick import at_most

from rag.facts import FactFinder, sentence
from rag.facts.life import read_life
from rag.facts.plan import read_plan
from rag.facts.records import Comparison, Lookup, Name, Same, Wanted
from rag.records import Passage


def passage(title: str, text: str, *, language: str = "en", headings: tuple[str, ...] = ()) -> Passage:
    return Passage(1, f"doc/{title}", title, None, headings, text, 0, len(text), language, 1.0, "")


ORLA = passage("Orla Venn", "Orla Venn (3 May 1901 – 20 June 1980) was a Danish film director. She was born in Aarhus.")
TOMAS = passage("Tomas Brandt (director)", "Tomas Brandt (born 14 July 1948) is a Swedish director.")
QUIET = passage(
    "The Quiet Quay", "The Quiet Quay is a 1939 Danish drama film directed by Orla Venn and starring Ib Holm."
)
NORTH = passage(
    "North Light (film)", "North Light is a 1977 Swedish film. Directed by Tomas Brandt, it was shot in Lund."
)
HELGE = passage(
    "Helge Venn", "Helge Venn (1870 – 1932) was a Danish painter. He was the son of Peder Venn and his wife Ane Krag."
)
CHILD = passage(
    "Orla Venn", "Orla Venn (3 May 1901 – 20 June 1980) was a Danish film director. She was a daughter of Helge Venn."
)


def ask(question: str, *passages: Passage, language: str = "en", **more):
    return FactFinder().answer(question, list(passages), None, language=language, **more)


def quotes(answer) -> list[str]:
    return [answer.passages[step.passage].text[step.start : step.end] for step in answer.steps]


def nothing_known(name: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("Which film came out first, North Light (Film) or The Quiet Quay?", "The Quiet Quay"),
        ("Which film was released more recently, North Light (Film) or The Quiet Quay?", "North Light (Film)"),
        ("Which film has the director who was born later, The Quiet Quay or North Light (Film)?", "North Light (Film)"),
        ("Who was born first, Tomas Brandt or Orla Venn?", "Orla Venn"),
        ("Who is younger, Tomas Brandt or Orla Venn?", "Tomas Brandt"),
        ("Was Orla Venn born before Tomas Brandt?", "yes"),
        ("Was The Quiet Quay released after North Light (Film)?", "no"),
        ("Are Orla Venn and Tomas Brandt of the same nationality?", "no"),
        ("Are the directors of both films The Quiet Quay and North Light (Film) from the same country?", "no"),
        ("When was the director of film The Quiet Quay born?", "3 May 1901"),
        ("Where was the director of film The Quiet Quay born?", "Aarhus"),
        ("What nationality is the director of North Light (Film)?", "Swedish"),
    ],
)
def test_answers(question, short) -> None:
    answer = ask(question, QUIET, NORTH, ORLA, TOMAS)
    assert answer is not None
    assert answer.short == short


def test_every_step_rests_on_its_sentence() -> None:
    answer = ask(
        "Which film has the director who was born later, The Quiet Quay or North Light (Film)?",
        QUIET,
        NORTH,
        ORLA,
        TOMAS,
    )
    told = dict(zip([(step.subject, step.property) for step in answer.steps], quotes(answer), strict=True))
    assert told["The Quiet Quay", "director"] == QUIET.text
    assert told["Tomas Brandt", "birth_date"].startswith("Tomas Brandt (born 14 July 1948)")
    assert all(step.value in quote for step, quote in zip(answer.steps, quotes(answer), strict=True))


def test_a_missing_fact_gives_no_answer() -> None:
    assert (
        ask("Which film has the director who was born later, The Quiet Quay or North Light (Film)?", QUIET, NORTH, ORLA)
        is None
    )
    assert ask("Who died first, Tomas Brandt or Orla Venn?", ORLA, TOMAS) is None


def test_dates_that_may_be_the_same_are_not_compared() -> None:
    one = passage("Ada Kern", "Ada Kern (born 1950) is a German poet.")
    other = passage("Ben Kern", "Ben Kern (born 4 March 1950) is a German poet.")
    assert ask("Who was born first, Ada Kern or Ben Kern?", one, other) is None


def test_fetches_the_page_that_the_chain_leads_to() -> None:
    asked = []

    def find(name: str) -> list[Passage]:
        asked.append(name)
        return [ORLA] if name == "Orla Venn" else []

    answer = ask("When did the director of film The Quiet Quay die?", QUIET, find=find)
    assert answer is not None
    assert answer.short == "20 June 1980"
    assert answer.passages[answer.steps[1].passage].title == "Orla Venn"
    assert "Orla Venn" in asked


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("Who is the paternal grandfather of Orla Venn?", "Peder Venn"),
        ("Who is Orla Venn's paternal grandmother?", "Ane Krag"),
        ("Who is the father of Helge Venn?", "Peder Venn"),
    ],
)
def test_kin(question, short) -> None:
    answer = ask(question, CHILD, HELGE)
    assert answer is not None
    assert answer.short == short


def test_names_of_places_stay_whole() -> None:
    page = passage("Ines Roa", "Ines Roa (born 1950) is a poet. She was born in Mexico City.")
    assert ask("Where was Ines Roa born?", page).short == "Mexico City"
    page = passage("Ann Low", "Ann Low (born 1951) is a poet. She was born in British Columbia.")
    assert ask("Where was Ann Low born?", page).short == "British Columbia"


def test_the_daughter_of_the_wifes_father_is_not_the_persons_own() -> None:
    page = passage(
        "Karl Aas", "Karl Aas (born 1900) was a Norwegian smith. He married Liv Dahl, daughter of Olav Dahl."
    )
    assert ask("Who is the father of Karl Aas?", page) is None


def test_company_documents() -> None:
    one = passage("Orlen contract", "The Orlen contract was signed on 4 March 2021 in Warsaw.")
    other = passage("Norrvik contract", "This contract with Norrvik AB was signed on 18 January 2022.")
    answer = ask("Which was signed first, the Orlen contract or the Norrvik contract?", other, one)
    assert answer is not None
    assert "Orlen contract" in answer.short


def test_tables() -> None:
    table = passage(
        "Suppliers",
        "| Supplier | Founded | Country |\n|---|---|---|\n"
        "| Kestrel Oy | 1987 | Finland |\n| Norrvik AB | 1999 | Sweden |",
    )
    answer = ask("Was Kestrel Oy founded before Norrvik AB?", table)
    assert answer is not None
    assert answer.short == "yes"
    assert quotes(answer)[0] == "| Kestrel Oy | 1987 | Finland |"


def test_posts() -> None:
    staff = passage("Staff", "Anna Meyer is the head of logistics. The manager of Anna Meyer is Jonas Lind.")
    answer = ask("Who is the manager of the head of logistics?", staff)
    assert answer is not None
    assert answer.short == "Jonas Lind"


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("海蓝公司和云杉公司哪个更早成立？", "云杉公司"),
        ("海蓝公司比云杉公司早成立吗？", "否"),
        ("海蓝公司是什么时候成立的？", "2004年5月"),
    ],
)
def test_chinese(question, short) -> None:
    one = passage("海蓝公司", "海蓝公司成立于2004年5月，总部位于杭州。", language="zh")
    other = passage("云杉公司", "云杉公司于1998年成立，是一家中国软件企业。", language="zh")
    answer = ask(question, one, other, language="zh")
    assert answer is not None
    assert answer.short == short


def test_chinese_chain_and_nationality() -> None:
    film = passage("静港", "《静港》是一部1939年的电影，由奥拉·文执导。", language="zh")
    person = passage("奥拉·文", "奥拉·文（1901年5月3日－1980年6月20日）是丹麦导演。", language="zh")
    answer = ask("静港的导演什么时候出生？", film, person, language="zh")
    assert answer is not None
    assert answer.short == "1901年5月3日"
    again = ask("静港的导演是哪国人？", film, person, language="zh")
    assert again is not None
    assert again.short == "丹麦"


def test_says_its_facts_with_markers() -> None:
    answer = ask("Are Orla Venn and Tomas Brandt of the same nationality?", ORLA, TOMAS)
    assert sentence(answer, "en") == "No: Orla Venn is Danish [1]; Tomas Brandt is Swedish [2]."


def test_other_questions_are_left_alone() -> None:
    for question in ("How do I request leave?", "Why is the sky blue?", "Who is responsible?", "", "?"):
        assert ask(question, ORLA, TOMAS) is None


def test_plans() -> None:
    plan = read_plan("Who is the mother of the director of film Low Tide?", language="en", known=nothing_known)
    assert plan == Lookup(Wanted("mother", Wanted("director", Name("Low Tide"))))
    plan = read_plan(
        "Which film whose director is younger, Low Tide or Bread Or Salt?",
        language="en",
        known={"Bread Or Salt", "Low Tide"}.__contains__,
    )
    assert isinstance(plan, Comparison)
    assert plan.labels == ("Low Tide", "Bread Or Salt")
    assert plan.most
    plan = read_plan("Do both films Low Tide and High Noon have the same director?", language="en", known=nothing_known)
    assert plan == Same((Name("Low Tide"), Name("High Noon")), ("director",))


@pytest.mark.parametrize(
    ("text", "born", "place", "died"),
    [
        (
            "A B (22 September 1869, Évreux – 9 December 1925, Paris) was",
            "22 September 1869",
            "Évreux",
            "9 December 1925",
        ),
        ("A B( June 1, 1912 August 10, 2002) was", "June 1, 1912", None, "August 10, 2002"),
        ("A B (born 10 January 1930 in Ajmer, India) is", "10 January 1930", "Ajmer, India", None),
        ("A B (died 1514) was", None, None, "1514"),
        ("A B (reigned 705–715) was", None, None, None),
    ],
)
def test_life_dates(text, born, place, died) -> None:
    life = read_life(text, "en")
    found = (
        [text[slice(*span)] if span else None for span in (life.birth_date, life.birth_place, life.death_date)]
        if life
        else [None] * 3
    )
    assert found == [born, place, died]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who directed Low Tide?", f"The peptide {'Ala-Gly-Ser-Val-' * 16}Ala is no film, and Low Tide is a peptide."),
        ("Who founded Low Tide?", f"Low Tide, {'al-Ala-' * 64} is a peptide."),
        ("Who is the father of Low Tide?", f"His father {'was a poor man ' * 16}indeed."),
        ("Who is the wife of Low Tide?", f"He married {'first wife ' * 32}indeed."),
    ],
)
def test_what_is_repeated_takes_no_time(question, text) -> None:
    with at_most(seconds=5):
        ask(question, passage("Low Tide", text))


@pytest.mark.parametrize("name", ["Kim Ki-duk", "Jean-Marie Roa", "Ana Saxe- Roa", "Omar al-Rashid", "Ana Roa-de-Leon"])
def test_names_with_hyphens_stay_whole(name) -> None:
    page = passage("Low Tide", f"Low Tide is a 1975 film directed by {name}.")
    assert ask("Who directed Low Tide?", page).short == name


@pytest.mark.parametrize(
    "question",
    ["Who is the father of +++?", "When was +++ born?", "Who is the head of +++?", "Was +++ born before Orla Venn?"],
)
def test_a_name_without_letters_is_nobody(question) -> None:
    assert ask(question, ORLA, HELGE, passage("Staff", "Ann Low is the head of logistics.")) is None


@pytest.mark.parametrize(
    ("question", "language"),
    [
        (f"张三{'的母亲' * 1300}是谁？", "zh"),
        ("A and " * 650 + "B were born first?", "en"),
        (f"Who is {'the mother of ' * 900}Orla Venn?", "en"),
    ],
)
def test_no_plan_is_read_of_what_is_long(question, language) -> None:
    with at_most(seconds=0.5):
        assert read_plan(question, language=language, known=nothing_known) is None


@pytest.mark.parametrize(("asked", "deep"), [(2, 2), (60, 4)])
def test_a_chinese_chain_ends(asked, deep) -> None:
    plan = read_plan(f"张三{'的母亲' * asked}是谁？", language="zh", known=nothing_known)
    assert isinstance(plan, Lookup)
    term, found = plan.term, 0
    while isinstance(term, Wanted):
        term, found = term.of, found + 1
    assert found == deep


@pytest.mark.parametrize(
    ("lead", "place"),
    [
        ("Ann Smith, known as Mina Low in the trade, is a poet.", "Aarhus"),
        ("Ann Smith, known as Mina Lowell in the trade, is a poet.", None),
        ("Ann Smith is a poet. Her aunt was Mina Low of Leeds.", None),
    ],
)
def test_the_page_of_another_name(lead, place) -> None:
    answer = ask("Where was Mina Low born?", passage("Ann Smith", f"{lead} She was born in Aarhus."))
    assert (answer and answer.short) == place


def test_a_passage_that_is_fetched_is_given_once() -> None:
    films = passage("Films", "Low Tide was directed by Orla Venn. High Noon was directed by Orla Venn.")
    answer = ask("Do both films Low Tide and High Noon have the same director?", ORLA, find=lambda name: [films])
    assert answer.short == "yes"
    assert [step.passage for step in answer.steps] == [1, 1]
    assert [(one.title, one.number) for one in answer.passages] == [("Orla Venn", 1), ("Films", 2)]


@pytest.mark.parametrize("before", ["", "The news of this week are good. "])
@pytest.mark.parametrize(
    ("question", "text", "short"),
    [
        ("When was Siemens founded?", "Last spring Siemens acquired Mendix, which was founded in 2005.", None),
        ("When was Mendix founded?", "Last spring Siemens acquired Mendix, which was founded in 2005.", "2005"),
        ("When was Siemens founded?", "Last spring Siemens acquired Mendix, founded in 2005.", None),
        ("When was Siemens founded?", "Siemens Healthineers was founded in 2017.", None),
        ("When was Siemens founded?", "Siemens was founded by Ann Low, who died in 1999.", None),
        ("When was Siemens founded?", "Siemens in 2001 bought Borealis, founded by Ann Low.", None),
        ("When was Siemens founded?", "Mendix was founded in 2005; Siemens was founded in 1847.", "1847"),
        ("When did Bob Stone die?", "Bob Stone said that his aunt Ann Low died in 1999.", None),
        ("When did Ann Low die?", "Bob Stone said that his aunt Ann Low died in 1999.", "1999"),
        ("When did Ann Low die?", "The mother of Ann Low died in 1999.", None),
        ("When did Ann Low die?", "Bob Stone, brother of Ann Low, died in 1999.", None),
        ("When did Ann Low die?", "Ann Low's mother died in 1999.", None),
        ("When did Ann Low die?", "Ann Low was a poet and her aunt died in 1999.", None),
        ("When did Ann Low die?", "Ann Low was a Danish poet and died in 1999.", "1999"),
        ("When did Ann Low die?", "Ann Low, a Danish poet, died in 1999.", "1999"),
        ("When did Ann Low die?", "Ann Low (born 1920 in Leeds) died in 1999.", "1999"),
        ("When did Ann Low die?", "The poet Ann Low reigned until her death in 1999.", "1999"),
        ("Where was Ann born?", "Joanne Smith was born in Leeds.", None),
        ("Where was Joanne Smith born?", "Joanne Smith was born in Leeds.", "Leeds"),
        ("Where is Acme based?", "Acme buys its pumps from Borealis, headquartered in Oslo.", None),
        ("Where is Borealis based?", "Acme buys its pumps from Borealis, headquartered in Oslo.", "Oslo"),
        ("Where is Acme based?", "Acme's headquarters is in Oslo.", "Oslo"),
        ("Where is Acme based?", "Acme (a supplier) is a maker of pumps headquartered in Oslo.", "Oslo"),
        ("Where is Acme headquartered?", "- **Acme**: based in Oslo, since 1998.", "Oslo"),
        ("When was Acme founded?", "Acme and Borealis were founded in 1998.", "1998"),
        ("When was Acmé Straße founded?", "Acme Straße was founded in 1998.", "1998"),
        ("When was O'Brien Ltd founded?", "O’Brien Ltd was founded in 1998.", "1998"),
        ("Who directed Low Tide?", "Low Tide is a 1975 Danish drama film directed by Orla Venn.", "Orla Venn"),
        ("Who directed Low Tide?", "The film Low Tide was directed by the Danish director Orla Venn.", "Orla Venn"),
        ("Who wrote Low Tide?", "The novel Low Tide by Orla Venn sold well.", "Orla Venn"),
        ("Who composed Low Tide?", "The music of Low Tide was composed by Orla Venn.", "Orla Venn"),
        ("Who is the father of Ann Low?", "Ann Low, whose father was Bob Low, died in 1999.", "Bob Low"),
        ("Who is the father of Ann Low?", "Ann Low was a poet; her father was Bob Low.", "Bob Low"),
        ("Where was Ann Low born?", "Ann Low was born to Danish parents in Aarhus.", "Aarhus"),
        ("海蓝公司是什么时候成立的？", "海蓝公司收购了云杉公司，后者成立于1998年。", None),
        ("海蓝公司是什么时候成立的？", "海蓝公司成立于1998年。", "1998年"),
        ("海蓝公司是什么时候成立的？", "海蓝公司于1998年成立。", "1998年"),
        ("海蓝公司是什么时候成立的？", "海蓝公司（杭州）成立于1998年。", "1998年"),
        ("海蓝公司是什么时候成立的？", "海蓝公司是一家软件企业，成立于1998年。", "1998年"),
        ("海蓝公司的总部在哪里？", "海蓝公司的总部位于杭州。", "杭州"),
        ("静港的导演是谁？", "《静港》由奥拉·文执导。", "奥拉·文"),
    ],
)
def test_a_fact_is_told_of_what_its_sentence_speaks_of(question, text, short, before) -> None:
    """Whether the text begins with the name or goes on with it: no page bears the name."""
    language = "en" if text[-1] == "." else "zh"
    answer = ask(question, passage("Notes", before + text, language=language), language=language)
    assert (answer and answer.short) == short


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Bob Stone wrote of his aunt Ann Low (1920 – 1999).", None),
        ("Bob Stone (1920 – 1999) wrote of his aunt Ann Low.", "1999"),
    ],
)
def test_the_dates_behind_a_name_are_its_own(text, short) -> None:
    answer = ask("When did Bob Stone die?", passage("Notes", text))
    assert (answer and answer.short) == short


@pytest.mark.parametrize("unit", ["was a ", ", and ", "Acme ", "French-", "also first ", "; x"])
def test_long_sentences_take_no_time(unit) -> None:
    with at_most(seconds=5):
        ask("When was Acme founded?", passage("Notes", f"Acme {unit * 300}! was founded in 1999"))
