"""The journal's database: SQLite with a write-ahead log, its schema and its migrations; every SQLite error becomes a JournalError.

Several threads and processes may use one file at once: writers queue for the lock, readers never wait. A commit is on the disk when it
returns (synchronous=FULL), so neither a killed process nor a power cut loses an answer that was given.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.errors import JournalError

# lookups: what was asked, and the present state as `replay` gives it, kept beside for searching; events and answers only ever grow.
_VERSION_1 = """
CREATE TABLE lookups (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time TEXT NOT NULL, worker TEXT NOT NULL, batch TEXT NOT NULL,
  photos INTEGER NOT NULL, photo_bytes INTEGER NOT NULL, photos_gone TEXT, index_build TEXT NOT NULL, total_ms REAL NOT NULL,
  verdict TEXT NOT NULL, probability REAL NOT NULL, first_id TEXT NOT NULL, first_title TEXT NOT NULL, first_score REAL NOT NULL,
  outcome TEXT NOT NULL, answer INTEGER NOT NULL, item_id TEXT NOT NULL, item_title TEXT NOT NULL, note TEXT NOT NULL,
  searched TEXT NOT NULL
);
CREATE INDEX lookups_time ON lookups (time, verdict, outcome, total_ms);
CREATE INDEX lookups_outcome ON lookups (outcome, time);
CREATE INDEX lookups_kept ON lookups (time, photo_bytes) WHERE photos_gone IS NULL;
CREATE TABLE answers (
  lookup INTEGER NOT NULL REFERENCES lookups, place INTEGER NOT NULL, mask INTEGER NOT NULL, content TEXT NOT NULL, vectors BLOB,
  PRIMARY KEY (lookup, place)
);
CREATE TABLE events (
  number INTEGER PRIMARY KEY, lookup INTEGER NOT NULL REFERENCES lookups, time TEXT NOT NULL, worker TEXT NOT NULL, kind TEXT NOT NULL,
  item_id TEXT NOT NULL, title TEXT NOT NULL, note TEXT NOT NULL, answer INTEGER NOT NULL, undoes INTEGER REFERENCES events
);
CREATE INDEX events_lookup ON events (lookup);
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_last BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER answers_stay BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers are never changed'); END;
CREATE TRIGGER answers_last BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers are never deleted'); END;
"""

MIGRATIONS = (_VERSION_1,)
"""Script n takes a database from version n to n + 1; scripts are added, never changed. SQLite's user_version holds the version."""

_WAIT_S = 20.0  # for another process's lock; a write holds it for some milliseconds


class Store:
    """One open database: a connection to write and one to read, each behind a lock. Thread-safe."""

    def __init__(self, path: Path, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self.path = path
        self._writer, self._reader = writer, reader
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()

    @classmethod
    def open(cls, path: Path, *, migrations: Sequence[str] = MIGRATIONS) -> Store:
        """Open the database, made where there is none, and bring it up to date. Raises JournalError, also for a newer program's file."""
        path = Path(path).absolute()
        connections: list[sqlite3.Connection] = []
        try:
            with translated(path, "opened"):
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                for _ in range(2):
                    connections.append(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False))
                _prepare(connections[0], path, migrations)
                connections[1].execute("PRAGMA query_only=ON")
        except BaseException:
            for connection in connections:
                connection.close()
            raise
        return cls(path, *connections)

    def close(self) -> None:
        with self._write_lock, self._read_lock:
            self._writer.close()
            self._reader.close()

    def ask(self, question: str, *values: object) -> list[tuple]:
        """Rows of a question that changes nothing. Raises JournalError."""
        with translated(self.path, "read"), self._read_lock:
            return self._reader.execute(question, values).fetchall()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when the block ends, and undone where the block or the disk fails. Raises JournalError."""
        with translated(self.path, "written"), self._write_lock, _transaction(self._writer) as connection:
            yield connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")  # the lock first: a transaction that reads and then asks for it may be refused
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # after some errors SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    if _write_ahead(connection) != "wal":
        raise JournalError(
            f"The journal {path} cannot keep a write-ahead log.", path=str(path), remedy="Put the data folder on a local disk."
        )
    if _version(connection) == len(migrations):
        return
    with _transaction(connection):  # within the lock, so that of two programs starting at once only one migrates
        version = _version(connection)
        if version > len(migrations):
            raise JournalError(
                f"The journal {path} has version {version}, this program knows {len(migrations)}.",
                path=str(path),
                remedy="Start the newer program that wrote it, or name another data folder.",
            )
        for script in migrations[version:]:
            for statement in _statements(script):
                connection.execute(statement)  # executescript() would commit, and a migration must be whole or not at all
        connection.execute(f"PRAGMA user_version={len(migrations)}")


def _write_ahead(connection: sqlite3.Connection) -> str:
    """Ask for a write-ahead log; gives the mode the file is in.

    Two programs that ask for it at once on a new file can each hold what the other waits for; SQLite then refuses one at once, whatever
    its time-out. So that one asks again, until the time-out.
    """
    end = time.monotonic() + _WAIT_S
    while True:
        try:
            return connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if not getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY") or time.monotonic() > end:
                raise
            time.sleep(random.uniform(0.005, 0.05))


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; a trigger's body holds semicolons of its own."""
    statement = ""
    for piece in script.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \n;"):
                yield statement
            statement = ""


@contextmanager
def translated(path: Path, verb: str) -> Iterator[None]:
    """sqlite3.Error and OSError inside the block -> JournalError that says the journal at `path` cannot be `verb`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason, remedy = _why(error, path)
        raise JournalError(f"The journal cannot be {verb}: {reason}.", path=str(path), remedy=remedy) from error


def _why(error: Exception, path: Path) -> tuple[str, str]:
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, OSError):
        return f"{error.strerror or error} ({error.filename or path})", _ROOM
    if name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_FSYNC"):
        return f"the disk takes no more of {path}", _ROOM
    if name.startswith("SQLITE_BUSY"):
        return f"another program has held {path} for {_WAIT_S:.0f} seconds", "End what else is using it, and try again."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return f"{path} must not be written ({error})", "Give the program's user the right to write the data folder."
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return f"{path} is damaged ({error})", "Restore it from a back-up, or move it away to begin a new one."
    return f"{path}: {error}", _ROOM


_ROOM = "Look at the data folder's disk and its rights, make room (`python -m edge journal prune`), and try again."
