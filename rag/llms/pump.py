"""From a function that calls back to an iterator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

_END = object()


def pump(run: Callable[[Callable[[str], bool]], None], turn: threading.Lock) -> Iterator[str]:
    """Run ``run(emit)`` in a thread that holds ``turn``, and yield what it emits.

    ``emit`` returns False when nobody reads any more: ``run`` should then come to its end. An exception in ``run`` is
    raised here. ``run`` never waits for who reads, so that one who pauses keeps nobody from the next turn; what waits
    to be read is as long as what ``run`` makes.
    """
    queue: SimpleQueue[object] = SimpleQueue()
    begun, abandoned = threading.Event(), threading.Event()

    def emit(text: str) -> bool:
        queue.put(text)
        return not abandoned.is_set()

    def work() -> None:
        try:
            with turn:
                begun.set()
                if not abandoned.is_set():
                    run(emit)
        except BaseException as error:  # whatever it is, it belongs to the reader
            queue.put(error)
        else:
            queue.put(_END)

    thread = threading.Thread(target=work, name="generation", daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, BaseException):
                raise item
            yield str(item)
    finally:
        abandoned.set()
        # Who still waits for a turn finds it abandoned when it comes.
        if begun.is_set():
            thread.join()
