"""Every format: text, title, sections, pages."""

from __future__ import annotations

import gc
import subprocess
import sys
from datetime import date, datetime

import pytest
from helpers import make

from connectors.errors import FormatError
from connectors.formats import Parsed, parse


def titles(parsed: Parsed) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in parsed.sections]


def body(parsed: Parsed, title: str) -> str:
    (section,) = (section for section in parsed.sections if section.title == title)
    return parsed.text[section.start : section.end]


def test_text_keeps_everything_but_controls() -> None:
    parsed = parse(b"one\r\ntwo\rthree\x0cfour\x00\x07 \tfive\n", "a.txt")
    assert parsed.text == "one\ntwo\nthree\nfour \tfive\n"
    assert parsed.media_type == "text/plain"
    assert parse(b"ERROR 12 disk full", "server.log").text == "ERROR 12 disk full"
    assert parse("\ufefffirst".encode(), "x").text == "first"


MARKDOWN = """---
title: "The Handbook"
---

# Intro *now*

Text.

```sh
# no heading
```

Setext
------

More.

> # quoted

### Deep `code`

End.

# Last
"""


def test_markdown() -> None:
    parsed = parse(MARKDOWN.replace("\n", "\r\n").encode(), "a.md")
    assert parsed.text == MARKDOWN
    assert parsed.title == "The Handbook"
    assert titles(parsed) == [(1, "Intro now"), (2, "Setext"), (3, "Deep code"), (1, "Last")]
    assert body(parsed, "Intro now").startswith("# Intro *now*\n")
    assert body(parsed, "Intro now").endswith("End.\n\n")
    assert body(parsed, "Setext").startswith("Setext\n------\n")
    assert parse(b"# A title\n\ntext", "a.markdown").title == "A title"


MARKDOWN_TABLES = r"""# Rates

| City | Maximum **per night** |
|:-----|----------------------:|
| Gdańsk | 480 PLN |
| `a|b` | [Map](https://maps.example/x) |
| x \| y | |

Site|Map
-|-
Leeds|<https://maps.example/l>
Who travels asks.

```
| City | Rate |
|---|---|
```

## Device

> | Property | Value |
> |---|---|
> | Weight | 2<br>kg |

- | City | Rate |
  |---|---|

| | |
|---|---|
| Plain | row |

No | table
here.

# End
"""


def test_markdown_tables_are_rows() -> None:
    parsed = parse(MARKDOWN_TABLES.encode(), "a.md")
    assert (
        parsed.text
        == """# Rates

City: Gdańsk | Maximum per night: 480 PLN
City: a|b | Maximum per night: Map (https://maps.example/x)
City: x | y

Site: Leeds | Map: https://maps.example/l
Who travels asks.

```
| City | Rate |
|---|---|
```

## Device

Weight: 2 kg

- | City | Rate |
  |---|---|

Plain | row

No | table
here.

# End
"""
    )
    assert titles(parsed) == [(1, "Rates"), (2, "Device"), (1, "End")]
    assert body(parsed, "Device").startswith("## Device\n\nWeight")
    assert body(parsed, "End") == "# End\n"


def test_markdown_tables_are_read_fast_and_no_further_than_allowed() -> None:
    wide = "| " + "x" * 2000 + " |\n|---|\n" + "| 1 |\n" * 2000
    with pytest.raises(FormatError, match="too long"):
        parse(wide.encode(), "a.md", max_chars=100_000)
    ticks = "| a | b |\n|---|---|\n" + "".join("`" * n + "|" for n in range(400)) + "`|" * 20_000
    assert "a: " in parse(ticks.encode(), "a.md").text


RST = """
Guide
=====

Some *text* with ``code`` and :ref:`a role`.

Install
-------

- one
- two

.. include:: /etc/passwd

.. raw:: html

   <b>raw</b>

.. versionadded:: 2.0
   Unknown directive.

Size
^^^^

=====  ====
Name   Rank
=====  ====
Ada    1
=====  ====

Usage
-----

Done. [broken_
"""


def test_rst_lists_keep_their_numbers() -> None:
    text = b"Do:\n\n3. Open\n\n   slowly\n\n4. Close\n\n- one\n- two\n"
    assert parse(text, "a.rst").text == "Do:\n3. Open\n\nslowly\n4. Close\n- one\n- two"


def test_rst_grid_tables_are_rows() -> None:
    grid = "+--------+----------+\n| City   | Maximum  |\n+========+==========+\n"
    grid += "| Gdańsk | 480 PLN, |\n|        | singles  |\n+--------+----------+\n"
    assert parse(grid.encode(), "a.rst").text == "City: Gdańsk | Maximum: 480 PLN, singles"


def test_rst(capfd: pytest.CaptureFixture[str]) -> None:
    parsed = parse(RST.encode(), "a.rst")
    assert titles(parsed) == [(1, "Guide"), (2, "Install"), (3, "Size"), (2, "Usage")]
    assert parsed.title == "Guide"
    assert "- one\n- two" in parsed.text
    assert "Name: Ada | Rank: 1" in parsed.text
    assert "Unknown directive." in parsed.text
    assert "root:" not in parsed.text
    assert body(parsed, "Install").endswith("Rank: 1\n\n")
    assert capfd.readouterr() == ("", "")


HTML = """<!DOCTYPE html><html><head><title>Travel &amp; costs</title><style>p{}</style></head><body>
<nav>Menu</nav><h1>Travel</h1><p>Book <b>ear</b>ly,<br>fly cheap. <!-- secret --></p><script>x()</script>
<template>tpl</template><div hidden>hid</div><div style="color:red; display: none">hid2</div>
<h2>Rates</h2><table><tr><th>Country</th><th>Per day</th></tr>
<tr><td rowspan=2>Norway</td><td><p>90</p><p>EUR</p></td></tr><tr><td>95</td></tr></table>
<ul><li>first<li>second</ul><pre>a
  b</pre>tail</body></html>"""


def test_html() -> None:
    parsed = parse(HTML.encode(), "a.html")
    assert parsed.text == (
        "Travel\n\nBook early,\nfly cheap.\n\nRates\n\nCountry: Norway | Per day: 90 EUR\n"
        "Country: Norway | Per day: 95\n- first\n- second\n\na\n  b\n\ntail"
    )
    assert parsed.title == "Travel & costs"
    assert titles(parsed) == [(1, "Travel"), (2, "Rates")]
    page = '<html><head><meta charset="gb2312"></head><body>差旅费用标准</body></html>'
    assert parse(page.encode("gbk"), "a.htm").text == "差旅费用标准"


def test_html_lists_keep_their_numbers() -> None:
    page = (
        "<p>Do:</p><ol><li>Open<ol start=4><li><p>Turn</p><p>left</p><li>Pull</ol><li>Close<ul><li>door</ul>"
        "<li value=7>Lock<li>Go</ol><ol type=a><li>letter</ol>"
    )
    assert parse(page.encode(), "a.html").text == (
        "Do:\n1. Open\n4. Turn\n\nleft\n5. Pull\n2. Close\n- door\n7. Lock\n8. Go\n- letter"
    )


def test_html_nested_deeply() -> None:
    assert "deep" in parse(b"<html>" + b"<div>" * 200 + b"deep", "a.html").text


def test_pdf() -> None:
    first = "Annual Report\nThe informa-\ntion is long-\nterm; information and long-term plans."
    data = make.pdf([first, "", "Risk factors\nRain."], title="Annual Report 2022",
                    outline=[("Annual Report", 0), ("Risk Factors", 2), ("Not printed", 2)])  # fmt: skip
    parsed = parse(data, "a.pdf")
    assert parsed.title == "Annual Report 2022"
    assert parsed.text.startswith("Annual Report\nThe information is long-term; information")
    assert [(page.number, parsed.text[page.start : page.end][:4]) for page in parsed.pages] == [
        (1, "Annu"), (2, ""), (3, "Risk"),
    ]  # fmt: skip
    assert titles(parsed) == [(1, "Annual Report"), (1, "Risk Factors")]
    assert body(parsed, "Risk Factors") == "Risk factors\nRain."


@pytest.mark.parametrize("title", ["Microsoft Word - x.doc", "untitled", "0000012927-23-000007", "report.pdf", "1"])
def test_pdf_title_that_a_program_made(title: str) -> None:
    assert parse(make.pdf(["Text"], title=title), "a.pdf").title == ""


def test_properties_and_values_are_one_line_each() -> None:
    table = [["Property", "Value"], ["Weight", "2.3 kg"], ["Colour", "blue"], ["Remarks", ""]]
    assert parse(make.word(table), "a.docx").text == "Weight: 2.3 kg\nColour: blue\nRemarks"
    html = "<table><tr><th>参数</th><th>数值</th></tr><tr><td>重量</td><td>2.3 kg</td></tr></table>"
    assert parse(html.encode(), "a.html").text == "重量: 2.3 kg"


def test_pdf_leaves_no_handle_open() -> None:
    code = "import sys; from connectors.formats import parse; parse(sys.stdin.buffer.read(), 'a.pdf')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code],
        input=make.pdf(["Text"]),
        capture_output=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    gc.collect()


def test_docx() -> None:
    data = make.word(
        ("Title", "Policy"), ("Normal", "Hello."), ("Heading 1", "Leave"), [["Kind", "Days"], ["Sick", "10"]],
        ("Heading 2", "Sick leave"), ("Normal", "After."), title="Leave policy",
    )  # fmt: skip
    parsed = parse(data, "a.docx")
    assert parsed.text == "Policy\n\nHello.\n\nLeave\n\nKind: Sick | Days: 10\n\nSick leave\n\nAfter."
    assert titles(parsed) == [(1, "Policy"), (1, "Leave"), (2, "Sick leave")]
    assert parsed.title == "Leave policy"


def test_docx_content_controls_and_tracked_changes() -> None:
    run = "<w:r><w:t>{}</w:t></w:r>".format
    cell = "<w:tc><w:tcPr>{}</w:tcPr><w:p>{}</w:p></w:tc>".format
    rows = (
        cell('<w:vMerge w:val="restart"/>', run("A")) + cell("", run("1")),
        cell("<w:vMerge/>", "") + cell("", run("2")),
    )
    main = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f"<w:sdt><w:sdtContent><w:p>{run('In a control')}</w:p></w:sdtContent></w:sdt>"
        f"<w:p><w:ins>{run('added')}</w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
        f"<w:tbl><w:tr>{rows[0]}</w:tr><w:tr>{rows[1]}</w:tr></w:tbl></w:body></w:document>"
    ).encode()
    data = make.with_member(make.word(("Normal", "x")), "word/document.xml", main)
    assert parse(data, "a.docx").text == "In a control\n\nadded\n\nA | 1\nA | 2"


def test_docx_lists_are_counted_as_word_does() -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    level = '<w:lvl w:ilvl="{}"><w:start w:val="{}"/><w:numFmt w:val="{}"/><w:lvlText w:val="{}"/></w:lvl>'.format
    numbering = (
        f'<w:numbering {space}><w:abstractNum w:abstractNumId="0">{level(0, 1, "decimal", "%1.")}'
        f"{level(1, 2, 'decimal', '%1.%2)')}{level(2, 1, 'lowerLetter', '%3.')}</w:abstractNum>"
        f'<w:abstractNum w:abstractNumId="1">{level(0, 1, "bullet", "•")}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
        '</w:lvlOverride></w:num><w:num w:numId="3"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
    )
    paragraph = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="{1}"/><w:numId w:val="{0}"/></w:numPr></w:pPr>'
        "<w:r><w:t>{2}</w:t></w:r></w:p>"
    ).format
    listed = [(1, 0, "Open"), (1, 1, "turn"), (1, 1, "pull"), (1, 2, "twice"), (3, 0, "gloves"), (1, 0, "Close"),
              (1, 1, "push"), (0, 0, "Plain"), (2, 0, "Anew"), (2, 0, "On")]  # fmt: skip
    main = f"<w:document {space}><w:body>{''.join(paragraph(*one) for one in listed)}</w:body></w:document>"
    data = make.with_member(make.word(("Normal", "x")), "word/document.xml", main.encode())
    data = make.with_member(data, "word/numbering.xml", numbering.encode())
    assert parse(data, "a.docx").text == (
        "1. Open\n1.2) turn\n1.3) pull\n- twice\n- gloves\n2. Close\n2.2) push\n\nPlain\n1. Anew\n2. On"
    )
    styled = make.word(("Normal", "Do:"), ("List Number", "Open"), ("List Number", ""), ("List Bullet", "x"),
                       ("List Number", "Close"))  # fmt: skip
    assert parse(styled, "a.docx").text == "Do:\n1. Open\n- x\n3. Close"


def test_pptx() -> None:
    parsed = parse(make.slides(("Plan", "Grow\nSlowly", "Say why"), ("Risks", "Rain", "")), "a.pptx")
    assert parsed.text == "Plan\n\nGrow\nSlowly\n\nCity: Oslo | People: 700000\n\nNotes: Say why\n\nRisks\n\nRain"
    assert [(page.number, page.name) for page in parsed.pages] == [(1, "Plan"), (2, "Risks")]
    assert titles(parsed) == [(1, "Plan"), (1, "Risks")]
    assert parsed.title == "Plan"


def test_xlsx() -> None:
    data = make.sheets(
        Sales=[["Region", "Revenue", "Share", "Since"], ["North", 1200.0, (0.125, "0.0%"), date(2020, 1, 5)],
               [], ["South", 0.1 + 0.2, None, datetime(2021, 3, 4, 10, 30)]],
        Notes=[["Only one cell"]],
    )  # fmt: skip
    parsed = parse(data, "a.xlsx")
    assert parsed.text == (
        "Sales\n\nRegion: North | Revenue: 1200 | Share: 12.5% | Since: 2020-01-05\n"
        "Region: South | Revenue: 0.3 | Since: 2021-03-04 10:30:00\n\nNotes\n\nOnly one cell"
    )
    assert [(page.number, page.name) for page in parsed.pages] == [(1, "Sales"), (2, "Notes")]
    assert titles(parsed) == [(1, "Sales"), (1, "Notes")]
    assert parsed.title == ""


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv(delimiter: str) -> None:
    rows = [["Name", "Note"], ["Ann", '"likes a, b; and\nc"'], ["Bob", ""], ["Cy", "x"]]
    data = "\n".join(delimiter.join(row) for row in rows).encode()
    expected = "Name: Ann | Note: likes a, b; and c\nName: Bob\nName: Cy | Note: x"
    assert parse(data, "a.tsv" if delimiter == "\t" else "a.csv").text == expected


def test_csv_without_header() -> None:
    assert parse(b"1,2\n3,4\n", "a.csv").text == "1 | 2\n3 | 4"


def test_json() -> None:
    data = b'[{"name": "Ann", "address": {"city": "Oslo", "zip": null}, "tags": ["a", 1.10]}, {"name": "Bob"}]'
    assert parse(data, "a.json").text == "name: Ann\naddress.city: Oslo\ntags: a, 1.10\n\nname: Bob"
    nested = parse(b'{"title": "Stock", "items": [{"n": 1}, {"n": true}]}', "a.json")
    assert nested.text == "title: Stock\nn: 1\nn: true"
    assert nested.title == "Stock"


def test_text_headings_by_custom() -> None:
    text = "SKERRY 15 GAUGE\nRevision D\n\nKEY DATA\n\nRange 15 m.\n\nNotes\n-----\nNone.\n"
    parsed = parse(text.encode(), "a.txt")
    assert parsed.text == text
    assert parsed.title == "SKERRY 15 GAUGE"
    assert [text[s.start : s.start + len(s.title)] for s in parsed.sections] == [s.title for s in parsed.sections]
    assert [s.title for s in parsed.sections] == ["SKERRY 15 GAUGE", "KEY DATA", "Notes"]


def test_text_title_is_a_first_line_that_stands_alone() -> None:
    assert parse(b"Minutes of May\n\nWe met.", "a.txt").title == "Minutes of May"
    assert parse(b"We met in May.\n\nIt rained.", "a.txt").title == ""


def test_json_records_become_rows() -> None:
    data = b'{"registers": [{"no": 1, "name": "volt"}, {"no": 2, "name": null}], "by": {"who": "Ann", "at": 3}}'
    assert parse(data, "a.json").text == "no: 1 | name: volt\nno: 2\nby.who: Ann | by.at: 3"


def test_jsonl() -> None:
    data = b'{"a": 1, "b": "x"}\n\n{"a": 2}\n'
    assert parse(data, "a.jsonl").text == parse(data, "a.json").text == "a: 1 | b: x\n\na: 2"


def test_mail() -> None:
    attachments = [("plan.md", b"# Plan\n\nBuild."), ("logo.png", b"\x89PNG\r\n\x1a\n")]
    parsed = parse(make.mail(body="Hello Bob.", html="<p>no</p>", attachments=attachments), "a.eml")
    assert parsed.title == "Liefertermin für März"
    assert parsed.text.startswith("From: Ann <ann@example.com>\nTo: bob@example.com\nDate: Mon, 04 Mar 2024")
    assert "Subject: Liefertermin für März\n\nHello Bob.\n\nAttachment: plan.md\n\n# Plan\n\nBuild." in parsed.text
    assert "<p>" not in parsed.text
    assert "(logo.png is in a format (PNG image) that is not supported" in parsed.text
    assert titles(parsed) == [(1, "Attachment: plan.md"), (2, "Plan"), (1, "Attachment: logo.png")]
    assert body(parsed, "Plan").startswith("# Plan")
    assert "Only HTML." in parse(make.mail(body="", html="<p>Only <b>HTML</b>.</p>"), "a.eml").text


@pytest.mark.parametrize(
    ("data", "name", "media"),
    [
        (make.pdf(["Text"]), "a.txt", "pdf"),
        (make.pdf(["Text"]), "a.xyz", "pdf"),
        (make.pdf(["Text"]), "a.docx", "pdf"),
        (make.word(("Normal", "Text")), "a.pdf", "wordprocessing"),
        (make.sheets(Text=[["x"]]), "a.xls", "spreadsheet"),
        (make.slides(("Text", "", "")), "a", "presentation"),
        (b"<!doctype html><p>Text", "a.docx", "html"),
        (b"<html><p>Text</html>", "a.xls", "html"),
        (b"<html><p>Text</html>", "a.tpl", "plain"),
    ],
)
def test_content_wins_over_the_name(data: bytes, name: str, media: str) -> None:
    parsed = parse(data, name)
    assert media in parsed.media_type
    assert "Text" in parsed.text
