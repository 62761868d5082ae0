"""A delivery on the disk: which photos it has, which still wait, which failed and why. What was found is in the journal.

    DELIVERIES/<id>/delivery.json    its name, who took it in, when
                    photos.jsonl     a line for each photo, in the order they came
                    failed.jsonl     a line for each photo that could not be looked up
                    waiting/<look-up id>     the upload as it came, until it is looked up
                    small/<look-up id>.jpg   a small picture for the table, kept as long as the journal keeps photos
                    stopped          there while a worker wants it to wait

Files are named by ids of our own; a file's name as uploaded is only ever text. Lines are only added: a killed process leaves at most
half a line at the end, which is not read. A photo's upload is deleted last, after the journal or failed.jsonl speaks of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.journal_types import checked_id, cleaned, new_id


@dataclass(frozen=True, slots=True)
class Delivery:
    """id: as in the address and as the journal's batch; time: UTC."""

    id: str
    name: str
    worker: str
    time: datetime


@dataclass(frozen=True, slots=True)
class DeliveryPhoto:
    """One photo. id: of its look-up; digest: sha256 of the file; replaces: id of the photo it was taken anew for, or ""."""

    id: str
    name: str
    digest: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a photo has no answer: the error's class, what happened, what to do."""

    id: str
    kind: str
    what: str
    remedy: str


class DeliveryStore:
    """All deliveries of a box. Thread-safe; methods raise OSError where the disk fails, RequestError for what is no id."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def create(self, name: str = "", *, worker: str = "", when: datetime | None = None) -> Delivery:
        """A new delivery without photos."""
        delivery = Delivery(new_id(), cleaned(name, longest=80), cleaned(worker, longest=80), when or datetime.now(UTC))
        for part in ("waiting", "small"):
            (self.root / delivery.id / part).mkdir(parents=True, mode=0o700)
        facts = {"name": delivery.name, "worker": delivery.worker, "time": delivery.time.isoformat()}
        _write_whole(self.root / delivery.id / "delivery.json", json.dumps(facts, ensure_ascii=False).encode())
        return delivery

    def get(self, delivery_id: str) -> Delivery | None:
        """One delivery; None for an id that there is none of."""
        try:
            facts = json.loads((self.root / checked_id(delivery_id) / "delivery.json").read_text(encoding="utf-8"))
            return Delivery(delivery_id, facts["name"], facts["worker"], datetime.fromisoformat(facts["time"]))
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def all(self) -> list[Delivery]:
        """Every delivery, newest first."""
        try:
            names = [entry.name for entry in os.scandir(self.root) if entry.is_dir()]
        except FileNotFoundError:
            return []
        found = [delivery for name in names if len(name) == 16 and (delivery := self.get(name))]
        return sorted(found, key=lambda delivery: (delivery.time, delivery.id), reverse=True)

    def add(self, delivery_id: str, name: str, data: bytes, *, replaces: str = "") -> DeliveryPhoto | None:
        """Take in a photo's file, to be looked up; None where the delivery has this very file already and it did not fail."""
        digest = hashlib.sha256(data).hexdigest()
        failed = self.failures(delivery_id)
        if not replaces:
            same = next((photo for photo in self.photos(delivery_id) if photo.digest == digest), None)
            if same and same.id not in failed:
                return None
            replaces = same.id if same else ""
        photo = DeliveryPhoto(new_id(), cleaned(name, longest=120), digest, replaces)
        _write_whole(self._waiting(delivery_id) / photo.id, data)
        self._append(delivery_id, "photos.jsonl", asdict(photo))
        return photo

    def photos(self, delivery_id: str) -> list[DeliveryPhoto]:
        """The delivery's photos in order; one taken anew stands in the place of the one it replaces."""
        placed: dict[str, DeliveryPhoto] = {}
        place_of: dict[str, str] = {}
        for facts in self._lines(delivery_id, "photos.jsonl"):
            photo = DeliveryPhoto(**facts)
            place = place_of.get(photo.replaces, photo.id)
            place_of[photo.id] = place
            placed[place] = photo
        return list(placed.values())

    def failures(self, delivery_id: str) -> dict[str, Failure]:
        """Photos that could not be looked up, by id."""
        return {facts["id"]: Failure(**facts) for facts in self._lines(delivery_id, "failed.jsonl")}

    def waiting(self, delivery_id: str) -> list[DeliveryPhoto]:
        """Photos still to be looked up, in order."""
        try:
            there = {entry.name for entry in os.scandir(self._waiting(delivery_id))}
        except FileNotFoundError:
            return []
        return [photo for photo in self.photos(delivery_id) if photo.id in there]

    def upload(self, delivery_id: str, photo_id: str) -> bytes:
        """A waiting photo's file. Raises FileNotFoundError where it waits no longer."""
        return (self._waiting(delivery_id) / checked_id(photo_id)).read_bytes()

    def done(self, delivery_id: str, photo_id: str) -> None:
        """The journal has it now: let the upload go."""
        (self._waiting(delivery_id) / checked_id(photo_id)).unlink(missing_ok=True)

    def failed(self, delivery_id: str, failure: Failure) -> None:
        """Note why a photo has no answer and let the upload go."""
        self._append(delivery_id, "failed.jsonl", asdict(failure))
        self.done(delivery_id, failure.id)

    def keep_small(self, delivery_id: str, photo_id: str, jpeg: bytes) -> None:
        """Keep a small picture for the table."""
        _write_whole(self.small_path(delivery_id, photo_id), jpeg)

    def small_path(self, delivery_id: str, photo_id: str) -> Path:
        """Where the small picture lies, if it is still there."""
        return self.root / checked_id(delivery_id) / "small" / f"{checked_id(photo_id)}.jpg"

    def is_stopped(self, delivery_id: str) -> bool:
        """Whether a worker wants it to wait."""
        return (self.root / checked_id(delivery_id) / "stopped").exists()

    def set_stopped(self, delivery_id: str, stopped: bool) -> None:
        """Let it wait, or go on."""
        mark = self.root / checked_id(delivery_id) / "stopped"
        if stopped:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)

    def prune(self, now: datetime, *, keep_days: float) -> int:
        """Delete uploads and small pictures older than the journal keeps photos; gives how many. Names and results stay."""
        until, count = (now - timedelta(days=keep_days)).timestamp(), 0
        for delivery in self.all():
            for part in ("waiting", "small"):
                for path in (self.root / delivery.id / part).iterdir():
                    if path.stat().st_mtime < until:
                        path.unlink(missing_ok=True)
                        count += 1
        return count

    def size(self) -> int:
        """Bytes of all deliveries' files."""
        return sum(path.stat().st_size for path in self.root.rglob("*") if path.is_file())

    def _waiting(self, delivery_id: str) -> Path:
        return self.root / checked_id(delivery_id) / "waiting"

    def _append(self, delivery_id: str, name: str, facts: dict) -> None:
        line = json.dumps(facts, ensure_ascii=False).encode() + b"\n"
        with open(self.root / checked_id(delivery_id) / name, "ab+") as file:
            if file.tell() and not _ends_whole(file):
                line = b"\n" + line  # half a line of a killed process must not swallow this one
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _lines(self, delivery_id: str, name: str) -> Iterator[dict]:
        try:
            text = (self.root / checked_id(delivery_id) / name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        for line in text.split("\n"):
            try:
                facts = json.loads(line)
            except ValueError:
                continue
            if isinstance(facts, dict):
                yield facts


def _ends_whole(file) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _write_whole(path: Path, data: bytes) -> None:
    """Under a name of its own first, so that no half-written file ever bears the final one."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)
