"""Deliveries looked up in the background, photo by photo: the page may be closed, reloaded or lost, the work goes on.

One thread for the whole box. Of several deliveries each gets its turn after every photo, and a seat is asked for anew for every photo, so
that a single look-up never waits longer than for one of them. One photo is in memory at a time; the others lie on the disk.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime

from app_pages.delivery_store import DeliveryPhoto, DeliveryStore, Failure
from app_pages.one_lookup import look_up_one
from app_pages.pictures import jpeg
from app_pages.shared_box import Box
from edge.errors import PhotoError, RacklensError, RequestError
from edge.journal import Journal
from edge.types import Photo

SMALL_SIDE = 240  # pixels; sharp at 96 on a phone's screen, some 8 KB
PACE = 12  # photos that the time left is reckoned from
UNEXPECTED = "Unexpected"
_PRUNE_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Progress:
    """waiting: photos still to come; running: whether they are being looked up; seconds_left: None until two are done.

    problem: why it stands still, an error that the operator or a worker can put right, or None.
    """

    waiting: int
    running: bool
    seconds_left: float | None
    problem: RacklensError | OSError | None


class DeliveryRun:
    """The work on all deliveries of a box. Thread-safe."""

    def __init__(self, store: DeliveryStore, journal: Journal, box: Box) -> None:
        self.store, self.journal = store, journal
        self._box = box
        self._lock = threading.Lock()
        self._turns: OrderedDict[str, str] = OrderedDict()  # delivery -> who sent it; the first one's turn is next
        self._done_at: dict[str, deque[float]] = {}
        self._problems: dict[str, RacklensError | OSError] = {}
        self._thread: threading.Thread | None = None
        self._pruned_at = float("-inf")

    def use(self, box: Box) -> None:
        """Look up with this box from the next photo on: after a new index was built."""
        self._box = box

    def resume(self) -> None:
        """Go on with everything that was left when the program ended, but for what a worker let wait."""
        for delivery in reversed(self.store.all()):
            if self.store.waiting(delivery.id) and not self.store.is_stopped(delivery.id):
                self.start(delivery.id, worker=delivery.worker)

    def start(self, delivery_id: str, *, worker: str = "") -> None:
        """Look up what waits in a delivery; does nothing where that is under way."""
        self.store.set_stopped(delivery_id, False)
        with self._lock:
            self._problems.pop(delivery_id, None)
            if delivery_id not in self._turns:
                self._turns[delivery_id] = worker
                self._done_at[delivery_id] = deque([time.monotonic()], maxlen=PACE + 1)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="deliveries", daemon=True)
                self._thread.start()

    def stop(self, delivery_id: str) -> None:
        """Let the rest wait; the photo under way is finished."""
        self.store.set_stopped(delivery_id, True)
        with self._lock:
            self._turns.pop(delivery_id, None)

    def progress(self, delivery_id: str) -> Progress:
        """Where a delivery stands. Raises OSError."""
        waiting = len(self.store.waiting(delivery_id))
        with self._lock:
            running = delivery_id in self._turns
            times = self._done_at.get(delivery_id)
            left = None
            if running and times and len(times) > 2:
                # Wall clock between photos, so that others' turns and full seats are reckoned in.
                left = waiting * (times[-1] - times[0]) / (len(times) - 1)
            return Progress(waiting, running, left, self._problems.get(delivery_id))

    def wait(self, timeout_s: float) -> None:
        """Until all work is done; for tests."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._turns:
                    self._thread = None
                    return
                delivery_id, worker = next(iter(self._turns.items()))
                self._turns.move_to_end(delivery_id)
            try:
                waiting = self.store.waiting(delivery_id)
                if waiting:
                    self._one(delivery_id, waiting[0], worker)
                with self._lock:
                    self._done_at[delivery_id].append(time.monotonic())
                    if len(waiting) <= 1 and not self.store.waiting(delivery_id):
                        self._turns.pop(delivery_id, None)
                self._prune_now_and_then()
            except (RacklensError, OSError) as error:
                # Not the photo's fault: a full disk, a missing folder. Stands still, says so, and can be started again.
                self._stand_still(delivery_id, error)
            except Exception as error:  # noqa: BLE001 - the other deliveries go on, and this one can be started again
                logging.getLogger("racklens").exception("delivery %s", delivery_id)
                self._stand_still(delivery_id, OSError(f"{type(error).__name__}: {error}"))

    def _stand_still(self, delivery_id: str, problem: RacklensError | OSError) -> None:
        with self._lock:
            self._problems[delivery_id] = problem
            self._turns.pop(delivery_id, None)

    def _one(self, delivery_id: str, photo: DeliveryPhoto, worker: str) -> None:
        """Look up one photo and keep what came of it. Raises SetupError and OSError; the photo waits on."""
        if self._recorded(photo.id):  # and then the program was ended; only the upload was still there
            self.store.done(delivery_id, photo.id)
            return
        try:
            data = self.store.upload(delivery_id, photo.id)
        except FileNotFoundError:
            return  # its time was up, or another program has done it

        def keep_small(decoded: Photo) -> None:
            self.store.keep_small(delivery_id, photo.id, jpeg(decoded.rgb, SMALL_SIDE))

        try:
            answer = look_up_one(self._box, data, on_photo=keep_small)
            self.journal.record(answer, [data], worker=worker, batch=delivery_id, lookup_id=photo.id)
            self.store.done(delivery_id, photo.id)
        except PhotoError as error:
            self.store.failed(delivery_id, Failure(photo.id, type(error).__name__, error.what, error.remedy))
        except (RacklensError, OSError):
            raise
        except Exception:  # noqa: BLE001 - one photo that trips a library must not stop the other ninety-nine
            logging.getLogger("racklens").exception("delivery %s, photo %s", delivery_id, photo.id)
            self.store.failed(delivery_id, Failure(photo.id, UNEXPECTED, "", ""))

    def _recorded(self, lookup_id: str) -> bool:
        try:
            self.journal.get(lookup_id)
        except RequestError:
            return False
        return True

    def _prune_now_and_then(self) -> None:
        if time.monotonic() - self._pruned_at > _PRUNE_EVERY_S:
            self._pruned_at = time.monotonic()
            self.store.prune(datetime.now(UTC), keep_days=self.journal.settings.keep_photos_days)
