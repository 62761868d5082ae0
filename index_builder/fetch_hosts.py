"""How a host is treated: so many requests at once and no more, and silence when it asks for some."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class Hosts:
    """Thread-safe; per_host: requests that may be under way at once with one host."""

    def __init__(self, *, per_host: int, sleep: Callable[[float], None] = time.sleep) -> None:
        if per_host < 1:
            raise ValueError(f"per_host must be at least 1, got {per_host}")
        self._per_host = per_host
        self._sleep = sleep
        self._lock = threading.Lock()
        self._slots: dict[str, threading.BoundedSemaphore] = {}
        self._silent_until: dict[str, float] = {}

    @contextmanager
    def slot(self, host: str) -> Iterator[None]:
        """Wait for one of the host's slots and hold it."""
        with self._lock:
            slots = self._slots.setdefault(host, threading.BoundedSemaphore(self._per_host))
        with slots:
            yield

    def asks_for_silence(self, host: str, seconds: float) -> None:
        """Nobody else begins with this host before so many seconds are over."""
        with self._lock:
            self._silent_until[host] = max(self._silent_until.get(host, 0.0), time.monotonic() + seconds)

    def silence_left_s(self, host: str) -> float:
        """Seconds, 0 if the host may be asked."""
        with self._lock:
            return max(0.0, self._silent_until.get(host, 0.0) - time.monotonic())

    def keep_silence(self, host: str) -> None:
        """Wait until the host may be asked."""
        left = self.silence_left_s(host)
        if left:
            self._sleep(left)


def retry_after_s(header: str) -> float | None:
    """Seconds that a Retry-After header asks for, written as seconds or as a date; None if it is neither."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        when = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
