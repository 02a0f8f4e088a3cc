import pytest

from knowledge.language import detect_language
from knowledge.testing import HashEmbedder
from rag.evidence import Chosen, Evidence, choose_evidence, follow_up, rank_evidence
from rag.question import AskedQuestion
from rag.records import Passage

SKERRY = "What is the extension of the engineer responsible for the Skerry 40?"


def read(question: str) -> AskedQuestion:
    return AskedQuestion.read(question, idf=lambda token: 3.0 if token == "\0" else 1.0)


def passage(number: int, title: str, text: str, *, start: int = 0, headings: tuple[str, ...] = ()) -> Passage:
    return Passage(number, title, title, None, headings, text, start, start + len(text), detect_language(text), 1.0, "")


def rank(question: str, *passages: Passage) -> list[Evidence]:
    return rank_evidence(read(question), passages, embedder=HashEmbedder())


def choose(question: str, *passages: Passage) -> Chosen:
    chosen = choose_evidence(read(question), rank(question, *passages))
    assert chosen is not None
    return chosen


def test_the_answering_sentence_comes_first() -> None:
    first, *rest = rank(
        "How many days of annual leave do employees in Dundee get?",
        passage(1, "Offices", "Employees in Dundee sit by the river. The office has a garden."),
        passage(2, "Leave", "Unused days lapse. Employees in Dundee get 27 days of annual leave."),
    )
    assert first.text == "Employees in Dundee get 27 days of annual leave."
    assert first.fits
    assert all(first.score > item.score for item in rest)


@pytest.mark.parametrize(
    ("title", "text", "start"),
    [
        ("Leave", "Leave\n\n  Everyone gets 27 days of leave.  It lapses.\n", 0),
        ("Leave", "Everyone gets\n27 days of leave. “It lapses.” ", 1234),
        ("休假", "休假\n\n　每人每年有27天年假。未休的年假作废！", 77),
    ],
)
def test_offsets_are_verbatim(title: str, text: str, start: int) -> None:
    found = rank("How many days of leave?", passage(1, title, text, start=start))
    assert found
    document = "x" * start + text
    for item in found:
        assert document[item.start : item.end] == item.text
        assert item.text == item.text.strip()
        assert item.place == (title, item.start, item.end)


def test_headings_are_no_evidence() -> None:
    found = rank(
        "What is the leave policy?",
        passage(1, "Leave policy", "Leave policy\n\nPart time\n\nTwo weeks are granted.", headings=("Part time",)),
    )
    assert [item.text for item in found] == ["Two weeks are granted."]


def test_no_passages_no_evidence() -> None:
    assert rank("Where is it?") == []
    assert rank("Where is it?", passage(1, "Leave", "Leave")) == []
    assert choose_evidence(read("Where is it?"), []) is None
    assert follow_up(read("Where is it?"), []) == ""


def test_what_stands_before_a_sentence_helps() -> None:
    plain, told = rank(
        "What is the weight of the Skerry 40?",
        passage(1, "Other", "It weighs 5 kg. The weight is measured dry."),
        passage(2, "Skerry 40", "A radar gauge. The weight is 4 kg."),
    )[::-1][-2:]
    assert told.text == "The weight is 4 kg."
    assert {"skerri", "40"} <= told.around
    assert told.coverage > plain.coverage


def test_one_sentence_is_enough_when_it_holds_the_question() -> None:
    chosen = choose(
        "Who is responsible for the Skerry 40?",
        passage(1, "Skerry 40", "Aino Rautala is responsible for the Skerry 40."),
        passage(2, "Staff", "Name: Aino Rautala | Extension: 5127"),
    )
    assert [item.text for item in chosen.evidence] == ["Aino Rautala is responsible for the Skerry 40."]
    assert chosen.missing == 0.0


def test_a_name_joins_two_sentences_and_the_answer_comes_last() -> None:
    chosen = choose(
        SKERRY,
        passage(1, "Staff", "Name: Tom Birch | Extension: 5200\nName: Aino Rautala | Extension: 5127"),
        passage(2, "Skerry 40", "Skerry 40\n\nResponsible engineer: Aino Rautala."),
    )
    assert [item.text for item in chosen.evidence] == [
        "Responsible engineer: Aino Rautala.",
        "Name: Aino Rautala | Extension: 5127",
    ]


@pytest.mark.parametrize("own_first", [True, False])
def test_a_persons_own_row_wins_over_rows_that_name_the_person_too(own_first: bool) -> None:
    own = "Name: Aino Rautala | Extension: 5127 | Manager: Tom Birch"
    other = "Name: Tom Birch | Extension: 5200 | Manager: Aino Rautala"
    chosen = choose(
        SKERRY,
        passage(1, "Skerry 40", "The Skerry 40 is a radar gauge. Responsible engineer: Aino Rautala."),
        passage(2, "Staff", "\n".join((own, other) if own_first else (other, own))),
    )
    assert chosen.evidence[-1].text == own


def test_a_chinese_name_joins_too() -> None:
    chosen = choose(
        "蓝鲸项目负责人的分机是多少？",
        passage(1, "蓝鲸项目", "负责人：王小明"),
        passage(2, "通讯录", "姓名：李大力，分机：5200\n姓名：王小明，分机：5127"),
    )
    assert [item.text for item in chosen.evidence] == ["负责人：王小明", "姓名：王小明，分机：5127"]


def test_the_same_said_of_two_things_is_a_comparison() -> None:
    chosen = choose(
        "Is the Skerry 40 heavier than the Skerry 15?",
        passage(1, "Skerry 40", "The weight is 4.2 kg with cable."),
        passage(2, "Skerry 15", "The weight is 1.1 kg with cable."),
        passage(3, "Weather", "It rains in autumn."),
    )
    assert {item.passage.title for item in chosen.evidence} == {"Skerry 40", "Skerry 15"}


def test_names_of_the_question_join_nothing() -> None:
    chosen = choose(
        "Where does Aino Rautala sit?",
        passage(1, "Seats", "Aino Rautala sits on the second floor."),
        passage(2, "Party", "Aino Rautala brings the cake."),
    )
    assert len(chosen.evidence) == 1


def test_months_and_weekdays_are_no_names() -> None:
    (item,) = rank("When?", passage(1, "Fair", "The fair opens on Monday, in March, with Mara Quist and the OM-7."))
    assert item.names == {"Mara Quist", "OM-7"}


def test_new_names_lead_on() -> None:
    ranked = rank(SKERRY, passage(1, "Skerry 40", "Responsible engineer of the Skerry 40: Aino Rautala."))
    assert follow_up(read(SKERRY), ranked) == "Aino Rautala extension"
    asked = "Where does Aino Rautala sit?"
    assert follow_up(read(asked), rank(asked, passage(1, "Seats", "Aino Rautala sits by the window."))) == ""


def test_the_row_before_is_no_context_of_a_row() -> None:
    found = rank(
        "What does the Alder pump cost?",
        passage(1, "prices", "item: Alder pump | price: 120 euros\nitem: Birch valve | price: 45 euros"),
    )
    birch = next(item for item in found if "Birch" in item.text)
    assert "alder" not in birch.around
    assert "alder" in next(item for item in found if "Alder" in item.text).tokens


def test_the_section_is_context_of_its_rows() -> None:
    text = "3.1 Annual leave\nIt depends on the office.\nHolidays come on top.\nOffice: Dundee | First year: 27 days\n"
    text += "Office: Lund | First year: 28 days"
    found = rank("How much annual leave is there in Dundee?", passage(1, "handbook", text))
    rows = [item for item in found if " | " in item.text]
    assert len(rows) == 2
    assert all({"annual", "leav"} <= item.around for item in rows)


def test_the_head_of_a_table_is_context_of_its_rows() -> None:
    found = rank("What does the Alder pump cost?", passage(1, "list", "| Item | Cost |\n| Alder pump | 120 euros |"))
    assert "cost" in next(item for item in found if "Alder" in item.text).around


def test_a_family_joins_its_model() -> None:
    chosen = choose(
        "How long is the warranty period for the product of order KR-881?",
        passage(1, "orders", "order: KR-881 | product: Alder 7 | state: open"),
        passage(
            2,
            "warranty",
            "family: Birch valves | warranty period: 12 months\nfamily: Alder | warranty period: 9 months",
        ),
    )
    assert [item.passage.title for item in chosen.evidence] == ["orders", "warranty"]
    assert "9 months" in chosen.evidence[-1].text


def test_a_number_of_things_is_no_model() -> None:
    chosen = choose(
        "How many days of annual leave do I get in the Quern office?",
        passage(1, "leave", "Annual leave in days\n\nQuern 27 days 30 days\nMoyle 28 days 32 days"),
        passage(
            2,
            "staff",
            "name: Ada Brook | office: Moyle | extension: 5141\nname: Bo Lund | office: Quern | extension: 5142",
        ),
    )
    assert [item.text for item in chosen.evidence] == ["Quern 27 days 30 days"]
