"""Text that no one would write: bounded time and memory, no crash, and other documents unharmed."""

from __future__ import annotations

import resource
import time

import pytest

import rag

BAD = {
    "one long line": "Acme Corp builds pumps in Oslo and sells them to Beta Ltd, " * 6_000,
    "no spaces": "Acme" * 500_000,
    "digits": "1234567890" * 50_000,
    "punctuation": "?!.,;:()[]{}«»“”" * 20_000,
    "open brackets": "(" * 300_000,
    "brackets": "Acme (Oslo) (1961) " * 10_000,
    "thai": "บริษัทตั้งอยู่ในกรุงเทพมหานคร " * 5_000,
    "right to left": "تأسست الشركة في عام 1961 في أوسلو. " * 5_000,
    "one name": "Jane Smith " * 10_000,
    "emoji": "🙂👩🏽‍🔬🇳🇴 " * 20_000,
    "control": "Acme\x00\x01\x02 Corp\x1b[0m\u200b\u202e\ufeff " * 8_000,
    "capitals": "ACME BUILDS PUMPS " * 10_000,
    "quotes": '"A" “B” ' * 20_000,
    "chinese run": "星河公司" * 40_000,
    "rows": "product: X200 | price: 300 EUR | owner: Ann Lee\n" * 5_000,
}
"""The largest is of 2 MB."""


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_takes_bounded_time(tmp_path, kind) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "bad.txt").write_text(BAD[kind], encoding="utf-8")
    (documents / "good.txt").write_text("Acme Corp acquired Beta Ltd.", encoding="utf-8")
    began = time.process_time()
    with rag.open(tmp_path / "kb", embedder="hash", llm="none", workers=1) as kb:
        (report,) = kb.sync(documents)
        assert report.documents >= 1
        of_chunk = {chunk.id: chunk.document_id for chunk in kb.store.chunks()}
        good = [r for r in kb.store.relations() if of_chunk[r.chunk_id].endswith("good.txt")]
        assert [(r.subject, r.predicate, r.object) for r in good] == [("acme corp", "acquire", "beta ltd")]
        texts = {info.id: kb.document(info.id).text for info in kb.documents()}
        for mention in kb.store.mentions():
            assert texts[of_chunk[mention.chunk_id]][mention.start : mention.end] == mention.name
    assert time.process_time() - began < 240
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 6 * 2**20
