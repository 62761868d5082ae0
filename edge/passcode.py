"""Passcode: a salted hash to keep, a comparison that takes the same time for every guess, and a limit on guesses.

The hash is scrypt's (Percival 2009, RFC 7914) from hashlib: 16 MiB and some tens of milliseconds a guess. Its text holds only letters,
digits, `-`, `_`, `=` and `:`, so that it passes through shells, unit files and compose files as it is.
"""

from __future__ import annotations

import base64
import binascii
import getpass
import hashlib
import hmac
import secrets
import sys
import threading
import time
from collections.abc import Callable

from edge.errors import RequestError, SettingsError

SHORTEST = 8
"""Characters. Eight random digits at the rate that Attempts allows take a guesser centuries."""
VARIABLE = "RACKLENS_PASSCODE_HASH"

_N, _R, _P = 2**14, 8, 1  # RFC 7914's cost for interactive log-ins
_LARGEST = 2**28  # bytes a stored hash may make us take: a typing error must not take the box's memory
_SALT, _KEY = 16, 32


def hash_passcode(passcode: str, *, salt: bytes | None = None) -> str:
    """A passcode -> "scrypt:n:r:p:salt:key", with a new random salt by default. Raises RequestError for one that is too short."""
    if len(passcode) < SHORTEST:
        raise RequestError(f"The passcode has {len(passcode)} characters.", remedy=f"Take at least {SHORTEST}, for example random digits.")
    salt = salt if salt is not None else secrets.token_bytes(_SALT)
    return ":".join(("scrypt", str(_N), str(_R), str(_P), _text(salt), _text(_derived(passcode, salt, _N, _R, _P, _KEY))))


def is_passcode(passcode: str, stored: str) -> bool:
    """Whether a passcode is the one that `stored` was made from; how long it takes does not tell how close it was. Raises SettingsError."""
    n, r, p, salt, key = _parsed(stored)
    return hmac.compare_digest(_derived(passcode, salt, n, r, p, len(key)), key)


def check_stored(stored: str) -> None:
    """Raises SettingsError for a text that `hash_passcode` did not write."""
    _parsed(stored)


class Attempts:
    """How often a passcode may be tried on a box, by everybody together. Thread-safe.

    Some tries are free; from then on each wait is twice the last. One wrong try is forgotten every few minutes, so that a morning's typing
    errors do not add up. A right passcode forgets only its own try: whoever knows it must not give a guesser new free tries.
    """

    FREE = 5
    LONGEST_WAIT_S = 300.0
    FORGOTTEN_S = 180.0

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._wrong, self._counted_at, self._open_at = 0, clock(), clock()

    def begin(self) -> float:
        """Ask to try: 0.0 where it may be done now, else the seconds to wait.

        A try that may be done counts as wrong until `right` says otherwise, so that many sent at the same time are many.
        """
        with self._lock:
            now = self._clock()
            forgotten = int((now - self._counted_at) / self.FORGOTTEN_S)
            self._wrong = max(0, self._wrong - forgotten)
            self._counted_at += forgotten * self.FORGOTTEN_S
            if now < self._open_at:
                return self._open_at - now
            self._wrong += 1
            if self._wrong >= self.FREE:
                self._open_at = now + min(self.LONGEST_WAIT_S, 2.0 ** min(self._wrong - self.FREE, 30))
            return 0.0

    def right(self) -> None:
        """The try just begun was right: it does not count."""
        with self._lock:
            self._wrong = max(0, self._wrong - 1)
            self._open_at = self._clock()  # the wait was this try's own: during an older one it could not have begun


def ask_and_print() -> int:
    """`python -m edge passcode`: asks twice without showing it, or reads a line where no terminal is; prints the setting to make."""
    if sys.stdin.isatty():
        first = getpass.getpass(f"Passcode, at least {SHORTEST} characters: ")
        if first != getpass.getpass("Once more: "):
            raise RequestError("The two passcodes differ.", remedy="Start again.")
    else:
        first = sys.stdin.readline().rstrip("\r\n")
    print(f"{VARIABLE}={hash_passcode(first)}")
    return 0


def _derived(passcode: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    # A terabyte of passcode would take as long to hash: what is longer than any real one is cut.
    return hashlib.scrypt(passcode[:1024].encode("utf-8", "replace"), salt=salt, n=n, r=r, p=p, maxmem=_LARGEST + 2**20, dklen=length)


def _parsed(stored: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        name, *numbers, salt, key = stored.strip().split(":")
        n, r, p = map(int, numbers)
        salt_bytes, key_bytes = (base64.b64decode(part, altchars=b"-_", validate=True) for part in (salt, key))
        fits = name == "scrypt" and n > 1 and n & (n - 1) == 0 and r > 0 and p > 0 and 128 * n * r * p <= _LARGEST
        if not (fits and len(salt_bytes) >= 8 and 16 <= len(key_bytes) <= 64):
            raise ValueError(stored)
    except (ValueError, binascii.Error):
        raise SettingsError(
            f"{VARIABLE} is not what `python -m edge passcode` prints.", name="passcode_hash", remedy="Run it, and copy its line whole."
        ) from None
    return n, r, p, salt_bytes, key_bytes


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
