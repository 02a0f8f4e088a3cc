"""Files that cannot be read: a plain FormatError each, and never another exception."""

from __future__ import annotations

import struct
import zipfile
from contextlib import suppress
from io import BytesIO

import pytest
from helpers import make
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import FormatError
from connectors.formats import SUFFIXES, Parsed, parse, zips
from connectors.formats.encoding import decode

WORD = make.word(("Heading 1", "Head"), ("Normal", "Text"), [["a", "b"], ["1", "2"]])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
SEEDS = {
    ".pdf": make.pdf(["Text", "More"], outline=[("Text", 0)]),
    ".docx": WORD,
    ".xlsx": make.sheets(One=[["a", "b"], [1, 2]]),
    ".pptx": make.slides(("Title", "Body", "Notes")),
    ".eml": make.mail(body="Hi", attachments=[("a.txt", b"x")]),
    ".html": b"<html><body><h1>A</h1><table><tr><td>1<td>2</table>",
    ".rst": b"A\n=\n\n.. note:: x\n\n+---+\n| a |\n+---+\n",
    ".json": b'{"a": [1, {"b": null}]}',
    ".md": b"# A\n\n- b\n\n```\nx",
}


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"", "a.txt", "is empty"),
        (b" \n\t\r\n", "a.pdf", "is empty"),
        (" \n".encode("utf-16"), "a.txt", "is empty"),
        (make.word(), "a.docx", "is empty"),
        (make.pdf([]), "a.pdf", "has no pages"),
        (make.pdf(["Secret"], encrypted=True), "a.pdf", "is encrypted"),
        (make.pdf(["", ""]), "a.pdf", r"has no text layer \(a scan\?\); run OCR first"),
        (b"%PDF-1.7\nrubbish", "a.pdf", "is damaged"),
        (b"Just words.", "a.pdf", r"is not a PDF file although its name ends in \.pdf"),
        (b"Just words.", "a.docx", r"is not a Word file although its name ends in \.docx"),
        (b"Just words.", "a.xlsx", "is not an Excel file"),
        (b"Just words.", "a.eml", r"is not a mail file although its name ends in \.eml"),
        (WORD[: len(WORD) // 2], "a.docx", "is damaged"),
        (make.zipped({"word/document.xml": "<nonsense/>"}), "a.docx", "is damaged"),
        (make.zipped({"hello.txt": "hi"}), "a.zip", "is a zip archive"),
        (OLE, "a.doc", "old Office format.*save it as docx, xlsx or pptx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx", "is encrypted"),
        (b"\x89PNG\r\n\x1a\nxxxx", "a.png", r"format \(PNG image\) that is not supported"),
        (b"\x00\x00\x00\x18ftypmp42", "a.txt", "MP4 media"),
        (b"<svg/>", "a.svg", r"format \(\.svg\) that is not supported"),
        (b"{\\rtf1 hi}", "a.rtf", "RTF"),
        (bytes(range(256)) * 8, "a.txt", "is not a text"),
        (bytes(range(256)) * 8, "a.csv", "is not a text"),
        (b'{"a": 1,\n "b": }', "a.json", "line 2 column 7"),
        (b'{"a": 1}\n{"b" 2}', "a.jsonl", "line 2 column 6"),
        (b"[" * 100_000, "a.json", "nests too deep"),
        (b'a,b\n"' + b"x" * 200_000, "a.csv", "is a quote left open"),
        (b"x" * 1001, "a.txt", "1,001 characters, and the limit is 1,000; split"),
        (make.sheets(One=[["y" * 600], ["z" * 600]]), "a.xlsx", "the limit is 1,000"),
        (make.pdf(["word " * 10] * 40), "a.pdf", "the limit is 1,000"),
    ],
)  # fmt: skip
def test_bad_file(data: bytes, name: str, message: str) -> None:
    limit = 1000 if "1,000" in message else 1_000_000
    with pytest.raises(FormatError, match=message) as caught:
        parse(data, name, max_chars=limit)
    assert str(caught.value).isprintable()


def test_zip_bomb_inside_a_docx() -> None:
    bomb = make.with_member(WORD, "word/media/image1.bmp", b"\0" * (11 << 20))
    with pytest.raises(FormatError, match="not safe to unpack: a member unpacks to more than 200 times its size"):
        parse(bomb, "a.docx")


def test_zip_with_too_many_members() -> None:
    many = make.zipped({f"xl/{number}": b"" for number in range(zips.MAX_MEMBERS + 1)})
    with pytest.raises(FormatError, match="10,001 members"):
        parse(many, "a.xlsx")


def test_zip_that_unpacks_to_too_much() -> None:
    with pytest.raises(FormatError, match="unpacks to more than 1,000 bytes"):
        zips.check_zip(WORD, max_total=1000)


def test_zip_whose_directory_lies() -> None:
    data = bytearray(make.zipped({"word/document.xml": b"a" * 100_000}))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        at = archive.start_dir
    data[at + 24 : at + 28] = struct.pack("<I", 10)  # the uncompressed size, in the central directory
    with pytest.raises(FormatError):
        parse(bytes(data), "a.docx")


@pytest.mark.parametrize(
    ("data", "name", "member"),
    [(WORD, "a.docx", "word/document.xml"), (SEEDS[".xlsx"], "a.xlsx", "xl/sharedStrings.xml"),
     (SEEDS[".pptx"], "a.pptx", "ppt/presentation.xml")],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entity_bomb_in_office_files(data: bytes, name: str, member: str, encoding: str) -> None:
    bomb = (make.ENTITY_BOMB + "<x>&i;</x>").encode(encoding)
    with pytest.raises(FormatError, match="declares entities"):
        parse(make.with_member(data, member, bomb), name)


def test_entity_bomb_in_html_and_rst() -> None:
    assert len(parse((make.ENTITY_BOMB + "<html><p>x&i;</p></html>").encode(), "a.html").text) < 100
    lines = ["|a9|", "", ".. |a0| replace:: " + "ha" * 50]
    lines += [f".. |a{n}| replace:: " + f"|a{n - 1}| " * 10 for n in range(1, 10)]
    with suppress(FormatError):  # also an end
        assert len(parse("\n".join(lines).encode(), "a.rst").text) < 100_000


@settings(max_examples=120, deadline=None)
@given(data=st.binary(max_size=300), suffix=st.sampled_from([*SUFFIXES, "", ".log"]))
def test_random_bytes(data: bytes, suffix: str) -> None:
    check(data, f"a{suffix}")


@settings(max_examples=150, deadline=None)
@given(
    suffix=st.sampled_from([*SEEDS]),
    at=st.floats(0, 1),
    junk=st.binary(min_size=1, max_size=8),
    cut=st.booleans(),
)
def test_damaged_files(suffix: str, at: float, junk: bytes, cut: bool) -> None:
    seed = SEEDS[suffix]
    place = int(at * len(seed))
    check(seed[:place] + junk + (b"" if cut else seed[place + len(junk) :]), f"a{suffix}")


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=300), suffix=st.sampled_from([".md", ".rst", ".html", ".txt", ".json", ".csv"]))
def test_random_text(text: str, suffix: str) -> None:
    check(text.encode("utf-8", "replace"), f"a{suffix}")


def check(data: bytes, name: str) -> None:
    try:
        parsed = parse(data, name)
    except FormatError as error:
        parsed, told = None, str(error)
    if parsed is None:
        assert "\n" not in told
    else:
        check_marks(parsed)


def check_marks(parsed: Parsed) -> None:
    text = parsed.text
    assert text.strip()
    assert not any(ord(char) < 32 and char not in "\n\t" for char in text)
    text.encode()
    for before, after in zip(parsed.pages, parsed.pages[1:], strict=False):
        assert before.end <= after.start
    for section in parsed.sections:
        assert 0 <= section.start < section.end <= len(text)
        if parsed.media_type not in ("text/markdown", "message/rfc822"):
            assert text[section.start :].startswith(section.title)
    starts = [section.start for section in parsed.sections]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "naïve 中文"),
        ("utf-16", "naïve 中文"),
        ("utf-32", "naïve 中文"),
        ("utf-16-le", "Plain text 中"),
        ("utf-16-be", "Plain text"),
        ("utf-8", "naïve 中文 😀"),
        ("gb18030", "合同"),
        ("gbk", "本合同自双方签字之日起生效。"),
        ("gbk", "张三 2023 年工资表"),
        ("gbk", "你好"),
        ("latin-1", "Die Größe der Tür"),
        ("latin-1", "café"),
        ("latin-1", "Müller"),
        ("latin-1", "déjà vu"),
        ("cp1252", "„Straße“ – 5 €"),
        ("latin-1", "Ça va très bien, où êtes-vous?"),
        ("big5", "公司年度報告：收入增長"),
        ("shift_jis", "会社の年次報告書です。"),
        ("euc_kr", "안녕하세요 세계"),
        ("cp1251", "Годовой отчёт компании"),
    ],
)
def test_encodings(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_one_bad_byte_spoils_no_text() -> None:
    assert decode("gültig, schöne Grüße".encode() + b"\xff.") == "gültig, schöne Grüße\ufffd."
