from collections.abc import Sequence

import pytest

from knowledge.language import detect_language, search_tokens
from knowledge.testing import HashEmbedder
from rag.cite import Claim, check_claims, cite
from rag.evidence import Evidence, rank_evidence
from rag.question import AskedQuestion
from rag.records import Passage

QUESTION = "What is the price of the Skerry 40?"
TEXTS = (
    "The Skerry 40 costs 1,480 euros. The Skerry 15 costs 990 euros.",
    "The Skerry 40 costs 1,380 euros. Delivery takes 3.5 weeks.",
)


def evidence(question: str, *texts: str) -> list[Evidence]:
    passages = [
        Passage(n, f"doc{n}", f"Document {n}", n, (), text, 10 * n, 10 * n + len(text), detect_language(text), 1.0, "")
        for n, text in enumerate(texts, 1)
    ]
    asked = AskedQuestion.read(question, idf=lambda token: 3.0 if token == "\0" else 1.0)
    return rank_evidence(asked, passages, embedder=HashEmbedder())


def check(reply: str, question: str = QUESTION, texts: Sequence[str] = TEXTS) -> list[Claim]:
    return check_claims(reply, evidence(question, *texts), asked=search_tokens(question))


@pytest.mark.parametrize(
    "reply",
    [
        "The Skerry 40 costs 1,480 euros.",
        "The Skerry 40 costs 1,480 euros. [1]",
        "The Skerry 40 costs 1,480 euros [1].",
        "The Skerry 40 costs 1,480 euros [ 1 ].",
        "The Skerry 40 costs 1,480 euros【1】.",
        "The Skerry 40 costs 1,480 euros. 【1】",
        "The Skerry 40 costs 1,480 euros [2].",  # the marker is wrong; the sentence is there all the same
    ],
)
def test_a_claim_is_told_without_its_marker(reply: str) -> None:
    (claim,) = check(reply)
    assert claim.text == "The Skerry 40 costs 1,480 euros."
    assert claim.evidence.text == "The Skerry 40 costs 1,480 euros."
    assert claim.support == 1.0


@pytest.mark.parametrize(
    ("marker", "document"), [(" [1]", "doc1"), (" [2]", "doc2"), ("【2】", "doc2"), (" [7, 2]", "doc2")]
)
def test_among_equals_the_marked_passage_is_the_evidence(marker: str, document: str) -> None:
    for reply in (f"Delivery takes 5 weeks.{marker}", f"Delivery takes 5 weeks{marker}."):
        (claim,) = check(reply, "How long is delivery?", ["Delivery takes 5 weeks.", "Delivery takes 5 weeks."])
        assert claim.evidence.passage.document == document


def test_a_marker_belongs_to_the_sentence_before_it() -> None:
    texts = ["Delivery takes 5 weeks.", "Delivery takes 5 weeks. Repairs take 9 days.", "Repairs take 9 days."]
    delivery, repairs = check("Delivery takes 5 weeks. [2] Repairs take 9 days. [3]", "How long?", texts)
    assert [delivery.evidence.passage.number, repairs.evidence.passage.number] == [2, 3]


@pytest.mark.parametrize(
    "reply",
    [
        "The Skerry 40 costs 1,481 euros. [1]",
        "The Skerry 40 costs 148 euros.",
        "The Skerry 40 costs 14800 euros.",
        "The Skerry 40 costs 480 euros.",
        "The Skerry 40 costs 1 euros.",
        "The Skerry 40 costs 1.480 euros.",
        "Delivery takes 35 weeks.",
        "Delivery takes 3 weeks.",
    ],
)
def test_numbers_must_match_exactly(reply: str) -> None:
    assert check(reply) == []


@pytest.mark.parametrize(("written", "said"), [("1,480", "1480"), ("1480", "1,480"), ("1,480,000", "1480000")])
def test_thousands_separators_do_not_matter(written: str, said: str) -> None:
    (claim,) = check(f"The motor costs {said} euros.", "What is the price?", [f"The motor costs {written} euros."])
    assert written in claim.evidence.text


@pytest.mark.parametrize("reply", ["", " ", "[1]", "[1][2]", "。", "The price of the Skerry 40 is.", "Skerry 40!"])
def test_nothing_but_the_questions_words_says_nothing(reply: str) -> None:
    assert check(reply) == []


def test_the_questions_words_may_stand_in_a_claim_alone() -> None:
    (claim,) = check("The price of the pump is 55 euros.", "What is the price of the pump?", ["Costs 55 euros net."])
    assert claim.evidence.text == "Costs 55 euros net."


def test_most_words_must_be_borne_out() -> None:
    texts = ["Filters are cleaned monthly by trained staff."]
    (claim,) = check("Filters are cleaned monthly by qualified staff.", "Who?", texts)
    assert 0.75 <= claim.support < 1
    assert check("Filters are replaced weekly by qualified staff.", "Who?", texts) == []


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The contract was signed by Maria Lopez for Acme.", "The contract was signed by Maria Silva for Acme."),
        ("The review of the plan takes place in June.", "The review of the plan takes place in May."),
        ("Staff get twenty days of paid leave a year.", "Staff get thirty days of paid leave a year."),
        ("The plant in the north cost 3 million to build.", "The plant in the north cost 3 billion to build."),
        ("The ticket for the tram costs €20 a week.", "The ticket for the tram costs $20 a week."),
        ("About 20 of the staff in Oslo work at night.", "About 20 % of the staff in Oslo work at night."),
        ("The store room is kept at 5 degrees in winter.", "The store room is kept at -5 degrees in winter."),
        ("员工每年享有带薪年假二十天。", "员工每年享有带薪年假三十天。"),
    ],
)
def test_what_is_no_matter_of_degree_must_stand_there(text: str, claim: str) -> None:
    assert check(claim, "What is it?", [text]) == []
    assert len(check(text, "What is it?", [text])) == 1


def test_a_claim_is_told_once_and_bad_ones_are_left_out() -> None:
    claims = check(
        "The Skerry 15 costs 990 euros. [1] It was born on the moon. [2] the skerry 15 costs 990 euros. "
        "The Skerry 40 costs 1,480 euros. [1]"
    )
    assert [claim.text for claim in claims] == ["The Skerry 15 costs 990 euros.", "The Skerry 40 costs 1,480 euros."]


def test_chinese_claims() -> None:
    texts = ["一线城市住宿上限为550元。省会城市住宿上限为460元。"]
    claims = check("一线城市住宿上限为550元。【1】省会城市住宿上限为460元[1]。", "住宿上限是多少？", texts)
    assert [claim.text for claim in claims] == ["一线城市住宿上限为550元。", "省会城市住宿上限为460元。"]
    assert check("一线城市住宿上限为560元。[1]", "住宿上限是多少？", texts) == []


def test_without_evidence_nothing_is_borne_out() -> None:
    assert check_claims("The Skerry 40 costs 1,480 euros.", []) == []


def test_cite_numbers_different_places_in_order() -> None:
    first, second, *_ = evidence(QUESTION, *TEXTS)
    citations = cite([second, first, second])
    assert [citation.number for citation in citations] == [1, 2]
    assert [citation.quote for citation in citations] == [second.text, first.text]
    assert [(c.document, c.start, c.end) for c in citations] == [second.place, first.place]
    assert citations[0].page == second.passage.page
    assert cite([]) == ()
