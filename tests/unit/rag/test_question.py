import pytest

from rag.question import AskedQuestion


def read(text: str, **rarities: float) -> AskedQuestion:
    """Read a question; tokens are as rare as each other unless told."""
    return AskedQuestion.read(text, idf=lambda token: 5.0 if token == "\0" else rarities.get(token, 1.0))


@pytest.mark.parametrize(
    ("question", "fit", "unfit"),
    [
        ("How many days of leave do we get?", "Everyone gets 27.", "Everyone gets leave."),
        ("How many valves are there?", "There are twelve valves.", "There are valves."),
        ("How much is the Skerry 40?", "It costs 1,480 euros.", "It ships in March."),
        ("What is the price of the pump?", "Price: €55", "The pump is red."),
        ("How long is the warranty?", "It lasts 24 months.", "It covers 24 parts."),
        ("How long is the warranty period?", "It is 24 months.", "A 25 m cable is included."),
        ("What lead time do you offer?", "Orders take 6 weeks.", "We stock 150 to 400 of them."),
        ("How long is the cable?", "It is 25 m long.", "It is black."),
        ("How often are filters cleaned?", "They are cleaned every 6 weeks.", "They are cleaned by 6 people."),
        ("When does the office open?", "It opens in March.", "It opens soon."),
        ("When does the office open?", "It opens on Monday.", "It opens with a party."),
        ("Who leads the project?", "It is led by Mara Quist.", "It is led by nobody."),
        ("一线城市住宿上限是多少？", "上限为550元。", "上限另行通知。"),
        ("保修期多长？", "保修24个月。", "保修由厂家负责。"),
        ("交货期是多久？", "交货期为6周。", "电缆长10米。"),
        ("谁负责报销？", "由王小明负责。", "2024"),
        ("公司什么时候成立？", "成立于2004年。", "成立很久。"),
        ("单价是多少钱？", "每台1480元。", "另行报价。"),
    ],
)
def test_what_is_asked_for(question: str, fit: str, unfit: str) -> None:
    asked = read(question)
    assert asked.kinds
    assert asked.fits(fit)
    assert not asked.fits(unfit)


@pytest.mark.parametrize("question", ["Why is the pump red?", "Describe the pump.", "泵为什么是红色？"])
def test_anything_may_answer_some_questions(question: str) -> None:
    assert read(question).kinds == ()
    assert read(question).fits("")


def test_what_the_question_says_itself_is_no_answer() -> None:
    asked = read("When was the Skerry 2024 launched?")
    assert not asked.fits("The Skerry 2024 is red.")
    assert asked.fits("The Skerry 2024 came in 2023.")
    assert not read("How many people work on Orion 40?").fits("People work on Orion 40.")


def test_the_content_words() -> None:
    asked = read("How many days of annual leave do we get in Dundee?")
    assert asked.language == "en"
    assert set(asked.weights) == {"day", "annual", "leav", "dunde"}
    assert asked.names == {"dunde"}
    chinese = read("请问一线城市住宿上限是多少？")
    assert chinese.language == "zh"
    assert {"一线", "城市", "住宿", "上限"} <= set(chinese.weights)
    assert "多少" not in chinese.weights


def test_a_question_of_asking_words_only_keeps_them() -> None:
    assert read("How much time does one need?").weights


@pytest.mark.parametrize("text", ["", "?", "the of and", "😀", "的了吗", "x" * 1000])
def test_odd_questions_are_read(text: str) -> None:
    asked = read(text)
    assert 0.0 <= asked.coverage(set()) <= 1.0
    assert asked.missing(set()) in (0.0, 1.0)
    assert asked.fits("anything")


def test_coverage_weighs_by_rarity() -> None:
    asked = read("Where is the Orion depot?", orion=3.0)
    assert set(asked.weights) == {"orion", "depot"}
    assert asked.coverage({"orion", "depot", "more"}) == 1.0
    assert asked.coverage({"orion"}) == pytest.approx(0.75)
    assert asked.coverage({"depot"}) == pytest.approx(0.25)
    assert asked.coverage(set()) == 0.0


def test_what_stands_around_counts_less() -> None:
    asked = read("Where is the Orion depot?")
    assert asked.coverage({"depot"}) < asked.coverage({"depot"}, {"orion"}) < asked.coverage({"depot", "orion"})
    assert asked.coverage({"depot", "orion"}, {"orion"}) == 1.0


def test_pairs_that_no_document_holds_weigh_little() -> None:
    asked = AskedQuestion.read("蓝鲸项目", idf=lambda token: 5.0 if token in ("\0", "鲸项") else 4.0)
    assert asked.weights["鲸项"] < asked.weights["蓝鲸"] == 4.0
    english = AskedQuestion.read("Zyxwv depot", idf=lambda token: 5.0)
    assert english.weights["zyxwv"] == 5.0


def test_missing_names() -> None:
    asked = read("Does Aino Rautala know the X200?")
    assert asked.names == {"aino", "rautala", "x200"}
    assert asked.missing({"aino", "rautala", "x200"}) == 0.0
    assert asked.missing({"aino", "rautala"}) == pytest.approx(1 / 3)
    assert asked.missing(set()) == 1.0
    assert read("where is the depot?").missing(set()) == 0.0
    assert read("泵X200多重？").names == {"x200"}


def test_names_are_those_of_the_sentence_that_asks() -> None:
    def names(text: str) -> frozenset[str]:
        return AskedQuestion.read(text, idf=lambda token: 1.0).names

    assert "2026" not in names("I drove there in March 2026. How much per mile does policy 4 pay?")
    assert "dunde" in names("I work in the Dundee office. How many days do I get?")
    assert {"j", "1997"} <= names("What did J. K. Rowling write in 1997?")


def test_what_is_asked_at_last_counts_by_itself() -> None:
    asked = AskedQuestion.read("The gauge hangs over salt water all year - what is its rating?", idf=lambda token: 1.0)
    assert asked.focus.keys() == {"rate"}
    assert asked.coverage({"rate"}) == 1.0
    assert AskedQuestion.read("What is its rating?", idf=lambda token: 1.0).focus == {}
