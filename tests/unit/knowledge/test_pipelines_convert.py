"""Treebank words laid over the default tokenizer's tokens."""

from __future__ import annotations

import pytest
import spacy

from knowledge.pipelines.noun_chunks import noun_chunks
from knowledge.pipelines.training.convert import align, gold_doc, passages, read_conllu

# Written for this test. Columns: id, form, lemma, upos, xpos, feats, head, deprel, deps, misc.
TREEBANK = """\
# newdoc id = one
# newpar
# sent_id = one-1
1	Ada	Ada	PROPN	NNP	_	3	nsubj	_	_
2-3	can't	_	_	_	_	_	_	_	_
2	ca	can	AUX	MD	_	4	aux	_	_
3	n't	not	PART	RB	_	4	advmod	_	_
4	stay	stay	VERB	VB	VerbForm=Inf	0	root	_	SpaceAfter=No
5	.	.	PUNCT	.	_	4	punct	_	_

# sent_id = one-2
1-2	Wanna	_	_	_	_	_	_	_	_
1	Want	want	VERB	VB	_	0	root	_	_
2	to	to	PART	TO	_	3	mark	_	_
3	go	go	VERB	VB	_	1	xcomp	_	SpaceAfter=No
4	?	?	PUNCT	.	_	1	punct	_	_

# newpar
# sent_id = one-3
1	The	the	DET	DT	_	2	det	_	_
2	e-mail	e-mail	NOUN	NN	Number=Sing	3	nsubj	_	_
3	came	come	VERB	VBD	_	0	root	_	SpaceAfter=No
4	.	.	PUNCT	.	_	3	punct	_	_

# newdoc id = two
# sent_id = two-1
1	Yes	yes	INTJ	UH	_	0	root	_	_

"""
# In the first sentence "Ada" hangs on a word of the multiword token, to see heads follow.


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en")


@pytest.fixture
def sentences(tmp_path):
    path = tmp_path / "tiny.conllu"
    path.write_text(TREEBANK, encoding="utf-8")
    return list(read_conllu(path))


def test_multiword_tokens_give_form_and_space(sentences) -> None:
    one, two = passages(sentences, words=None, seed=None)
    assert one.text == "Ada can't stay. Wanna go?\n\nThe e-mail came."
    assert two.text == "Yes"
    assert [word.form for word in sentences[0].words] == ["Ada", "ca", "n't", "stay", "."]


def test_words_have_their_place(sentences) -> None:
    (one, _) = passages(sentences, words=None, seed=None)
    spans = [(one.text[word.start : word.end]) for word in one.sentences[0].words]
    assert spans == ["Ada", "ca", "n't", "stay", "."]
    # Words that are not written one by one share what is written.
    assert [one.text[word.start : word.end] for word in one.sentences[1].words[:2]] == ["Wanna", "Wanna"]


def test_long_documents_are_cut_at_sentences(sentences) -> None:
    assert len(list(passages(sentences, words=4, seed=None))) == 4


def test_layouts_differ_and_are_the_same_each_time(sentences) -> None:
    texts = {seed: [p.text for p in passages(sentences, words=None, seed=seed)] for seed in range(20)}
    assert len({text[0] for text in texts.values()}) > 1
    assert texts[3] == [p.text for p in passages(sentences, words=None, seed=3)]


def test_gold_follows_the_tokens(nlp, sentences) -> None:
    (one, _) = passages(sentences, words=None, seed=None)
    doc = gold_doc(nlp, one)
    assert doc.text == one.text
    table = {token.text: (token.pos_, token.dep_, token.head.text, token.lemma_) for token in doc}
    assert table["ca"] == ("AUX", "aux", "stay", "can")
    assert table["Ada"][2] == "n't"
    assert table["stay"][1] == "root"
    assert [sentence.text.strip() for sentence in doc.sents] == ["Ada can't stay.", "Wanna go?", "The e-mail came."]


def test_parts_of_a_word_hang_on_its_last(nlp, sentences) -> None:
    (one, _) = passages(sentences, words=None, seed=None)
    doc = gold_doc(nlp, one)
    parts = [token for token in doc if token.text in {"e", "-", "mail"}]
    if len(parts) == 3:  # the default tokenizer cuts at the hyphen
        assert [(token.dep_, token.head.text) for token in parts] == [
            ("compound", "mail"),
            ("punct", "mail"),
            ("nsubj", "came"),
        ]
        assert parts[0].lemma_ == ""  # not known: half a word has none


def test_whitespace_hangs_on_the_token_before(nlp, sentences) -> None:
    (one, _) = passages(sentences, words=None, seed=None)
    space = next(token for token in gold_doc(nlp, one) if token.is_space)
    assert (space.pos_, space.dep_, space.head.text) == ("SPACE", "dep", "?")


def test_alignment_runs_both_ways(nlp, sentences) -> None:
    (one, _) = passages(sentences, words=None, seed=None)
    doc = nlp.make_doc(one.text)
    words = [word for sentence in one.sentences for word in sentence.words]
    aligned = align(doc, words)
    for i, numbers in enumerate(aligned.words):
        assert all(i in aligned.tokens[number] for number in numbers)
    assert all(aligned.tokens)


def test_noun_chunks_on_ud_labels(nlp, sentences) -> None:
    (one, _) = passages(sentences, words=None, seed=None)
    assert [chunk.text for chunk in noun_chunks(gold_doc(nlp, one))] == ["Ada", "The e-mail"]
