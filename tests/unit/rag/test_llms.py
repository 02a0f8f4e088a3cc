import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from rag.errors import ModelError
from rag.llms import open_chat_model
from rag.llms.engine import Sampling
from rag.llms.local import LocalChatModel
from rag.llms.openvino import OpenVinoEngine
from rag.llms.pump import pump
from rag.llms.transformers import TransformersEngine
from rag.models import ModelCache


class FakeEngine:
    """Writes what it is told to, and remembers what it was asked and how it ended."""

    name = "fake"

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces
        self.messages: list[dict[str, str]] = []
        self.sampling = Sampling()
        self.made: list[str] = []
        self.stopped = False
        self.running = 0
        self.most_running = 0

    def generate(self, messages: Sequence[dict[str, str]], sampling: Sampling) -> Iterator[str]:
        self.messages, self.sampling = list(messages), sampling
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            for piece in self.pieces:
                self.made.append(piece)
                yield piece
        finally:
            self.running -= 1
            self.stopped = True


def test_it_streams_piece_by_piece() -> None:
    engine = FakeEngine("Forty", "-", "two.")
    stream = LocalChatModel(engine=engine).stream("What is it?")
    assert next(stream).text == "Forty"
    assert engine.made == ["Forty"]
    assert "".join(str(chunk.text) for chunk in stream) == "-two."
    assert engine.stopped


def test_roles_and_options_reach_the_engine() -> None:
    engine = FakeEngine("Yes.")
    model = LocalChatModel(engine=engine, max_tokens=7, temperature=0.5)
    reply = model.invoke([SystemMessage("Be brief."), HumanMessage("Is it?"), AIMessage("Is what?")], stop=["\n"])
    assert reply.text == "Yes."
    assert [message["role"] for message in engine.messages] == ["system", "user", "assistant"]
    assert engine.messages[1]["content"] == "Is it?"
    assert engine.sampling == Sampling(max_tokens=7, temperature=0.5, stop=("\n",))
    model.invoke("Is it?", max_tokens=3, temperature=0)
    assert engine.sampling == Sampling(max_tokens=3, temperature=0.0, stop=())


def test_who_stops_reading_stops_the_engine() -> None:
    engine = FakeEngine(*"abcdefgh")
    stream = LocalChatModel(engine=engine).stream("?")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert engine.stopped
    assert engine.made == ["a"]


def test_an_empty_reply_is_a_reply() -> None:
    assert LocalChatModel(engine=FakeEngine()).invoke("?").text == ""


class PumpedEngine(FakeEngine):
    """Makes its replies in threads, as the real ones do."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(*pieces)
        self.turn = threading.Lock()

    def generate(self, messages: Sequence[dict[str, str]], sampling: Sampling) -> Iterator[str]:
        def run(emit: Callable[[str], bool]) -> None:
            for piece in FakeEngine.generate(self, messages, sampling):
                if not emit(piece):
                    break

        return pump(run, self.turn)


def test_one_generation_at_a_time() -> None:
    engine = PumpedEngine(*"abcdefgh")
    model = LocalChatModel(engine=engine)
    replies: list[str] = []
    threads = [threading.Thread(target=lambda: replies.append(str(model.invoke("?").text))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == ["abcdefgh"] * 8
    assert engine.most_running == 1


def test_who_pauses_holds_up_nobody() -> None:
    model = LocalChatModel(engine=PumpedEngine(*"abc"))
    replies: list[str] = []

    def ask() -> None:
        for chunk in model.stream("?"):
            replies.append(str(chunk.text))
            if len(replies) == 1:
                replies.append(str(model.invoke("And?").text))

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    asker.join(timeout=60)
    assert replies[:4] == ["a", "abc", "b", "c"]


def endless(emit: Callable[[str], bool]) -> None:
    while emit("a"):
        time.sleep(0.001)


def test_who_stops_reading_gives_the_turn_back() -> None:
    turn = threading.Lock()
    pieces = pump(endless, turn)
    next(pieces)
    assert turn.locked()
    pieces.close()  # type: ignore[attr-defined]
    assert not turn.locked()


def test_who_gives_up_waiting_for_a_turn_is_let_go_and_not_run() -> None:
    turn, ran = threading.Lock(), list[str]()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with turn:
            pieces = pump(lambda emit: ran.append("ran"), turn)
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(KeyboardInterrupt):
                next(pieces)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert list(pump(lambda emit: None, turn)) == []
    assert not ran


def test_pump_yields_what_is_emitted() -> None:
    def run(emit: Callable[[str], bool]) -> None:
        assert all(emit(text) for text in ("a", "", "b"))

    assert list(pump(run, threading.Lock())) == ["a", "", "b"]


def test_pump_raises_to_the_reader() -> None:
    def run(emit: Callable[[str], bool]) -> None:
        emit("a")
        raise ModelError("out of memory")

    pieces = pump(run, threading.Lock())
    assert next(pieces) == "a"
    with pytest.raises(ModelError, match="out of memory"):
        next(pieces)


def test_pump_tells_when_nobody_reads_any_more() -> None:
    ended = threading.Event()

    def run(emit: Callable[[str], bool]) -> None:
        while emit("a"):
            pass
        ended.set()

    pieces = pump(run, threading.Lock())
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert ended.is_set()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gpt", "the setting 'llm' is 'gpt'; it can be builtin, provider:model"),
        ("", "the setting 'llm' is ''"),
        ("/nowhere/model.gguf", "there is no model file /nowhere/model.gguf"),
        ("nobody:model", "the chat model 'nobody:model' cannot be set up: "),
        ("mistralai:model", "the chat model 'mistralai:model' needs a package: .*langchain-mistralai"),
    ],
)
def test_a_wrong_name_is_told_in_one_line(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words) as error:
        open_chat_model(name, models=ModelCache(tmp_path))
    assert len(str(error.value).splitlines()) == 1


def test_a_wrong_runtime_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'llm_runtime' is 'cuda'; it can be auto, openvino or transformers"):
        open_chat_model("builtin", models=ModelCache(tmp_path), runtime="cuda")


def test_opening_loads_and_fetches_nothing(tmp_path: Path) -> None:
    gguf = tmp_path / "mine.gguf"
    gguf.write_bytes(b"")
    models = ModelCache(tmp_path / "models")
    builtin = open_chat_model("builtin", models=models, runtime="transformers", max_tokens=5, temperature=0.1)
    assert isinstance(builtin, LocalChatModel)
    assert isinstance(builtin.engine, TransformersEngine)
    assert builtin.engine.name == "SmolLM2-135M-Instruct (transformers)"
    assert (builtin.max_tokens, builtin.temperature) == (5, 0.1)
    own = open_chat_model(str(gguf), models=models, runtime="openvino")
    assert isinstance(own, LocalChatModel)
    assert isinstance(own.engine, OpenVinoEngine)
    assert own.engine.name == "mine (openvino)"
    hub = open_chat_model("hf:some/model", models=models)
    assert isinstance(hub, LocalChatModel)
    assert hub.engine.name == "some/model (transformers)"
    assert not models.folder.exists()


def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    model = open_chat_model(f"hf:{tmp_path}", models=ModelCache(tmp_path / "models"))
    with pytest.raises(ModelError, match="cannot be loaded: ") as error:
        model.invoke("?")
    assert len(str(error.value).splitlines()) == 1
