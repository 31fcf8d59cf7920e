"""What is recorded of a failed attempt: worker, duration, kind of error, place in the code."""

import os
import sys
import sysconfig
import time
import traceback
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from socket import gethostname

from celery import current_task

from bus.handlers import Handler
from bus.redaction import chain, class_path, kinds
from bus.store.attempts import Attempt
from bus.store.failures import Failure

INSTALLED = ("site-packages", "dist-packages")
"""Folders of installed packages: their code is not the project's."""

STANDARD_LIBRARY = tuple(
    f"{folder}{os.sep}" for folder in {sysconfig.get_path(n) for n in ("stdlib", "platstdlib")}
)

BUS = f"{Path(__file__).parents[1]}{os.sep}"


def failure_of(handler: Handler, one: Attempt, error: BaseException, text: str) -> Failure:
    """The failed attempt of one delivery; `text` is without personal data."""
    return Failure(
        delivery=one.id,
        task=handler.name,
        number=one.attempts,
        kind=class_path(error),
        text=text,
        frame=last_frame(error),
        worker=_worker(),
        lasted=timedelta(seconds=time.monotonic() - one.began),
    )


def failures_of_batch(
    handler: Handler, batch: Sequence[Attempt], error: BaseException
) -> list[Failure]:
    """The failed attempts of a batch that failed as a whole.

    With the kinds of the errors only: their texts would have to be searched for the personal data
    of every event of the batch.
    """
    text = kinds(error)
    return [failure_of(handler, one, error, text) for one in batch]


def last_frame(error: BaseException) -> str:
    """The last line of the project's own code that the error passed through.

    Such as `library/loans.py:34 lend`. Code of the bus counts only if the error
    passed through no other; then, as for an error without a traceback, of its causes.
    """
    for one in chain(error):
        frames = list(_frames(one))
        for file, place in reversed(frames):
            if not file.startswith(BUS):
                return place
        if frames:
            return frames[-1][1]
    return ""


def _frames(error: BaseException) -> Iterator[tuple[str, str]]:
    """The files of the project's frames, and the frames in words."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if _is_ours(code.co_filename):
            yield code.co_filename, f"{_relative(code.co_filename)}:{line} {code.co_name}"


def _is_ours(file: str) -> bool:
    if file.startswith("<") or any(folder in Path(file).parts for folder in INSTALLED):
        return False
    return not file.startswith(STANDARD_LIBRARY)


def _relative(file: str) -> str:
    """From the folder that it was imported from; a path of this machine tells nothing."""
    for folder in sys.path:
        if folder and file.startswith(f"{folder.rstrip(os.sep)}{os.sep}"):
            return file[len(folder.rstrip(os.sep)) + 1 :]
    return Path(file).name


def _worker() -> str:
    """Celery's name of the node and the id of the process; the machine's name in a drain."""
    node = current_task.request.hostname if current_task else ""
    return f"{node or gethostname()}/{os.getpid()}"
