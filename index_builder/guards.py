"""Around every change to an index folder: one builder at a time, and the disk's errors in plain words."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from edge.errors import SetupError

BUILDING_PREFIX = ".building-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def only_builder(out: Path) -> Iterator[None]:
    """Hold out/.lock; the system lets go of it when the process ends, however it ends. Raises SetupError naming the holder."""
    with open(out / ".lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            try:
                holder = json.loads(lock.read())
                who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
            except (ValueError, KeyError, TypeError):
                who = "another process"
            raise SetupError(f"Another build into {out} is running: {who}.", remedy="Wait for it to end, or end it.") from None
        lock.truncate(0)
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat(timespec="seconds")}, lock)
        lock.flush()
        yield


@contextmanager
def translated_disk_errors(out: Path) -> Iterator[None]:
    """OSError -> SetupError with one sentence. What was embedded so far stays in out/.work."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise SetupError(
                f"The disk is full; the new index in {out} was not finished. The index in use is as it was, "
                "and what was already embedded is used again by the next run.",
                remedy="Free some space, then run the same command again.",
            ) from error
        raise SetupError(f"The index folder {out} cannot be written ({error}).", remedy="Check the folder and its rights.") from error


def remove_leftovers(out: Path) -> int:
    """Delete what killed builds left half done, in bytes freed. Only with the lock held, as a running build looks the same."""
    freed = 0
    for leftover in out.glob(f"{BUILDING_PREFIX}*"):
        freed += sum(file.stat().st_size for file in leftover.rglob("*") if file.is_file())
        shutil.rmtree(leftover, ignore_errors=True)
    return freed
