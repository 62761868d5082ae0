"""Passcodes: salted, told apart, refused where damaged; guesses get slower for everybody together."""

from __future__ import annotations

import hashlib
import io
import threading

import pytest

from edge import passcode
from edge.__main__ import main
from edge.errors import RequestError, SettingsError
from edge.passcode import Attempts, check_stored, hash_passcode, is_passcode


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_right_passcode_is_told_from_a_wrong_one() -> None:
    stored = hash_passcode("rack 12 äöü")
    assert is_passcode("rack 12 äöü", stored)
    assert not is_passcode("rack 12 äöu", stored) and not is_passcode("", stored) and not is_passcode("x" * 5000, stored)


def test_the_same_passcode_is_never_stored_alike_and_never_in_clear() -> None:
    first, second = hash_passcode("12345678"), hash_passcode("12345678")
    assert first != second and "12345678" not in first
    assert not set(first) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=:")


def test_it_is_plain_scrypt() -> None:
    import base64

    stored = hash_passcode("12345678", salt=b"0123456789abcdef")
    expected = hashlib.scrypt(b"12345678", salt=b"0123456789abcdef", n=16384, r=8, p=1, maxmem=2**26, dklen=32)
    assert base64.urlsafe_b64decode(stored.split(":")[-1]) == expected


def test_a_short_passcode_is_refused() -> None:
    with pytest.raises(RequestError, match="7 characters"):
        hash_passcode("1234567")


@pytest.mark.parametrize(
    "stored",
    ["", "1234", "scrypt:16384:8:1:AAAA", "bcrypt:16384:8:1:MDEyMzQ1Njc4OWFiY2RlZg==:" + "A" * 43 + "=", "scrypt:16383:8:1:x:y",
     "scrypt:1073741824:8:1:MDEyMzQ1Njc4OWFiY2RlZg==:" + "A" * 43 + "=", "scrypt:16384:8:1:MDEyMzQ1Njc4OWFiY2RlZg==:"],
)  # fmt: skip
def test_a_damaged_hash_is_refused_with_what_to_do(stored: str) -> None:
    with pytest.raises(SettingsError, match="edge passcode"):
        check_stored(stored)
    with pytest.raises(SettingsError):
        is_passcode("12345678", stored)


def test_comparison_is_the_constant_time_one(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(passcode.hmac, "compare_digest", lambda a, b: compared.append((len(a), len(b))) or a == b)
    assert not is_passcode("wrong one", hash_passcode("right one"))
    assert compared == [(32, 32)]


def test_after_some_free_tries_each_wait_is_twice_the_last() -> None:
    clock = Clock()
    attempts, waits = Attempts(clock=clock), []
    for _ in range(Attempts.FREE):
        assert attempts.begin() == 0.0
    for _ in range(6):
        wait = attempts.begin()
        waits.append(wait)
        assert attempts.begin() == wait  # asking again costs nothing and gains nothing
        clock.now += wait
        assert attempts.begin() == 0.0
    assert waits == [1, 2, 4, 8, 16, 32]


def test_no_wait_is_longer_than_the_longest() -> None:
    clock = Clock()
    attempts = Attempts(clock=clock)
    for _ in range(60):
        clock.now += attempts.begin()
        attempts.begin()
    assert 0 < attempts.begin() <= Attempts.LONGEST_WAIT_S


def test_a_right_passcode_takes_back_only_its_own_try() -> None:
    clock = Clock()
    attempts = Attempts(clock=clock)
    for _ in range(Attempts.FREE - 1):
        attempts.begin()
    assert attempts.begin() == 0.0
    attempts.right()
    assert attempts.begin() == 0.0  # four wrong ones, one right: this is the fifth that counts
    assert attempts.begin() > 0


def test_wrong_tries_are_forgotten_one_by_one() -> None:
    clock = Clock()
    attempts = Attempts(clock=clock)
    for _ in range(Attempts.FREE):
        attempts.begin()
    clock.now += 2 * Attempts.FORGOTTEN_S
    assert [attempts.begin() for _ in range(2)] == [0.0, 0.0] and attempts.begin() > 0


def test_tries_at_the_same_time_are_all_counted() -> None:
    attempts, gone_through, start = Attempts(clock=Clock()), [], threading.Barrier(16)

    def guess() -> None:
        start.wait()
        if attempts.begin() == 0.0:
            gone_through.append(True)

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(gone_through) == Attempts.FREE


def test_the_command_prints_the_setting(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame\n"))
    assert main(["passcode"]) == 0
    name, _, stored = capsys.readouterr().out.strip().partition("=")
    assert name == "RACKLENS_PASSCODE_HASH" and is_passcode("open sesame", stored)


def test_the_command_refuses_a_short_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main(["passcode"]) == 2
    assert "at least 8" in capsys.readouterr().err
