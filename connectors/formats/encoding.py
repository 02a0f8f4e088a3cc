"""Bytes → text: which encoding a text file is in.

The order is: byte order mark, UTF-8, UTF-16 by its NULs, then the legacy encodings. For those, each
candidate's reading is scored by how common its characters are in the languages that used it. That is reliable
on a few words, where charset-normalizer's statistics are not ("合同" in GBK reads as Big5 to it); it decides
where no score is high.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable

from connectors.errors import FormatError

SAMPLE_BYTES = 1 << 16
MAX_CONTROL_SHARE = 0.02
"""Of the bytes: more control characters than this, and it is not a text …"""
MAX_CONTROL_SHARE_UTF8 = 0.1
"""… unless it is valid UTF-8, which happens to no random bytes: logs hold NULs and colour codes."""
MIN_WIDE_SHARE = 0.1
"""Of the characters: fewer upper bytes of NUL than this are no sign of UTF-16."""
SURE = 0.8
"""A reading this plausible is taken without asking charset-normalizer."""
MIN_KOREAN = 6
"""EUC-KR and GB 2312 share their bytes: fewer Hangul than this are taken as Chinese."""

NOT_TEXT = "is not a text: its bytes are in no encoding; remove it, or exclude it"

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL_BYTES = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
_CJK_MARKS = re.compile("[\u3000-\u301f\uff01-\uff5e—…“”‘’·]")
_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_CYRILLIC = re.compile("[\u0410-\u044fЁё№«»—–]")
_LATIN = re.compile("[À-ÖØ-öø-ÿŒœŠšŽžŸ€£§°²³½¿¡«»–—‘’‚“”„…•·®©™´µ\u00a0]")
_LONG_RUN = re.compile(r"[^\W\d_a-zA-Z]{3,}")


def decode(data: bytes) -> str:
    """Return ``data`` as text.

    Raises
    ------
    FormatError
        The bytes are not a text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(encoding, errors="replace"))
    if b"\0" in data and (wide := _wide(data)):
        return _checked(data.decode(wide, errors="replace"))
    try:
        text, limit = data.decode("utf-8"), MAX_CONTROL_SHARE_UTF8
    except UnicodeDecodeError:
        text, limit = None, MAX_CONTROL_SHARE
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if controls > limit * len(data):
        raise FormatError(NOT_TEXT)
    return data.decode(_legacy(data), errors="replace") if text is None else text


def _checked(text: str) -> str:
    """Refuse a reading that is mostly no characters at all: a byte order mark can stand there by chance."""
    sample = text[:SAMPLE_BYTES]
    odd = sum(char == "\ufffd" or unicodedata.category(char) in ("Cn", "Co", "Cs") for char in sample)
    if odd > MAX_CONTROL_SHARE * len(sample):
        raise FormatError(NOT_TEXT)
    return text


def _wide(data: bytes) -> str | None:
    """Tell UTF-16 without a mark: the upper bytes of European text, line ends and digits are NUL."""
    sample = data[: SAMPLE_BYTES // 2 * 2]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    for encoding, upper, lower in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(data) % 2 == 0 and upper > max(8 * lower, MIN_WIDE_SHARE * len(sample) / 2):
            text = sample.decode(encoding, errors="replace")
            letters = sum(char.isalnum() or char.isspace() or char.isascii() for char in text)
            if letters >= SURE * len(text) and "\ufffd" not in text[:-1]:
                return encoding
    return None


def _legacy(data: bytes) -> str:
    """Name the most plausible encoding of bytes that are not valid UTF-8."""
    sample = data[:SAMPLE_BYTES]
    if len(data) > SAMPLE_BYTES:
        # Not inside a character; a line end is never the second byte of one.
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    scores = {encoding: _plausible(sample, encoding, common) for encoding, common in _CANDIDATES.items()}
    if scores["euc_kr"] > 0.95 and len(_HANGUL.findall(sample.decode("euc_kr", "replace"))) >= MIN_KOREAN:
        return "euc_kr"
    del scores["euc_kr"]
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] < SURE:
        from charset_normalizer import from_bytes

        match = from_bytes(sample, cp_isolation=[*_CANDIDATES]).best()
        best = match.encoding if match else "cp1252"
    return best


def _plausible(sample: bytes, encoding: str, common: Callable[[str], bool]) -> float:
    """Return the share, 0 to 1, of the non-ASCII characters that are common in the encoding's languages."""
    text = sample.decode(encoding, errors="replace")
    foreign = sum(not char.isascii() for char in text)
    if encoding == "cp1252":
        # Accented letters stand among plain ones; three in a row are the bytes of another alphabet.
        text = _LONG_RUN.sub("", text)
    return sum(common(char) for char in text if not char.isascii()) / max(foreign, 1)


def _level_1(encoding: str, first: int, last: int) -> Callable[[str], bool]:
    """Tell whether a character is in the part of a double-byte set that holds the everyday characters."""

    def common(char: str) -> bool:
        if _CJK_MARKS.match(char):
            return True
        pair = char.encode(encoding, errors="ignore")
        return len(pair) == 2 and first <= pair[0] <= last

    return common


_KANJI = _level_1("shift_jis", 0x88, 0x97)

# The first of two equals wins.
_CANDIDATES: dict[str, Callable[[str], bool]] = {
    "utf_8": lambda char: char != "\ufffd",
    "gb18030": _level_1("gb2312", 0xB0, 0xD7),
    "big5": _level_1("big5", 0xA4, 0xC6),
    "shift_jis": lambda char: bool(_KANA.match(char)) or _KANJI(char),
    "euc_kr": lambda char: bool(_HANGUL.match(char) or _CJK_MARKS.match(char)),
    "cp1252": lambda char: bool(_LATIN.match(char)),
    "cp1251": lambda char: bool(_CYRILLIC.match(char)),
}
