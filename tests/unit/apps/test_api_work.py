"""The core in threads: streams that are given up, many at once, and jobs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from helpers.api import LEAVE, company, message, served

import rag
from apps.api import sse
from apps.api import work as work_module
from apps.api.errors import Problem
from apps.api.jobs import Busy, Job, Jobs
from apps.api.work import Work


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work(answering=2)
    yield made
    made.close()


def until(true: object, seconds: float = 60.0) -> bool:
    """Wait until a callable returns something true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False


def test_who_stops_listening_stops_the_work(work: Work) -> None:
    closed, sent = threading.Event(), []

    def numbers() -> Iterator[int]:
        try:
            for number in range(1_000_000):
                sent.append(number)
                yield number
                time.sleep(0.001)
        finally:
            closed.set()

    async def listen() -> None:
        async with aclosing(work.events(numbers)) as found:
            async for number in found:
                if number == 3:
                    return

    asyncio.run(listen())
    assert closed.wait(60)
    count = len(sent)
    time.sleep(0.05)
    assert len(sent) == count


def test_what_waits_and_is_given_up_is_never_begun(work: Work) -> None:
    release, begun = threading.Event(), []

    def slow() -> Iterator[int]:
        release.wait(60)
        yield 1

    def never() -> Iterator[int]:
        begun.append(1)
        yield 2

    async def first(make: object) -> int:
        async with aclosing(work.events(make)) as found:  # type: ignore[arg-type]
            return await anext(found)

    async def main() -> None:
        busy = [asyncio.create_task(first(slow)) for _ in range(2)]
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(first(never))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        release.set()
        assert await asyncio.gather(*busy) == [1, 1]

    asyncio.run(main())
    assert begun == []


def test_an_event_stream_that_is_given_up_ends_what_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_QUIET_SECONDS", 0.01)
    ended: list[str] = []

    async def lines(name: str) -> AsyncGenerator[str]:
        try:
            yield sse.event("one")
            await asyncio.sleep(600)
            yield sse.event("two")
        finally:
            ended.append(name)

    async def main() -> None:
        for name, wanted in (
            ("at a line", ["data: one\n\n"]),
            ("between lines", ["data: one\n\n", ": still at work\n\n"]),
        ):
            body = sse.stream(lines(name), operator=False).body_iterator
            assert [str(await anext(body)) for _ in wanted] == wanted  # type: ignore[arg-type]
            await body.aclose()  # type: ignore[union-attr]
            assert ended[-1] == name
        body = sse.stream(lines("cancelled"), operator=False).body_iterator
        await anext(body)  # type: ignore[arg-type]
        waiting = asyncio.ensure_future(anext(body))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert ended[-1] == "cancelled"

    asyncio.run(main())


def test_what_nobody_listens_to_is_stopped(work: Work) -> None:
    begun, closed = threading.Event(), threading.Event()

    def numbers() -> Iterator[int]:
        try:
            for number in range(1_000_000):
                begun.set()
                yield number
                time.sleep(0.001)
        finally:
            closed.set()

    async def main() -> None:
        events = work.events(numbers)
        assert await asyncio.to_thread(begun.wait, 60)
        # As when a client hangs up before the first byte of the reply.
        del events
        assert await asyncio.to_thread(closed.wait, 60)

    asyncio.run(main())


def test_errors_come_through(work: Work) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise rag.RagError("it broke")

    async def listen() -> list[int]:
        return [number async for number in work.events(broken)]

    with pytest.raises(rag.RagError, match="it broke"):
        asyncio.run(listen())


def test_too_many_are_turned_away(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "_WAITING", 2)
    release = threading.Event()

    async def main() -> None:
        running = [asyncio.create_task(work.look(release.wait, 60)) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Problem) as raised:
            await work.look(print)
        assert raised.value.status == 503
        release.set()
        await asyncio.gather(*running)
        assert await work.look(lambda: 7) == 7

    asyncio.run(main())


def test_overloaded_streams_say_so_before_they_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "_WAITING", 0)
    chat = {"model": "wellspring", "messages": [{"role": "user", "content": LEAVE}]}
    base, _ = company(tmp_path)
    with base, served(base) as client:
        for path, body in (("/api/ask", {"question": LEAVE}), ("/v1/chat/completions", chat)):
            for stream in (True, False):
                reply = client.post(path, json={**body, "stream": stream})
                assert "Too many" in message(reply, 503)
                assert reply.headers["Retry-After"] == "5"
        monkeypatch.undo()
        assert 'outcome="failed"} 4.0' in client.get("/metrics").text


def test_no_kind_of_work_waits_for_another(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "_WAITING", 8)
    release = threading.Event()

    async def main() -> None:
        busy = [work.change, work.compute, work.look]
        waiting = [asyncio.create_task(kind(release.wait, 60)) for kind in busy for _ in range(8)]
        await asyncio.sleep(0.05)
        try:
            for kind in busy:
                with pytest.raises(Problem):
                    await kind(int)
            for free in (work.store, work.check):
                assert await asyncio.wait_for(free(lambda: 7), 30) == 7
        finally:
            release.set()
            await asyncio.gather(*waiting)

    asyncio.run(main())


def test_many_at_once_keep_apart(tmp_path: Path) -> None:
    base, _ = company(tmp_path)
    places = {"Dundee": "27 days", "Tampere": "30 days"}

    async def ask(work: Work, place: str) -> str:
        talk = base.conversation()
        question = f"How many days of annual leave do employees in {place} get?"
        async with aclosing(work.events(lambda: talk.stream(question))) as found:
            events = [event async for event in found]
        assert isinstance(events[-1], rag.Final)
        assert events[-1].answer.question == question
        return events[-1].answer.answer

    async def main() -> list[str]:
        work = Work(answering=8)
        told = await asyncio.gather(*(ask(work, place) for place in [*places] * 20))
        work.close()
        return told

    with base:
        alone = {
            place: base.ask(f"How many days of annual leave do employees in {place} get?").answer for place in places
        }
        assert asyncio.run(main()) == [alone[place] for place in [*places] * 20]


class SlowBase:
    """What jobs need of a knowledge base; its documents take as long as they are let."""

    def __init__(self) -> None:
        self.synced: list[tuple[str, ...]] = []
        self.running = 0
        self.most = 0
        self.go = threading.Event()

    def sync(self, *locations: str, progress: object) -> list[rag.SyncReport]:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            report = rag.SyncReport("source")
            for number in range(100_000):
                self.go.wait(60)
                report.added = number + 1
                progress(report, f"document {number}")  # type: ignore[operator]
                if locations == ("short",):
                    break
                if locations == ("broken",):
                    raise ZeroDivisionError
                time.sleep(0.005)
            self.synced.append(locations)
            return [report]
        finally:
            self.running -= 1


def over(jobs: Jobs, id: str) -> Job:
    assert until(lambda: jobs.get(id) is None or jobs.get(id).over)  # type: ignore[union-attr]
    found = jobs.get(id)
    assert found is not None
    return found


def test_jobs_run_one_at_a_time_in_their_order() -> None:
    base = SlowBase()
    jobs = Jobs(base)  # type: ignore[arg-type]
    first, second = jobs.start("short", owner="a"), jobs.start("short", owner="b")
    assert until(lambda: jobs.get(first.id).state == "running")  # type: ignore[union-attr]
    assert jobs.get(second.id).state == "waiting"  # type: ignore[union-attr]
    base.go.set()
    done = over(jobs, second.id)
    assert (done.state, done.counts["added"], done.looked_at) == ("done", 1, 1)
    assert over(jobs, first.id).ended <= done.started  # type: ignore[operator]
    assert base.most == 1
    assert [job.id for job in jobs.all()] == [second.id, first.id]
    jobs.close()


def test_jobs_are_stopped_running_or_waiting() -> None:
    base = SlowBase()
    base.go.set()
    jobs = Jobs(base)  # type: ignore[arg-type]
    running, waiting = jobs.start("long"), jobs.start("long", owner="b")
    jobs.stop(waiting.id)
    assert over(jobs, waiting.id).started is None
    assert until(lambda: jobs.get(running.id).looked_at > 2)  # type: ignore[union-attr]
    jobs.stop(running.id)
    assert over(jobs, running.id).state == "stopped"
    jobs.stop(running.id)
    assert over(jobs, jobs.start("short").id).state == "done"
    assert base.synced == [("short",)]
    jobs.close()


def test_a_broken_job_does_not_stop_the_next() -> None:
    base = SlowBase()
    base.go.set()
    jobs = Jobs(base)  # type: ignore[arg-type]
    broken, next_one = jobs.start("broken"), jobs.start("short")
    failed = over(jobs, broken.id)
    assert failed.state == "failed"
    assert "ZeroDivision" not in failed.problem
    assert over(jobs, next_one.id).state == "done"
    jobs.close()


def test_closing_stops_the_running_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.api.jobs._MOST_WAITING", 1)
    base = SlowBase()
    base.go.set()
    jobs = Jobs(base)  # type: ignore[arg-type]
    running = jobs.start("long")
    assert until(lambda: jobs.get(running.id).state == "running")  # type: ignore[union-attr]
    waiting = jobs.start("long", documents=("a",))
    again = jobs.start("long", documents=("b", "a"))
    assert (again.id, again.documents) == (waiting.id, ("a", "b"))
    with pytest.raises(Busy):
        jobs.start("long", owner="b")
    jobs.close()
    assert over(jobs, running.id).state == "stopped"
    assert base.running == 0
