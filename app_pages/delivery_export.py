"""A delivery as a spreadsheet: CSV, and XLSX with small pictures and a second sheet of totals by item."""

from __future__ import annotations

import io
from collections.abc import Sequence

from app_pages.delivery_rows import Kind, Row, totals
from app_pages.delivery_store import DeliveryStore
from edge.journal_export import Cell, to_csv, workbook, write_sheet

COLUMNS = (
    "number", "photo", "result", "decided_by", "probability", "item_id", "title", "location", "quantity", "availability", "price",
    "closest_id", "closest_title", "note", "problem", "worker", "time_utc", "lookup_id",
)  # fmt: skip
RESULTS = {
    Kind.IN: "in_catalogue", Kind.CHOOSE: "unsure", Kind.OUT: "not_in_catalogue", Kind.NEW: "new_arrival", Kind.FAILED: "failed",
    Kind.WAITING: "waiting",
}  # fmt: skip
"""Names as in the journal's exports."""


def to_csv_file(rows: Sequence[Row]) -> bytes:
    """A line for each photo; nothing in it is taken for a formula."""
    return to_csv(COLUMNS, map(cells, rows))


def to_xlsx_file(rows: Sequence[Row], store: DeliveryStore, delivery_id: str) -> bytes:
    """Sheet "delivery": as the CSV, with each photo's small picture first; sheet "items": how many photos show which item."""
    out = io.BytesIO()
    with workbook(out) as book:
        write_sheet(book, "delivery", ("picture", *COLUMNS), ((_small(store, delivery_id, row), *cells(row)) for row in rows))
        found = ((item.item_id, item.title, item.location, item.quantity, count) for item, count in totals(rows))
        write_sheet(book, "items", ("item_id", "title", "location", "quantity", "photos"), found)
    return out.getvalue()


def cells(row: Row) -> tuple[Cell, ...]:
    """One row's values in the order of COLUMNS; None where there is nothing to say."""
    line, item, closest = row.line, row.item, row.closest
    problem = f"{row.failure.what} {row.failure.remedy}".strip() or row.failure.kind if row.failure else ""
    return (
        row.number, row.photo.name, RESULTS[row.kind], "worker" if row.by_hand else "program" if line else "",
        round(line.probability, 4) if line else None, *_item(item),
        closest.item_id if closest else "", closest.title if closest else "", line.state.note if line else "", problem,
        line.worker if line else "", line.time if line else "", row.photo.id,
    )  # fmt: skip


def _item(item) -> tuple[Cell, ...]:
    return (item.item_id, item.title, item.location, item.quantity, item.availability, item.price) if item else ("", "", "", None, "", "")


def _small(store: DeliveryStore, delivery_id: str, row: Row) -> bytes | None:
    try:
        return store.small_path(delivery_id, row.photo.id).read_bytes()
    except FileNotFoundError:
        return None
