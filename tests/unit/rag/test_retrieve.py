from pathlib import Path

from helpers.bases import TEXTS, small_base

from connectors import Viewer


def test_hits_say_why(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    first = base.search("Which engineer is responsible for the Skerry 40?")[0]
    assert first.title == "Skerry 40"
    assert "its title is in the question" in first.why
    assert "words:" in first.why
    assert base.document(first.document).text[first.start : first.end] == first.text  # type: ignore[union-attr]


def test_a_title_in_a_hit_leads_to_its_document(tmp_path: Path) -> None:
    texts = {
        "a.md": "# Orion project\n\nThe Orion project is led by Mara Quist.\n",
        "b.md": "# Mara Quist\n\nBorn in 1981, she studied physics.\n",
        "c.md": "# Weather\n\nIt rains in autumn.\n",
    }
    base, _ = small_base(tmp_path, texts)
    hits = base.search("Who leads the Orion project?", k=2)
    assert [hit.title for hit in hits] == ["Orion project", "Mara Quist"]
    assert "its title is in “Orion project”" in hits[1].why


def test_a_viewer_finds_only_what_it_may_read(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, readers={"leave.md": ["group:hr"]})
    question = "How many days of annual leave in Dundee?"
    hidden = str(tmp_path / "docs-leave.md" / "leave.md")
    anyone, hr = Viewer("ann"), Viewer("bob", frozenset({"hr"}))
    assert hidden not in {hit.document for hit in base.search(question, viewer=anyone)}
    assert base.search(question, viewer=hr)[0].document == hidden
    assert base.document(hidden, viewer=anyone) is None
    assert hidden not in {info.id for info in base.documents(viewer=anyone)}
    assert "27" not in base.ask(question, viewer=anyone).answer
    assert "27" in base.ask(question, viewer=hr).answer


def test_hidden_chunks_lead_nowhere(tmp_path: Path) -> None:
    texts = {
        "memo.md": "# Secret memo\n\nProject Falcon is run by Tom Birch.\n",
        "birch.md": "# Tom Birch\n\nHe likes tea.\n",
        "falcon.md": "# Bird guide\n\nA falcon is a bird; project work on birds is fun.\n",
    }
    base, _ = small_base(tmp_path, texts, readers={"memo.md": ["group:hr"]})
    for hit in base.search("Who runs project Falcon?", viewer=Viewer("ann")):
        assert "Secret memo" not in hit.why
        assert "title in hit" not in hit.why


def test_k_bounds_the_hits(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    assert len(base.search("Dundee", k=2)) == 2
    assert len(base.search("Dundee", k=100)) <= len(TEXTS) * 2
