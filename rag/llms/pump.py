"""From a function that calls back to an iterator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

_END = object()


def pump(run: Callable[[Callable[[str], bool]], None]) -> Iterator[str]:
    """Run ``run(emit)`` in a thread and yield what it emits.

    ``emit`` returns False when nobody reads any more: ``run`` should then come to its end. An exception in ``run`` is
    raised here.
    """
    queue: SimpleQueue[object] = SimpleQueue()
    abandoned = threading.Event()

    def emit(text: str) -> bool:
        queue.put(text)
        return not abandoned.is_set()

    def work() -> None:
        try:
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
        thread.join()
