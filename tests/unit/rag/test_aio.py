"""Questions asked from coroutines and from many threads at the same time."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import pytest
from helpers.bases import small_base

from connectors import Viewer
from rag.aio import in_thread, last_answer
from rag.records import Answer, Draft, Event, Final, Found
from rag.sdk import Wellspring

TEXTS = {
    f"p{n}.md": f"# P{n}\n\nThe P{n} costs {1000 + n} pounds. The P{n} weighs {n} kilograms.\n" for n in range(1, 9)
}
TEXTS["secret.md"] = "# Falcon\n\nThe Falcon costs 77 pounds.\n"
ANN, EVE = Viewer("ann"), Viewer("eve", frozenset({"board"}))


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wellspring]:
    base, _ = small_base(tmp_path_factory.mktemp("kb"), TEXTS, readers={"secret.md": ["group:board"]})
    with base:
        yield base


def cost(n: int) -> str:
    return f"How much does the P{n} cost?"


def test_many_askers_at_once_each_get_their_own_answer(kb) -> None:
    def ask(place: int) -> bool:
        n = place % 8 + 1
        if place % 5 == 4:
            viewer = EVE if place % 2 else ANN
            told = str(kb.ask("How much does the Falcon cost?", viewer=viewer).as_dict())
            return ("77 pounds" in told) == (viewer is EVE)
        answer = kb.ask(cost(n), viewer=ANN)
        found = kb.search(cost(n), viewer=ANN, k=3)
        return answer.question == cost(n) and str(1000 + n) in answer.answer and bool(found)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(64)))


def test_the_first_questions_may_come_all_at_once(tmp_path) -> None:
    base, _ = small_base(tmp_path, TEXTS)
    gate = threading.Barrier(8)

    def ask(n: int) -> str:
        gate.wait()
        return base.ask(cost(n)).answer

    with base, ThreadPoolExecutor(8) as pool:
        assert all(str(1001 + n) in answer for n, answer in enumerate(pool.map(ask, range(1, 9)), 0))


def test_a_sync_meanwhile_disturbs_nobody(tmp_path) -> None:
    base, _ = small_base(tmp_path, TEXTS)
    done = threading.Event()

    def ask(n: int) -> bool:
        fine = True
        while not done.is_set():
            fine = fine and str(1000 + n) in base.ask(cost(n)).answer
        return fine

    with base, ThreadPoolExecutor(4) as pool:
        askers = [pool.submit(ask, n) for n in (1, 2, 3)]
        for n in range(3):
            (tmp_path / "docs" / "new.md").write_text(f"# New\n\nThe Osprey valve opens at {n} bar.\n")
            base.sync()
        done.set()
        assert all(asker.result() for asker in askers)
        assert "2 bar" in base.ask("When does the Osprey valve open?").answer


def test_one_conversation_used_by_two_threads_does_not_mix_turns(kb) -> None:
    talk = kb.conversation(viewer=ANN, turns=100)

    def ask(n: int) -> None:
        for _ in range(6):
            talk.ask(cost(n))

    threads = [threading.Thread(target=ask, args=(n,)) for n in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(turn.question for turn in talk.turns) == {cost(n): 6 for n in (1, 2, 3)}
    for turn in talk.turns:
        number = turn.question.split("P")[1].split()[0]
        assert turn.answer.question == turn.question
        assert str(1000 + int(number)) in turn.answer.answer


def test_coroutines(kb) -> None:
    async def main() -> None:
        answers = await asyncio.gather(*(kb.aask(cost(n), viewer=ANN) for n in range(1, 9)))
        assert all(str(1000 + n) in answer.answer for n, answer in enumerate(answers, 1))
        assert (await kb.asearch(cost(2), viewer=ANN, k=1))[0].title == "P2"
        talk = kb.conversation(viewer=ANN)
        await talk.aask(cost(1))
        events = [event async for event in talk.astream("And the P2?")]
        assert [type(event) for event in (events[0], events[1], events[-1])] == [Found, Draft, Final]
        assert events[-1].answer.asked == cost(2)
        assert len(talk.turns) == 2

    asyncio.run(main())


def test_a_base_can_be_opened_by_a_coroutine(tmp_path) -> None:
    async def main() -> str:
        async with Wellspring.open(tmp_path / "kb", llm="none", embedder="hash", reader="none") as kb:
            (tmp_path / "a.md").write_text(TEXTS["p1.md"])
            await asyncio.to_thread(kb.sync, tmp_path / "a.md")
            return (await kb.aask(cost(1))).answer

    assert "1001" in asyncio.run(main())


class Slow:
    """Events that come only when they are let."""

    def __init__(self, events: int = 100, error: Exception | None = None) -> None:
        self.made = 0
        self.closed = threading.Event()
        self.go = threading.Semaphore(0)
        self._events = events
        self._error = error

    def __call__(self) -> Iterator[Event]:
        try:
            for n in range(self._events):
                self.go.acquire()
                self.made += 1
                yield Draft(str(n))
            if self._error:
                raise self._error
            yield Final(Answer("q", "a", False, 1.0))
        finally:
            self.closed.set()


def test_a_cancelled_stream_stops_at_its_next_event() -> None:
    slow = Slow()

    async def main() -> None:
        async def listen() -> None:
            async for _ in in_thread(slow):
                got.set()

        got = asyncio.Event()
        slow.go.release()
        task = asyncio.ensure_future(listen())
        await got.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not slow.closed.is_set()
        slow.go.release()
        assert await asyncio.to_thread(slow.closed.wait, 60)

    asyncio.run(main())
    assert slow.made == 2


def test_a_stream_that_is_left_stops_too() -> None:
    slow = Slow()

    async def main() -> None:
        async with aclosing(in_thread(slow)) as events:
            slow.go.release(2)
            async for _ in events:
                break
        slow.go.release()
        assert await asyncio.to_thread(slow.closed.wait, 60)

    asyncio.run(main())
    assert slow.made <= 3


@pytest.mark.parametrize("own", [False, True])
def test_a_stream_that_is_cancelled_while_it_waits_for_a_thread_never_begins(own) -> None:
    busy, begun = threading.Event(), threading.Event()

    def make() -> Iterator[Event]:
        begun.set()
        yield Draft("for nobody")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as pool:
            if not own:
                loop.set_default_executor(pool)
            blocking = loop.run_in_executor(pool, busy.wait, 60)
            given = {"submit": lambda work: asyncio.wrap_future(pool.submit(work))} if own else {}
            task = asyncio.ensure_future(anext(in_thread(make, **given)))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            busy.set()
            await blocking

    asyncio.run(main())
    assert not begun.is_set()


def test_errors_reach_who_waits_and_nobody_else() -> None:
    async def waits() -> None:
        slow = Slow(1, OSError("broken"))
        slow.go.release()
        events = in_thread(slow)
        assert await anext(events) == Draft("0")
        with pytest.raises(OSError, match="broken"):
            await anext(events)

    async def leaves() -> None:
        slow = Slow(2, OSError("broken"))
        slow.go.release()
        async with aclosing(in_thread(slow)) as events:
            await anext(events)
        slow.go.release()
        assert await asyncio.to_thread(slow.closed.wait, 60)

    asyncio.run(waits())
    asyncio.run(leaves())
    gc.collect()


def test_the_last_answer() -> None:
    slow = Slow(2)
    slow.go.release(2)
    assert asyncio.run(last_answer(in_thread(slow))).answer == "a"
