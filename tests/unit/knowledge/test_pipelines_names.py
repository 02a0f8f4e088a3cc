"""Names cut out of noun phrases, the marks of tokens, and what the teacher is told of them."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
import spacy

from knowledge.pipelines import PIPELINES, pipeline_path
from knowledge.pipelines.training import train
from knowledge.pipelines.training.company import company_docs
from knowledge.pipelines.training.convert import passages, read_conllu
from knowledge.pipelines.training.names import LABELS, Name, gum_names, uner_names
from knowledge.pipelines.training.ner_data import mark, title_label, titled
from knowledge.pipelines.training.silver import completed_doc, gold_doc, silver_doc, varied
from knowledge.pipelines.training.teacher import MARKS, case_class, choices, decode


def sentence(tmp_path, *rows: str):
    """Rows are "form upos head deprel misc"; xpos is made from upos."""
    lines = ["# newdoc id = t", "# sent_id = t-1"]
    for number, row in enumerate(rows, start=1):
        form, upos, head, deprel, misc = row.split(" ")
        lines.append("\t".join([str(number), form, form, upos, "NNP", "_", head, deprel, "_", misc]))
    path = tmp_path / "t.conllu"
    path.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    return next(read_conllu(path))


def cut(sentence) -> list[tuple[str, str]]:
    names = gum_names(sentence).names
    return [(" ".join(word.form for word in sentence.words[n.start : n.end]), n.label) for n in names]


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en")


def test_a_phrase_is_trimmed_to_its_name(tmp_path) -> None:
    found = sentence(
        tmp_path,
        "The DET 4 det Entity=(1-person-new-nnnnn-cf1-1-coref-Ada_Byron",
        "famous ADJ 4 amod _",
        "Dr. PROPN 4 nmod:desc _",
        "Ada PROPN 8 nsubj _",
        "Byron PROPN 4 flat _",
        "of ADP 7 case _",
        "Acme PROPN 4 nmod Entity=(2-organization-new-nnnnn-cf2-1-sgl)1)",
        "spoke VERB 0 root _",
    )
    assert cut(found) == [("Ada Byron", "PERSON"), ("Acme", "ORG")]


def test_the_longer_name_holds_the_shorter(tmp_path) -> None:
    found = sentence(
        tmp_path,
        "the DET 2 det Entity=(1-organization-new-nnnnn-cf1-1-sgl",
        "University PROPN 0 root _",
        "of ADP 4 case _",
        "Basel PROPN 2 nmod Entity=(2-place-new-nnnnn-cf2-1-sgl)1)",
    )
    assert cut(found) == [("University of Basel", "ORG")]


def test_a_noun_phrase_without_a_name_gives_none(tmp_path) -> None:
    found = sentence(
        tmp_path,
        "the DET 2 det Entity=(1-place-new-nnnnn-cf1-1-coref-Basel",
        "city NOUN 0 root 1)",
    )
    assert gum_names(found).names == []


def test_two_coordinated_names_stay_two(tmp_path) -> None:
    found = sentence(
        tmp_path,
        "Rome PROPN 0 root Entity=(1-place-new-nnnnn-cf1-1-sgl(2-place-new-nnnnn-cf1-1-sgl)",
        "and CCONJ 3 cc _",
        "Carthage PROPN 1 conj Entity=(3-place-new-nnnnn-cf1-1-sgl)1)",
    )
    assert cut(found) == [("Rome", "PLACE"), ("Carthage", "PLACE")]


def test_abstract_names_are_open_unless_they_are_works(tmp_path) -> None:
    law = sentence(
        tmp_path,
        "Trade PROPN 2 compound Entity=(1-abstract-new-nnnnn-cf1-1-sgl-Trade_Act",
        "Act PROPN 0 root Entity=1)",
    )
    assert gum_names(law).names == []
    assert gum_names(law).allowed == {0: frozenset(LABELS), 1: frozenset(LABELS)}
    film = sentence(
        tmp_path,
        "Dark PROPN 2 compound Entity=(1-abstract-new-nnnnn-cf1-1-sgl-Dark_City_%281950_film%29",
        "City PROPN 0 root Entity=1)",
    )
    assert cut(film) == [("Dark City", "WORK")]


def test_days_are_no_names(tmp_path) -> None:
    found = sentence(tmp_path, "Monday PROPN 0 root Entity=(1-time-new-nnnnn-cf1-1-sgl)", "Basel PROPN 1 flat _")
    assert gum_names(found).allowed == {1: frozenset(LABELS)}


def test_unmarked_proper_nouns_may_be_what_uner_does_not_mark(tmp_path) -> None:
    found = sentence(tmp_path, "Acme PROPN 2 nsubj _", "sells VERB 0 root _", "Rotor PROPN 2 obj _")
    names = uner_names(found, {"t-1": [("Acme", "B-ORG"), ("sells", "O"), ("Rotor", "O")]})
    assert names.names == [Name(0, 1, "ORG")]
    assert names.allowed == {2: frozenset({"EVENT", "WORK", "PRODUCT"})}


def test_uner_marks_of_words_cut_otherwise(tmp_path) -> None:
    found = sentence(tmp_path, "New PROPN 2 compound SpaceAfter=No", "York PROPN 0 root _", "wins VERB 2 dep _")
    names = uner_names(found, {"t-1": [("NewYork", "B-LOC"), ("wins", "O")]})
    assert names.names == [Name(0, 2, "PLACE")]


def test_marks_over_tokens(nlp, tmp_path) -> None:
    found = sentence(
        tmp_path,
        "Ada PROPN 3 nsubj Entity=(1-person-new-nnnnn-cf1-1-sgl",
        "Byron PROPN 1 flat Entity=1)",
        "likes VERB 0 root _",
        "Rotor PROPN 3 obj _",
    )
    (passage,) = passages([found], words=None, seed=None)
    marked = mark(nlp, passage, gum_names)
    assert marked.marks == ["B-PERSON", "I-PERSON", "O", "O"]
    assert [allowed is None for allowed in marked.allowed] == [True, True, True, False]
    table = choices(marked)
    assert table[0].nonzero()[0].tolist() == [MARKS.index("B-PERSON")]
    assert table[3].all()
    doc = gold_doc(marked)
    assert [(token.ent_iob_, token.ent_type_) for token in doc] == [
        ("B", "PERSON"),
        ("I", "PERSON"),
        ("O", ""),
        ("", ""),  # missing: neither a name nor none
    ]


def test_the_teacher_fills_only_what_is_open(nlp, tmp_path) -> None:
    found = sentence(
        tmp_path,
        "Ada PROPN 2 nsubj Entity=(1-person-new-nnnnn-cf1-1-sgl)",
        "likes VERB 0 root _",
        "Rotor PROPN 2 obj _",
    )
    (passage,) = passages([found], words=None, seed=None)
    guess = np.full((3, len(MARKS)), 0.01, dtype=np.float32)
    guess[:, MARKS.index("B-PRODUCT")] = 0.9  # of the first two words the treebank knows better
    doc = completed_doc(mark(nlp, passage, gum_names), guess)
    assert [(entity.text, entity.label_) for entity in doc.ents] == [("Ada", "PERSON"), ("Rotor", "PRODUCT")]


def test_unsure_guesses_are_left_open(nlp) -> None:
    doc = nlp.make_doc("Basel and Rotor met")
    table = np.full((4, len(MARKS)), 0.01, dtype=np.float32)
    table[0, MARKS.index("B-PLACE")] = 0.95
    table[1, 0] = table[3, 0] = 0.95
    table[2, MARKS.index("B-ORG")] = 0.45
    labelled = silver_doc(doc, table)
    assert [token.ent_iob_ for token in labelled] == ["B", "O", "", "O"]


def test_a_title_is_what_its_first_sentence_says(nlp) -> None:
    assert title_label("Dark Rotor", "Dark Rotor is a 1961 film by Ada Byron.") == "WORK"
    assert title_label("Ada Byron (poet)", "Ada Byron (born 1815) was an English poet.") == "PERSON"
    assert title_label("Rotor", "The machine is a film.") is None
    assert title_label("Rotor", "Rotor is a thing.") is None
    marked = titled(nlp, "Dark Rotor", "Dark Rotor is a film. Ada saw Dark Rotor.")
    assert marked is not None
    assert marked.marks.count("B-WORK") == 2
    assert marked.allowed[marked.doc.text.split().index("Ada") + 1] is not None  # an unknown name; "." is a token


def test_decoding_joins_and_starts_names() -> None:
    table = np.zeros((5, len(MARKS)), dtype=np.float32)
    for i, name in enumerate(["B-ORG", "I-ORG", "B-ORG", "O", "I-PLACE"]):
        table[i, MARKS.index(name)] = 0.9 - i / 10
    found = [(guess.start, guess.end, guess.label, round(guess.sure, 1)) for guess in decode(table)]
    assert found == [(0, 2, "ORG", 0.8), (2, 3, "ORG", 0.7), (4, 5, "PLACE", 0.5)]


@pytest.mark.parametrize(
    ("word", "case"),
    [
        ("rotor", "lower"),
        ("Rotor", "title"),
        ("A", "title"),
        ("ACME", "upper"),
        ("McRotor", "mixed"),
        ("2024", "digits"),
        ("X-200", "code"),
        ("...", "mark"),
        ("数据", "other"),
    ],
)
def test_case_classes(word, case) -> None:
    assert case_class(word) == case


def test_varied_names_keep_their_label(nlp, tmp_path) -> None:
    found = sentence(tmp_path, "Ada PROPN 2 nsubj Entity=(1-person-new-nnnnn-cf1-1-sgl)", "spoke VERB 0 root _")
    (passage,) = passages([found], words=None, seed=None)
    marked = mark(nlp, passage, gum_names)
    texts = {
        (entity.text, entity.label_)
        for seed in range(20)
        for entity in varied(nlp, marked, {"PERSON": ["Grace Brewster Hopper"]}, random.Random(seed)).ents
    }
    assert texts == {("Ada", "PERSON"), ("Grace Brewster Hopper", "PERSON")}


def test_company_sentences_have_names_of_every_label(nlp) -> None:
    docs = company_docs(nlp, 60, {"PERSON": ["Ada Byron"], "PLACE": ["Basel"]}, seed=1)
    assert {entity.label_ for doc in docs for entity in doc.ents} == set(LABELS)
    again = company_docs(nlp, 60, {"PERSON": ["Ada Byron"], "PLACE": ["Basel"]}, seed=1)
    assert [doc.text for doc in docs] == [doc.text for doc in again]


def test_missing_data_is_named(tmp_path) -> None:
    lines: list[str] = []
    arguments = ["--data", str(tmp_path / "none"), "--encoder", str(tmp_path), "--work", str(tmp_path / "work")]
    assert train.main(arguments, lines.append) == 1
    assert "en_gum-train.conllu" in lines[0]
    assert not (tmp_path / "work").exists()


def test_saying_where_a_pipeline_lies_is_light() -> None:
    assert pipeline_path("en") == PIPELINES["en"]
    with pytest.raises(KeyError):
        pipeline_path("xx")
    code = "import sys, knowledge.pipelines; print('spacy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "False"
