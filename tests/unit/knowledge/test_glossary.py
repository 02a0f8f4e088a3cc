"""The operator's glossary."""

from __future__ import annotations

import pytest

from knowledge.errors import GlossaryError
from knowledge.glossary import Glossary, Term


def load(tmp_path, text: str) -> Glossary:
    path = tmp_path / "glossary.toml"
    path.write_text(text, encoding="utf-8")
    return Glossary.load(path)


def test_terms_are_found_by_all_their_names(tmp_path) -> None:
    glossary = load(
        tmp_path,
        '[[term]]\nname = "Marl 8"\ntype = "PRODUCT"\naliases = ["M8", "泥灰岩"]\n[[term]]\nname = "Tarn"\n',
    )
    text = "The Marl 8 and the M8 lie in Tarn. 泥灰岩."
    assert [(text[a:b], kind, key) for a, b, kind, key in glossary.find(text)] == [
        ("Marl 8", "PRODUCT", "marl 8"),
        ("M8", "PRODUCT", "marl 8"),
        ("Tarn", "NAME", "tarn"),
        ("泥灰岩", "PRODUCT", "marl 8"),
    ]


def test_fingerprint_follows_the_contents() -> None:
    one, other = Glossary((Term("A1"),)), Glossary((Term("A1", "ORG"),))
    assert Glossary().fingerprint == ""
    assert one.fingerprint == Glossary((Term("A1"),)).fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[term", "is not TOML"),
        ('term = "x"', "under [[term]]"),
        ("[[term]]\ntype = 'ORG'", "term 1: a term needs a name"),
        ("[[term]]\nname = 'a'\nkind = 'ORG'", "unknown field 'kind'"),
        ("[[term]]\nname = 'a'\ntype = 'FIRM'", "no type 'FIRM'; one of DATE, EMAIL"),
        ("[[term]]\nname = 'a'\naliases = 'b'", "must be a list"),
    ],
)
def test_faults_are_told(tmp_path, text, told) -> None:
    with pytest.raises(GlossaryError) as caught:
        load(tmp_path, text)
    assert told in str(caught.value)
    assert "glossary.toml" in str(caught.value)


def test_a_missing_file_is_told(tmp_path) -> None:
    with pytest.raises(GlossaryError, match="cannot read the glossary"):
        Glossary.load(tmp_path / "none.toml")
