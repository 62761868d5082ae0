"""The queue in front of the models: never more than there are seats, first come first served, one's place told, giving up possible."""

from __future__ import annotations

import threading

import pytest

from app_pages.queue_of_seats import Seats


def queued(seats: Seats, count: int) -> None:
    """Wait until so many threads stand in the queue."""
    reached = threading.Event()
    while seats.waiting() != count:
        reached.wait(0.005)


def test_those_who_come_first_sit_first() -> None:
    seats, order, threads = Seats(1), [], []

    def come(name: int) -> None:
        with seats.seat():
            order.append(name)

    with seats.seat():
        for name in range(8):
            threads.append(threading.Thread(target=come, args=(name,)))
            threads[-1].start()
            queued(seats, name + 1)
    for thread in threads:
        thread.join()
    assert order == list(range(8)) and seats.waiting() == 0


def test_never_more_sit_than_there_are_seats_and_all_get_their_turn() -> None:
    seats, lock, now, most, done = Seats(3), threading.Lock(), [0], [0], []

    def work() -> None:
        for _ in range(20):
            with seats.seat():
                with lock:
                    now[0] += 1
                    most[0] = max(most[0], now[0])
                threading.Event().wait(0.001)
                with lock:
                    now[0] -= 1
        done.append(True)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most[0] <= 3 and len(done) == 12


def test_who_waits_is_told_how_many_are_before() -> None:
    seats, told, threads = Seats(1), {}, []

    def come(name: int) -> None:
        with seats.seat(on_wait=told.setdefault(name, []).append):
            pass

    with seats.seat():
        for name in range(3):
            threads.append(threading.Thread(target=come, args=(name,)))
            threads[-1].start()
            queued(seats, name + 1)
            while not told[name]:
                threading.Event().wait(0.005)
    for thread in threads:
        thread.join()
    assert [places[0] for places in told.values()] == [0, 1, 2]
    assert all(places == sorted(places, reverse=True) for places in told.values())


def test_a_free_seat_is_taken_without_being_told_anything() -> None:
    told: list[int] = []
    with Seats(2).seat(on_wait=told.append):
        assert told == []


def test_who_gives_up_leaves_the_queue_and_the_others_move_up() -> None:
    class Left(Exception):
        """The page was closed."""

    def leave(before: int) -> None:
        raise Left

    seats, sat = Seats(1), threading.Event()

    def come() -> None:
        with seats.seat():
            sat.set()

    with seats.seat():
        with pytest.raises(Left), seats.seat(on_wait=leave):
            raise AssertionError("no seat was free")
        assert seats.waiting() == 0
        behind = threading.Thread(target=come)
        behind.start()
        queued(seats, 1)
    behind.join()
    assert sat.is_set()


def test_an_error_at_work_gives_the_seat_back() -> None:
    seats = Seats(1)
    with pytest.raises(ZeroDivisionError), seats.seat():
        1 / 0  # noqa: B018 - the error is the point
    with seats.seat():
        pass


def test_a_box_without_seats_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Seats(0)
