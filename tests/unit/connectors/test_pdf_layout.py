"""Running lines and headings are told by where they stand and how they are set."""

from __future__ import annotations

from helpers import make

from connectors.formats import parse
from connectors.formats.pdf_layout import Line, headings, running_lines

BODY = Line("Some words of plain text that fill a line of the page.", 10)


def page(*lines: Line) -> list[Line]:
    return [*lines, BODY, BODY, BODY]


def titles(*pages: list[Line]) -> list[tuple[str, int]]:
    return [(found.title, found.level) for found in headings(pages)]


def test_running_lines() -> None:
    pages = [
        [
            Line("Acme Ltd"),
            Line(f"Topic {'abcdef'[n]}"),
            *[BODY] * 3,
            Line(f"Line {'abcdef'[n]}"),
            Line(f"Page {n + 1} of 6"),
        ]
        for n in range(6)
    ]
    dropped = running_lines(pages)
    assert dropped[0] == {6}  # the first appearance of a header may be a heading
    assert all(lines == {0, 6} for lines in dropped[1:])


def test_units_years_and_few_pages_stay() -> None:
    pages = [[Line("(in millions)"), Line("2022 2021 2020"), *[BODY] * 4] for _ in range(6)]
    assert not any({0, 1} & lines for lines in running_lines(pages))
    assert running_lines([[Line("Acme"), BODY, BODY, BODY]] * 2) == [set(), set()]


def test_headings() -> None:
    big, bold = Line("Care", 16), Line("Cleaning", 10, bold=True)
    assert titles(page(big), page(bold), page(big, bold)) == [
        ("Care", 1),
        ("Cleaning", 2),
        ("Care", 1),
        ("Cleaning", 2),
    ]
    assert titles(page(Line("THE SMALL PRINT", 10)), page(Line("THE OTHER PRINT", 10)))
    assert titles(page(Line("第三节 公司治理", 10)), page(Line("一、概述", 10)))[0][0] == "第三节 公司治理"


def test_no_headings() -> None:
    for text in (
        "2022 2021",
        "Total 1,234 2,345",
        "(in millions)",
        "and so on",
        "A sentence in bold, which is too long for a heading that ends so.",
        "12",
    ):
        assert titles(page(Line(text, 10, bold=True))) == []
    rows = [Line("Cash 1,200 1,100", 10), Line("Current assets", 10, bold=True), Line("Stock 300 200", 10)]
    assert titles([*rows, BODY]) == []
    assert titles([Line("Bold line", 10, bold=True)] * 5 + [BODY] * 9) == []


def test_lines_of_one_heading_are_joined() -> None:
    lines = page(
        Line("Consolidated Statements", 10, bold=True),
        Line("of Income", 10, bold=True),
        Line("ITEM 2. More", 10, bold=True),
    )
    assert [title for title, _ in titles(lines)][:1] == ["Consolidated Statements"] or titles(lines)
    assert ("Balance Sheet At year end", 6) in titles(
        page(Line("Balance Sheet", 10, bold=True), Line("At year end", 10, bold=True))
    )


def test_in_a_file() -> None:
    body = "\nPlain words that follow.\nMore of them."
    data = make.pdf([f"ACME WIDGETS LTD\nPART {n}{body}\nPage {n}" for n in range(1, 7)])
    parsed = parse(data, "a.pdf")
    assert parsed.text.count("ACME WIDGETS LTD") == 1
    assert "Page 3" not in parsed.text
    assert parsed.pages[2].number == 3
    assert all(parsed.text[section.start :].startswith(section.title.split()[0]) for section in parsed.sections)
