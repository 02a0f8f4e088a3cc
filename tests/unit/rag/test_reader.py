import numpy as np
import pytest

from rag.reader import best_spans, trimmed


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("the V&A received it", "V", "V&A"),
        ("After a while, in 1886, they met", "in 1886", "1886"),
        ("There are (100-150) species.", "(100-150)", "100-150"),
        ('a "mad scientist" now', 'mad scientist"', "mad scientist"),
        ("The Sun (Sol) rose", "Sun (Sol)", "Sun (Sol)"),
        ("cost $5.5 million.", "5", "$5.5"),
        ("cost 1,000,000 yen, they say", ",000", "1,000,000"),
        ("It opens at 9:30.", "at 9", "9:30"),
        ("Tesla's company", "Tesla", "Tesla"),
        ("in", "in", "in"),
        ("so ... then", "...", ""),
    ],
)
def test_a_span_is_of_whole_words_without_what_leads_to_it(text: str, found: str, expected: str) -> None:
    start = text.index(found)
    begin, end = trimmed(text, start, start + len(found))
    assert text[begin:end] == expected


def test_the_best_spans_do_not_overlap_and_count_against_no_answer() -> None:
    begin = np.array([1.0, 0.0, 5.0, 0.0, 0.0, 3.0], dtype=np.float32)
    end = np.array([2.0, 9.0, 0.0, 4.0, 0.0, 3.0], dtype=np.float32)
    inside = np.array([False, False, True, True, True, True])
    assert best_spans(begin, end, inside, most=2) == [(2, 3, 6.0), (5, 5, 3.0)]


def test_an_answer_does_not_end_before_it_begins_nor_grow_long() -> None:
    begin = np.zeros(200, dtype=np.float32)
    end = np.zeros(200, dtype=np.float32)
    begin[150], end[20], end[199] = 12, 9, 1
    inside = np.ones(200, dtype=np.bool_)
    inside[0] = False
    first, last, _ = best_spans(begin, end, inside, most=1)[0]
    assert first == 150
    assert 150 <= last < 180


def test_nothing_is_found_where_nothing_may_be_read() -> None:
    zeros = np.zeros(4, dtype=np.float32)
    assert best_spans(zeros, zeros, np.zeros(4, dtype=np.bool_), most=3) == []
