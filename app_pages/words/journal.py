"""What staff decide, History and New arrivals."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    # what staff decide, and what the journal keeps of it
    "page.history": ("History", "Verlauf"),
    "page.arrivals": ("New arrivals", "Neue Ware"),
    "next": ("Next photo", "Nächstes Foto"),
    "decide.it": ("This is it", "Das ist es"),
    "decide.none": ("None of these", "Keiner davon"),
    "decide.undo": ("Undo – decide again", "Zurück – neu entscheiden"),
    "decided.open": ("Not decided", "Nicht entschieden"),
    "decided.confirmed": ("Confirmed", "Bestätigt"),
    "chosen": ("The item", "Der Artikel"),
    "decided.none_of_these": ("None of these", "Keiner davon"),
    "decided.new_arrival": ("New arrival, on the list", "Neue Ware, auf der Liste"),
    "arrival.keep": ("Keep as a new arrival", "Als neue Ware behalten"),
    "arrival.note": ("Note for those who will add it (optional)", "Notiz für die, die es anlegen (muss nicht sein)"),
    "arrival.note.such": ("Supplier, size, where it lies …", "Lieferant, Größe, wo es liegt …"),
    "look_alikes": ("Items that look alike", "Artikel, die ähnlich aussehen"),
    "photos.gone": (
        "The photos of this look-up have been deleted, their time was up. Take a new photo to search again.",
        "Die Fotos dieser Suche sind gelöscht, ihre Zeit war um. Zum neuen Suchen ein neues Foto aufnehmen.",
    ),
    "journal.let_go": (
        "This look-up could not be noted before and is no longer held: send the photo again, then say what it is.",
        "Diese Suche konnte nicht vermerkt werden und liegt nicht mehr vor: das Foto noch einmal senden, dann sagen, was es ist.",
    ),
    "journal.failed": ("This could not be noted on the box. {why}", "Das konnte auf dem Gerät nicht vermerkt werden. {why}"),
    "earlier.open": ("Open earlier photo {n}", "Früheres Foto {n} öffnen"),
    "queue.before": ("{count} before you", "{count} vor dir"),
    "queue.next": ("You are next", "Du bist als Nächstes dran"),
    "worker.ask": ("Who is working? (optional)", "Wer arbeitet hier? (muss nicht sein)"),
    "worker.is": ("Working: {name}", "Es arbeitet: {name}"),
    "worker.name": ("Your name", "Dein Name"),
    "worker.why": (
        "It is written beside your look-ups, so that you find them in the history. Leave it empty to give none.",
        "Er steht bei deinen Suchen, damit du sie im Verlauf findest. Leer lassen, um keinen anzugeben.",
    ),
    # history and new arrivals
    "history.search": ("Search by word, item, name or note", "Nach Wort, Artikel, Name oder Notiz suchen"),
    "history.filters": ("More filters", "Mehr Filter"),
    "history.worker": ("Worker", "Wer"),
    "history.state": ("State", "Stand"),
    "history.since": ("From", "Von"),
    "history.until": ("To", "Bis"),
    "history.none": ("No look-up fits. Take a word or a filter away.", "Keine Suche passt. Ein Wort oder einen Filter weglassen."),
    "history.empty": ("No photo has been looked up yet.", "Es wurde noch kein Foto gesucht."),
    "history.count": ("Look-ups found: {total}", "Gefundene Suchen: {total}"),
    "history.shown": ("{first} to {last} of {total} look-ups", "{first} bis {last} von {total} Suchen"),
    "history.kept": (
        "Photos are kept for {days} days, then deleted. What was found and decided stays.",
        "Fotos bleiben {days} Tage, dann werden sie gelöscht. Was gefunden und entschieden wurde, bleibt.",
    ),
    "history.csv": ("Download this list (CSV)", "Diese Liste laden (CSV)"),
    "history.xlsx": ("Download this list (Excel)", "Diese Liste laden (Excel)"),
    "arrivals.none": (
        "Nothing is on the list. Where a photo is not in the catalogue, tap “Keep as a new arrival”.",
        "Nichts auf der Liste. Wo ein Foto nicht im Katalog ist, „Als neue Ware behalten“ tippen.",
    ),
    "arrivals.what": ("For those who look after the catalogue.", "Für alle, die den Katalog pflegen."),
    "arrivals.alike": ("Looks like {titles}", "Sieht aus wie {titles}"),
}
