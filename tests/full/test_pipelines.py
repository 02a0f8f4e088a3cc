"""The packaged English pipeline holds what its model card promises, on test files it was not trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy

import knowledge
from knowledge.pipelines import pipeline_path
from knowledge.pipelines.noun_chunks import noun_chunks
from knowledge.pipelines.training.score import all_scores

DATA = Path(knowledge.__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="module")
def nlp():
    return spacy.load(pipeline_path("en"))


@pytest.fixture(scope="module")
def scores(nlp):
    if not (DATA / "treebanks" / "en_gum-test.conllu").is_file():
        pytest.skip(f"the treebanks are not there: {DATA / 'treebanks'} (knowledge/pipelines/README.md names them)")
    return all_scores(nlp, pipeline_path("en"), DATA)


def test_parses_better_than_promised(scores) -> None:
    gum = scores["gum_test"]
    assert gum["las"] >= 80
    assert gum["upos"] >= 95
    assert gum["lemma"] >= 96
    assert gum["sentences"] >= 92


def test_finds_names_better_than_promised(scores) -> None:
    assert scores["ner_gum_test"]["all"]["f"] >= 62
    assert scores["ner_ewt_test"]["all"]["f"] >= 60


def test_is_small(scores) -> None:
    assert scores["megabytes"] <= 20


def test_reads_a_company_sentence(nlp) -> None:
    doc = nlp("Brightwater Foods Ltd was founded by Maria Keller in Zurich. It supplies bread to 40 hotels.")
    assert len(list(doc.sents)) == 2
    assert {"Maria Keller": "PERSON", "Zurich": "PLACE"}.items() <= {e.text: e.label_ for e in doc.ents}.items()
    founded = next(token for token in doc if token.text == "founded")
    assert founded.lemma_ == "found"
    assert {child.dep_ for child in founded.children} >= {"nsubj:pass", "aux:pass", "obl:agent"} or {
        child.dep_ for child in founded.children
    } >= {"nsubj:pass", "aux:pass", "obl"}
    assert "40 hotels" in [chunk.text for chunk in noun_chunks(doc)]


def test_says_its_licence() -> None:
    meta = spacy.util.load_meta(pipeline_path("en") / "meta.json")
    assert (meta["name"], meta["lang"], meta["license"]) == ("wellspring_en", "en", "CC BY-SA 4.0")
