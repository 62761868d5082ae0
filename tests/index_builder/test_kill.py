"""Whatever stops a build - a kill at any moment, a full disk - the index in use stays, and what was embedded is used again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from edge.index import open_current
from edge.manifest import damaged_files
from index_builder.build import build
from index_builder.reuse import Journal, Kept
from tests.fakes import FakeStages
from tests.index_builder.drawing import draw_feed, same_index, snapshot

ROOT = Path(__file__).resolve().parents[2]
KILLS = 28

# Forks a child per line on stdin that builds, so that 24 of them do not each load the libraries. Answers with the child's id.
BUILDER = """
    import os, sys, time
    from pathlib import Path
    from index_builder.build import build
    from tests.fakes import FakeStages

    class Slow(FakeStages):
        def embed(self, cutouts):
            time.sleep(0.02)
            return super().embed(cutouts)

    feed, out, log = map(Path, sys.argv[1:])
    for line in sys.stdin:
        child = os.fork()
        if not child:
            def progress(tally):
                with log.open("a") as file:  # never rewritten: a kill in the middle would leave nothing said
                    print(tally.done, tally.reused, file=file)
            build(feed, out, stages=Slow(), workers=2, reuse=bool(int(line)), progress=progress)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def told(log: Path) -> tuple[int, int]:
    """Images done and reused, as the victim last said."""
    lines = log.read_text().split("\n")[:-1] if log.exists() else []
    return tuple(int(number) for number in lines[-1].split()) if lines else (0, 0)


def wait_for(log: Path, done: int, *, victim: int) -> None:
    """Until the victim has come so far or ended (a zombie until it is waited for); by its progress, as a busy machine has no clock."""
    while told(log)[0] < done and Path(f"/proc/{victim}/stat").read_text().rsplit(")")[-1].split()[0] != "Z":
        time.sleep(0.001)


def in_use(out: Path) -> dict[str, bytes]:
    """CURRENT and every file of the build it names."""
    folder, manifest = open_current(out)
    assert not damaged_files(folder, manifest)
    return {"CURRENT": (out / "CURRENT").read_bytes(), **snapshot(folder)}


def test_a_build_killed_at_many_random_moments_never_harms_the_index_in_use_and_is_gone_on_with(tmp_path):
    out, log = tmp_path / "index", tmp_path / "log"
    build(draw_feed(tmp_path, 5), out, stages=FakeStages())
    feed = draw_feed(tmp_path / "new", 140)
    command = [sys.executable, "-c", textwrap.dedent(BUILDER), str(feed), str(out), str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forker:
        rng, killed, went_on, finished = random.Random(0), 0, 0, 0
        before = in_use(out)
        for attempt in range(KILLS):
            log.unlink(missing_ok=True)
            # A quarter on the way to the first image, a quarter after the last, while the index is written and put in place.
            # The first two stop half-way, whatever the machine's speed, so that there is always something to go on with.
            halfway = attempt < 2
            moment = 70 if halfway else rng.choice([0, rng.randrange(1, 140), rng.randrange(1, 140), 140])
            print(attempt % 2, file=forker.stdin, flush=True)
            victim = int(forker.stdout.readline())
            try:
                wait_for(log, moment, victim=victim)
                time.sleep(0 if halfway else rng.random() * 0.1)
                os.kill(victim, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass  # it was faster
            ended = int(forker.stdout.readline())
            assert ended in (0, -signal.SIGKILL)
            killed += ended != 0
            now = in_use(out)  # whole, whatever happened
            if now["CURRENT"] != before["CURRENT"]:  # done, or killed in its last moments
                finished += 1
                assert open_current(out)[1].count == 140
                before = now
            assert now == before
            went_on += finished == 0 and told(log)[1] > 0
        forker.stdin.close()
    assert killed >= KILLS // 2 and went_on >= 1
    resumed = build(feed, out, stages=FakeStages())
    assert same_index(resumed.folder, build(feed, tmp_path / "calm", stages=FakeStages()).folder)
    assert not list(out.glob(".building-*")) and not (out / ".work").exists()


class Stops(FakeStages):
    """Power goes after so many batches."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def embed(self, cutouts):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().embed(cutouts)


def test_what_was_embedded_before_the_interruption_is_not_embedded_again(tmp_path):
    feed, out = draw_feed(tmp_path, 100), tmp_path / "index"
    with pytest.raises(KeyboardInterrupt):
        build(feed, out, stages=Stops(3), workers=1)
    assert not (out / "CURRENT").exists() and (out / ".work/embedded.journal").exists()
    result = build(feed, out, stages=FakeStages())
    assert (result.embedded, result.reused) == (100 - 48, 48)
    assert same_index(result.folder, build(feed, tmp_path / "calm", stages=FakeStages()).folder)


RECIPE = "0" * 64


def entries(count: int) -> list[tuple[str, Kept]]:
    rng = np.random.default_rng(0)
    return [(f"{i:064x}", Kept(rng.normal(size=5).astype(np.float32), bytes(rng.integers(0, 256, 20 + i, np.uint8)))) for i in range(count)]


def held(folder: Path, *, recipe: str = RECIPE) -> list[int]:
    """Which of `entries` a journal gives back as they were."""
    journal = Journal(folder, recipe=recipe, dim=5)
    try:
        found = {i: journal.get(content) for i, (content, _) in enumerate(entries(6))}
        for i, (_, kept) in enumerate(entries(6)):
            assert found[i] is None or (np.array_equal(found[i].vector, kept.vector) and found[i].thumb == kept.thumb)
        return [i for i, kept in found.items() if kept is not None]
    finally:
        journal.close()


def test_a_journal_cut_at_any_byte_gives_back_the_whole_records_before_the_cut(tmp_path):
    journal = Journal(tmp_path, recipe=RECIPE, dim=5)
    path, ends = tmp_path / ".work/embedded.journal", []
    for entry in entries(4):
        journal.append([entry])
        ends.append(path.stat().st_size)
    journal.close()
    data = path.read_bytes()
    for cut in range(len(data) + 1):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data[:cut])
        assert held(tmp_path) == [i for i, end in enumerate(ends) if end <= cut]


def test_a_changed_bit_costs_its_record_and_what_follows_never_more_and_appending_goes_on(tmp_path):
    journal = Journal(tmp_path, recipe=RECIPE, dim=5)
    journal.append(entries(1))
    start = (tmp_path / ".work/embedded.journal").stat().st_size
    journal.append(entries(4)[1:])
    journal.close()
    path = tmp_path / ".work/embedded.journal"
    data = bytearray(path.read_bytes())
    data[start + 30] ^= 4
    path.write_bytes(data)
    journal = Journal(tmp_path, recipe=RECIPE, dim=5)
    assert len(journal) == 1
    journal.append(entries(6)[4:])
    journal.close()
    assert held(tmp_path) == [0, 4, 5]


def test_a_journal_of_other_models_is_not_used(tmp_path):
    journal = Journal(tmp_path, recipe=RECIPE, dim=5)
    journal.append(entries(3))
    journal.close()
    assert held(tmp_path, recipe="1" * 64) == []


FULL_DISK = """
    import resource, sys
    from pathlib import Path
    from edge.errors import SetupError
    from index_builder.build import build
    from tests.fakes import FakeStages

    feed, out, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # no file may grow beyond, as on a disk that is full
    try:
        build(feed, out, stages=FakeStages())
    except SetupError as error:
        print(error)
        sys.exit(2)
"""


@pytest.mark.parametrize("limit", [2_000, 30_000, 60_000])  # a thumbnail; the journal; the graph or the journal's end
def test_a_disk_that_fills_up_is_said_plainly_and_the_next_build_goes_on(tmp_path, limit):
    out = tmp_path / "index"
    first = build(draw_feed(tmp_path, 3), out, stages=FakeStages())
    feed = draw_feed(tmp_path / "new", 60)
    before = in_use(out)
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(feed), str(out), str(limit)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2, ended.stderr
    assert "disk is full" in ended.stdout and ended.stderr == ""
    assert in_use(out) == before and open_current(out)[0] == first.folder and not list(out.glob(".building-*"))
    result = build(feed, out, stages=FakeStages())
    assert result.vectors == 60 and same_index(result.folder, build(feed, tmp_path / "calm", stages=FakeStages()).folder)


def test_of_two_builders_at_once_the_second_says_who_is_at_work(tmp_path):
    feed, out = draw_feed(tmp_path, 40), tmp_path / "index"
    code = """
        import sys, time
        from pathlib import Path
        from index_builder.build import build
        from tests.fakes import FakeStages

        class Waits(FakeStages):
            def embed(self, cutouts):
                time.sleep(60)

        build(Path(sys.argv[1]), Path(sys.argv[2]), stages=Waits())
    """
    other = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(feed), str(out)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while not list(out.glob(".building-*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        command = [sys.executable, "-m", "index_builder", "build", str(feed), "--out", str(out), "--no-calibration"]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert second.returncode == 2 and f"running: process {other.pid} on " in second.stderr
    finally:
        other.kill()
        other.wait()
    assert build(feed, out, stages=FakeStages()).items == 40  # the system has let go of the lock
