"""The support bot: what it answers, when it asks back, when a person takes over, and what it never tells."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.bases import small_base

import rag
from examples.support_bot.__main__ import cli
from examples.support_bot.bot import Bot, Message
from examples.support_bot.texts import empty_words, small_talk, wants_person

ROOT = Path(rag.__file__).parents[1]


def here(messages: list[Message]) -> str:
    """What the customer reads."""
    return "\n".join(message.text for message in messages if message.channel == "here")


def agents(messages: list[Message]) -> str:
    return "\n".join(message.text for message in messages if message.channel == "agents")


def test_it_answers_with_its_sources(bot) -> None:
    told = here(bot.hear("u", "here", "How much does the BT3 cost?"))
    assert "1850 pounds" in told
    assert "Sources:\n[1] BT3: “The BT3 costs 1850 pounds.”" in told
    assert "/docs/" not in told
    told = here(bot.hear("u", "here", "一线城市住宿上限是多少？"))
    assert "来源：\n[1] 《差旅通知》：“一线城市住宿上限为550元。”" in told


def test_it_remembers_what_was_said(bot, kb, states) -> None:
    bot.hear("remembers", "here", "How much does the BT3 cost?")
    assert "3990" in here(bot.hear("remembers", "here", "And the SD6?"))
    again = Bot(kb, states, threshold=0.35)
    assert "6 kilograms" in here(again.hear("remembers", "here", "How much does it weigh?"))
    assert "3990" not in here(again.hear("v", "here", "And that one?"))
    assert [one.turns for one in kb.journal.conversations(viewer=rag.Viewer("remembers"))] == [3]


def test_an_old_conversation_is_over(kb, states) -> None:
    bot = Bot(kb, states, threshold=0.35, idle_seconds=0)
    bot.hear("u", "here", "How much does the BT3 cost?")
    assert "What is your question about?" in here(bot.hear("u", "here", "And how much is it?"))


@pytest.mark.parametrize("choice", ["2", "SD6", "the SD6 please", "sd6."])
def test_it_asks_back_where_documents_fit_equally(bot, choice) -> None:
    asked = here(bot.hear("u", "here", "What is the measuring range?"))
    assert asked == "Do you mean:\n1. BT3\n2. SD6\nWrite the number or the name."
    told = here(bot.hear("u", "here", choice))
    assert "6 metres" in told
    assert "3 metres" not in told
    assert "3990" in here(bot.hear("u", "here", "How much does the SD6 cost?"))


@pytest.mark.parametrize("question", ["What range does the Kite have?", "How many seats has the Kite got?"])
def test_it_asks_back_which_model_of_a_family_is_meant(bot, question) -> None:
    asked = here(bot.hear("u", "here", question))
    assert asked == "Do you mean:\n1. Kite 7\n2. Kite 9\nWrite the number or the name."
    told = here(bot.hear("u", "here", "9"))
    assert "9 miles" in told or "seats" in question
    assert "Sources:" in here(bot.hear("v", "here", "What range does the Kite 7 have?"))


def test_another_question_instead_of_a_choice(bot) -> None:
    bot.hear("u", "here", "What is the measuring range?")
    assert "27 days" in here(bot.hear("u", "here", "How many days of leave do employees in Dundee get?"))


@pytest.mark.parametrize(
    "fragment", ["price?", "How much does it cost?", "and how much?", "多少钱？", "Has it got wings?"]
)
def test_it_asks_back_where_a_topic_is_missing(bot, fragment) -> None:
    asked = bot.hear("u", "here", fragment)
    assert len(asked) == 1
    assert "question about" in here(asked) or "您想问的是什么" in here(asked)
    told = here(bot.hear("u", "here", "BT3"))
    assert "[1] BT3" in told or "[1] 《BT3》" in told
    assert "1850" in told or "wings" in fragment


def test_clear_questions_are_not_asked_back(bot) -> None:
    for question in ("How much does the BT3 cost?", "How many days of leave do employees in Dundee get?"):
        assert "Sources:" in here(bot.hear(question, "here", question))


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Can I talk to a real person?", True),
        ("please connect me with an agent", True),
        ("human", True),
        ("a real person please!", True),
        ("I want to speak to someone", True),
        ("转人工", True),
        ("人工", True),
        ("Who is the contact person for returns?", False),
        ("What does a sales agent earn?", False),
        ("人工费用是多少？", False),
        ("How do I reset the unit?", False),
    ],
)
def test_who_wants_a_person(text, asks) -> None:
    assert wants_person(text) is asks


def test_small_talk(bot) -> None:
    assert small_talk("Hi!") == "greeting"
    assert small_talk("ok, thanks a lot") == "thanks"
    assert small_talk("Bye!") == "goodbye"
    assert small_talk("hi, what does it cost?") == ""
    assert "Hello!" in here(bot.hear("u", "here", "hello"))
    assert here(bot.hear("u", "here", "谢谢")) == "不客气。"
    assert bot.hear("u", "here", "  ") == []
    assert "多少" in empty_words()


def test_a_person_takes_over_with_a_summary(bot) -> None:
    bot.hear("u", "here", "How much does the BT3 cost?")
    messages = bot.hear("u", "here", "Let me talk to a <b>person</b>, a human please")
    assert "passing you on to a person" in here(messages)
    summary = agents(messages)
    assert "u needs a person: asked for one." in summary
    assert "1. How much does the BT3 cost?\n   → " in summary
    assert "1850" in summary
    assert "; BT3)" in summary
    assert "<b>" not in summary
    assert bot.hear("u", "here", "And the SD6?") == [Message("agents", "u: And the SD6?")]
    assert here(bot.hear("v", "here", "How much does the SD6 cost?"))
    assert bot.hear("p", "agents", "anybody free?") == []
    assert bot.hear("p", "agents", "done nobody") == [Message("agents", "nobody is not with a person.")]
    assert bot.hear("p", "agents", "done u") == [Message("here", "I am back. What else can I do for you?")]
    assert "3990" in here(bot.hear("u", "here", "How much does the SD6 cost?"))


def test_a_person_takes_over_what_the_documents_do_not_say(bot) -> None:
    bot.hear("u", "here", "How much does the BT3 cost?")
    messages = bot.hear("u", "here", "Which colour has the elephant in Paris?")
    assert "cannot answer that with certainty" in here(messages)
    summary = agents(messages)
    assert "the bot was not sure enough (0." in summary
    assert "Last message: Which colour has the elephant in Paris?" in summary
    assert summary.count("elephant") == 1


def test_a_person_takes_over_though_the_conversation_is_deleted(bot, kb, states) -> None:
    bot.hear("deletes", "here", "How much does the BT3 cost?")
    viewer = rag.Viewer("deletes")
    (talk,) = kb.journal.conversations(viewer=viewer)
    kb.journal.delete(talk.id, viewer=viewer)
    messages = bot.hear("deletes", "here", "human")
    assert "passing you on to a person" in here(messages)
    assert "deletes needs a person: asked for one." in agents(messages)
    assert "I am back" in here(bot.hear("p", "agents", "done deletes"))


def test_patience(kb, states) -> None:
    bot = Bot(kb, states, threshold=0.35, patience=2)
    assert "I am not sure of that" in here(bot.hear("u", "here", "Which colour has the elephant in Paris?"))
    assert agents(bot.hear("u", "here", "Which colour has the elephant in Rome?"))


def test_an_unsure_answer_is_a_draft_for_the_person_only(kb, states) -> None:
    bot = Bot(kb, states, threshold=1.0)
    messages = bot.hear("u", "here", "How much does the BT3 cost?")
    assert "1850" not in here(messages)
    assert "The bot would have said, unchecked: " in agents(messages)
    assert "1850" in agents(messages)


def test_what_fails_is_a_case_for_a_person(tmp_path, states) -> None:
    base, _ = small_base(tmp_path, {})
    (base.folder / "journal.sqlite").write_bytes(b"junk" * 1000)
    with base:
        messages = Bot(base, states).hear("u", "here", "How much does the BT3 cost?")
    assert "Something went wrong" in here(messages)
    assert "the bot failed" in agents(messages)


def test_nobody_hears_more_than_they_may_read(kb, states) -> None:
    questions = ("How much does the Falcon cost?", "Who leads the Falcon project?", "Falcon?", "price?", "Falcon")
    customers, board = Bot(kb, states, threshold=0.35), Bot(kb, states, threshold=0.35, groups=frozenset({"board"}))
    told = [
        message.text.replace(question, "")
        for question in questions
        for message in customers.hear(f"u{questions.index(question)}", "here", question)
    ]
    assert not any(word in text for text in told for word in ("77", "Mara", "Quist"))
    assert "77 pounds" in here(board.hear("w", "here", questions[0]))
    # Who leaves the group is told nothing of what was said before either, nor is it in the summary.
    summary = agents(customers.hear("w", "here", "I want to talk to a person"))
    assert "How much does the Falcon cost?" in summary
    assert "may not read now" in summary
    assert "77" not in summary


def test_documents_cannot_mention_or_link(bot) -> None:
    told = here(bot.hear("u", "here", "How much does the parcel cost?"))
    assert "&lt;@channel&gt; parcel costs 5 pounds &amp; more &lt;http://evil|x&gt;" in told
    assert "<" not in told


# The webhook


def test_in_the_terminal(tmp_path, monkeypatch) -> None:
    small_base(tmp_path, {"bt3.md": "# BT3\n\nThe BT3 costs 1850 pounds.\n"})[0].close()
    for name, value in {"EMBEDDER": "hash", "LLM": "none", "READER": "none"}.items():
        monkeypatch.setenv(f"WELLSPRING_{name}", value)
    lines = "How much does the BT3 cost?\nhuman\nhello?\nagents: done customer\n"
    run = CliRunner().invoke(cli, ["chat", "--kb", str(tmp_path)], input=lines)
    assert run.exit_code == 0, run.output
    told = [line for line in run.output.splitlines() if line.startswith(("[here]", "[agents]"))]
    assert "1850 pounds" in told[0]
    assert told[2:] == [
        "[agents] customer needs a person: asked for one.",
        "[agents] customer: hello?",
        "[here] I am back. What else can I do for you?",
    ]


def test_it_serves_nobody_else_without_a_secret(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("SUPPORT_BOT_SECRET", raising=False)
    command = ["serve", "--kb", str(tmp_path), "--reply-to", "http://x", "--agents", "C1", "--host", "0.0.0.0"]
    run = CliRunner().invoke(cli, command)
    assert (run.exit_code, "SUPPORT_BOT_SECRET" in run.output) == (1, True)


def test_examples_use_public_names_only() -> None:
    for path in (ROOT / "examples").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}."]
            for name in names:
                ours = name.partition(".")[0] in ("rag", "knowledge", "connectors", "apps")
                assert not ours or name in ("rag", "rag."), f"{path} imports {name}"
