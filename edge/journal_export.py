"""The history and the new arrivals as CSV and XLSX, safe to open: no cell of foreign text ever becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import xlsxwriter
from PIL import Image

from edge.errors import RequestError
from edge.journal_history import History
from edge.journal_types import Outcome, Search

HISTORY_COLUMNS = (
    "time_utc", "id", "worker", "delivery", "verdict", "probability", "outcome", "item_id", "item_title", "note",
    "first_match_id", "first_match_title", "first_match_score", "photos", "photos_kept", "index_build", "total_ms",
)  # fmt: skip
ARRIVAL_COLUMNS = (
    "time_utc", "id", "worker", "delivery", "note", "look_alike_1", "look_alike_1_title", "look_alike_2", "look_alike_2_title",
    "look_alike_3", "look_alike_3_title", "photo_1",
)  # fmt: skip

_XLSX_ROWS = 1_048_576  # what a sheet holds, its heading included
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
PICTURE_PX = 72  # height of a picture in a sheet; the row is made to hold it
Cell = str | float | int | bool | datetime | bytes | None
"""bytes: a small JPEG, for sheets only; None: an empty cell."""


def history_rows(history: History, search: Search | None = None) -> Iterator[tuple[Cell, ...]]:
    """A row of HISTORY_COLUMNS for each look-up that satisfies the search, newest first. Raises JournalError."""
    for line in history.every(search):
        state = line.state
        yield (
            line.time, line.id, line.worker, line.batch, line.verdict.value, round(line.probability, 4), state.outcome.value, state.item_id,
            state.title, state.note, line.first_id, line.first_title, round(line.first_score, 4), line.photos, line.photos_kept,
            line.index_build, round(line.total_ms, 1),
        )  # fmt: skip


def arrival_rows(history: History, search: Search | None = None) -> Iterator[tuple[Cell, ...]]:
    """A row of ARRIVAL_COLUMNS for each new arrival that satisfies the search: three look-alikes, and the first photo's file if kept."""
    for line in history.every(replace(search or Search(), outcome=Outcome.NEW_ARRIVAL)):
        entry = history.entry(line.id)
        alike = [(match.item.item_id, match.item.title) for match in entry.matches[:3]]
        alike += [("", "")] * (3 - len(alike))
        photo = "/".join(entry.photo_paths[0].parts[-2:]) if entry.photo_paths else ""
        yield (line.time, line.id, line.worker, line.batch, line.state.note, *(text for pair in alike for text in pair), photo)


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, delimiter: str = ",") -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes umlauts apart; text that a spreadsheet would compute gets an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows([_as_text(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str) -> bytes:
    """A workbook with one sheet: real numbers and times (UTC), a frozen heading with filters.

    All text is text, and what a spreadsheet would compute bears its leading apostrophe (quotePrefix), so that it stays text when edited.
    Raises RequestError for more rows than a sheet holds.
    """
    out = io.BytesIO()
    with workbook(out) as book:
        write_sheet(book, sheet, columns, rows)
    return out.getvalue()


def workbook(out: io.BytesIO) -> xlsxwriter.Workbook:
    """A new workbook that takes no text for a formula or a link; it is written to `out` when it is closed."""
    return xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})


def write_sheet(book: xlsxwriter.Workbook, sheet: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Add a sheet as `to_xlsx` describes it; pictures lie in their cell and move with it when rows are sorted or filtered."""
    page = book.add_worksheet(sheet)
    bold, quoted = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for column, name in enumerate(columns):
        page.write_string(0, column, name, bold)
    page.set_column(0, len(columns) - 1, 18)
    number = 0
    for number, row in enumerate(rows, 1):
        if number >= _XLSX_ROWS:
            raise RequestError("There are more look-ups than a sheet can hold.", remedy="Choose a range of dates, or take CSV.")
        for column, cell in enumerate(row):
            if isinstance(cell, bool):
                page.write_boolean(number, column, cell)
            elif isinstance(cell, datetime):
                page.write_datetime(number, column, cell.astimezone(UTC).replace(tzinfo=None), moment)
            elif isinstance(cell, str):
                page.write_string(number, column, cell[:32767], quoted if cell.startswith(_STARTS_FORMULA) else None)
            elif isinstance(cell, bytes):
                page.set_row_pixels(number, PICTURE_PX + 4)
                scale = PICTURE_PX / max(Image.open(io.BytesIO(cell)).size)
                place = {"x_offset": 2, "y_offset": 2, "x_scale": scale, "y_scale": scale, "object_position": 1}
                page.insert_image(number, column, f"{number}.jpg", {"image_data": io.BytesIO(cell), **place})
            elif cell is not None:
                page.write_number(number, column, cell)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, number, len(columns) - 1)


def _as_text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_STARTS_FORMULA) else cell
    return "" if cell is None or isinstance(cell, bytes) else str(cell)
