"""Everything the pages say, in every language: one line a phrase, one column a language. A new language is a new column."""

from __future__ import annotations

LANGUAGES = {"en": "English", "de": "Deutsch"}

# key: (English, German). Facts stand in braces and are the same in all columns.
TABLE: dict[str, tuple[str, ...]] = {
    # frame
    "tagline": ("Which item is this garment?", "Welcher Artikel ist das?"),
    "page.look_up": ("Look up", "Suchen"),
    "page.catalogue": ("Catalogue", "Katalog"),
    "page.this_box": ("This box", "Gerät"),
    "nav.more": ("More", "Mehr"),
    "language": ("Language", "Sprache"),
    "not_ready": ("This box is not ready. {why}", "Dieses Gerät ist noch nicht bereit. {why}"),
    "not_ready.help": (
        "`make run` builds a small demo index. To use your own, set `RACKLENS_INDEX` to its folder and start again.",
        "`make run` baut einen kleinen Beispiel-Katalog. Für den eigenen `RACKLENS_INDEX` auf seinen Ordner setzen und neu starten.",
    ),
    "loading": ("Loading the models and the index …", "Modelle und Katalog werden geladen …"),
    # taking photos
    "upload": ("Take or choose a photo", "Foto aufnehmen oder wählen"),
    "looking": ("Looking it up …", "Wird gesucht …"),
    "camera": ("Use this device's camera in the page", "Kamera dieses Geräts in der Seite nutzen"),
    "camera.on": ("Camera on", "Kamera an"),
    "camera.label": ("Camera", "Kamera"),
    "samples": ("Or try a sample photo", "Oder ein Beispielfoto probieren"),
    "sample": ("Sample photo", "Beispielfoto"),
    "try": ("Try", "Testen"),
    "earlier": ("Earlier photos ({count})", "Frühere Fotos ({count})"),
    "photo_of": ("Photo {n} of {count}: {name}", "Foto {n} von {count}: {name}"),
    "open": ("Open photo {n}", "Foto {n} öffnen"),
    "several": ("These photos show", "Diese Fotos zeigen"),
    "several.different": ("Different items", "Verschiedene Artikel"),
    "several.one": ("One item", "Einen Artikel"),
    "together": ("{count} photos of one item", "{count} Fotos eines Artikels"),
    "together.left_out": (
        "{count} of them could not be used: no garment was found on it.",
        "{count} davon war nicht zu gebrauchen: Es wurde keine Kleidung darauf gefunden.",
    ),
    # verdict
    "verdict.in_catalogue": ("In the catalogue", "Im Katalog"),
    "verdict.unsure": ("Not sure – please choose", "Nicht sicher – bitte wählen"),
    "verdict.not_in_catalogue": ("Not in the catalogue", "Nicht im Katalog"),
    "sure.in_catalogue": ("{chance} sure, calibrated on {trials} trials", "{chance} sicher, geeicht an {trials} Versuchen"),
    "sure.unsure": (
        "{chance} chance that it is the first one, calibrated on {trials} trials",
        "Zu {chance} ist es der erste, geeicht an {trials} Versuchen",
    ),
    "sure.not_in_catalogue": (
        "{chance} chance that the closest item is this garment, calibrated on {trials} trials",
        "Zu {chance} ist der ähnlichste Artikel dieses Stück, geeicht an {trials} Versuchen",
    ),
    "sure.unknown": (
        "How sure cannot be said: this catalogue is not calibrated",
        "Wie sicher, lässt sich nicht sagen: Dieser Katalog ist nicht geeicht",
    ),
    "chance.least": ("less than 1 %", "weniger als 1 %"),
    "chance.most": ("more than 99 %", "mehr als 99 %"),
    # one result
    "your_photo": ("Your photo", "Dein Foto"),
    "your_cutout": ("The garment cut out of your photo", "Das freigestellte Stück aus deinem Foto"),
    "best_match": ("Best match", "Bester Treffer"),
    "closest": ("Closest item", "Ähnlichster Artikel"),
    "which": ("Which one is it?", "Welcher ist es?"),
    "closest_items": ("Closest items", "Ähnlichste Artikel"),
    "more": ("{count} more that look alike", "{count} weitere, die ähnlich aussehen"),
    "whole_photo": ("The whole photo", "Das ganze Foto"),
    "match": ("Match {score} – {why}", "Übereinstimmung {score} – {why}"),
    "like.very": ("very close", "sehr nah"),
    "like.close": ("close", "nah"),
    "like.roughly": ("roughly alike", "etwa gleich"),
    "like.not": ("different", "anders"),
    "part.shape": ("shape", "Form"),
    "part.pattern": ("pattern", "Muster"),
    "part.colour": ("colour", "Farbe"),
    # an item
    "shelf": ("Shelf", "Fach"),
    "no_picture": ("No picture", "Kein Bild"),
    "stock.gone": ("Out of stock", "Nicht am Lager"),
    "stock.count": ("{count} in stock", "{count} am Lager"),
    "stock.in_stock": ("In stock", "Am Lager"),
    "stock.preorder": ("Preorder", "Vorbestellbar"),
    "stock.backorder": ("Backorder", "Nachbestellt"),
    # ranking after a change
    "moved.up": ("Up {count}", "{count} hoch"),
    "moved.down": ("Down {count}", "{count} runter"),
    "moved.new": ("New", "Neu"),
    "moved.same": ("Searched again: the order stays the same.", "Neu gesucht: Die Reihenfolge bleibt."),
    "moved.first": (
        "Searched again. Now first: {title} (was number {rank}).",
        "Neu gesucht. Jetzt zuerst: {title} (vorher Platz {rank}).",
    ),
    "moved.first_new": (
        "Searched again. Now first: {title} (new in the list).",
        "Neu gesucht. Jetzt zuerst: {title} (neu in der Liste).",
    ),
    "moved.some": ("Searched again. First stays first, {count} others moved.", "Neu gesucht. Der erste bleibt, {count} andere rücken."),
    # outline
    "outline.check": ("Check the outline", "Umriss prüfen"),
    "outline.check.why": (
        "The bright part is what was searched with. If something is missing or too much, paint it.",
        "Mit dem hellen Teil wurde gesucht. Fehlt etwas oder ist es zu viel: anmalen.",
    ),
    "outline.none": (
        "Or show us the garment: drag a box around it, or paint it.",
        "Oder zeig uns das Stück: einen Rahmen darum ziehen oder es anmalen.",
    ),
    "outline.right": ("Outline is right", "Umriss stimmt"),
    "outline.keep": ("Keep this outline", "Diesen Umriss behalten"),
    "outline.kept": ("Kept. Thank you – this helps to learn.", "Behalten. Danke – daraus wird gelernt."),
    "outline.not_kept": (
        "The outline is used, but could not be kept on this box ({why}).",
        "Der Umriss wird benutzt, konnte auf diesem Gerät aber nicht gespeichert werden ({why}).",
    ),
    "outline.correct": ("Correct the outline", "Umriss ausbessern"),
    "outline.close": ("Close", "Schließen"),
    "outline.first": ("Back to the first outline", "Zurück zum ersten Umriss"),
    "outline.picture": ("Your photo, the garment bright", "Dein Foto, das Stück hell"),
    "paint.garment": ("Garment", "Kleidung"),
    "paint.other": ("Not garment", "Keine Kleidung"),
    "paint.box": ("Box", "Rahmen"),
    "paint.undo": ("Undo", "Zurück"),
    "paint.clear": ("Clear", "Alles löschen"),
    "paint.thin": ("Thin brush", "Dünner Pinsel"),
    "paint.search": ("Search again", "Neu suchen"),
    "paint.hint.garment": ("Paint over what is missing from the garment.", "Übermalen, was vom Stück fehlt."),
    "paint.hint.other": ("Paint over what does not belong to it.", "Übermalen, was nicht dazugehört."),
    "paint.hint.box": ("Drag a box around the garment.", "Einen Rahmen um das Stück ziehen."),
    "buttons.title": ("Without drawing", "Ohne Malen"),
    "buttons.across": ("Garment from left to right, in % of the photo", "Stück von links nach rechts, in % des Fotos"),
    "buttons.down": ("Garment from top to bottom, in % of the photo", "Stück von oben nach unten, in % des Fotos"),
    "buttons.box": ("Search with this box", "Mit diesem Rahmen suchen"),
    "buttons.grow": ("Wider", "Weiter"),
    "buttons.shrink": ("Tighter", "Enger"),
    # what matters
    "matters": ("What matters most?", "Worauf kommt es an?"),
    "matters.less": ("Less", "Weniger"),
    "matters.normal": ("Normal", "Normal"),
    "matters.more": ("More", "Mehr"),
    "matters.reset": ("Back to the first order", "Zurück zur ersten Reihenfolge"),
    "matters.liked": ("You said: {more} more like this, {less} not like this.", "Du sagst: {more}-mal mehr davon, {less}-mal nicht so."),
    "like": ("More like this", "Mehr davon"),
    "dislike": ("Not like this", "Nicht so"),
    "like.label": ("Is it like {title}?", "Ist es wie {title}?"),
    # catalogue
    "catalogue.search": ("Search by word, number or shelf", "Nach Wort, Nummer oder Fach suchen"),
    "catalogue.kind": ("Kind", "Art"),
    "catalogue.colour": ("Colour", "Farbe"),
    "catalogue.all": ("All", "Alle"),
    "catalogue.count": ("Items found: {total}", "Gefundene Artikel: {total}"),
    "catalogue.shown": ("{first} to {last} of {total} items", "{first} bis {last} von {total} Artikeln"),
    "catalogue.none": ("No item fits. Take a word or a filter away.", "Kein Artikel passt. Ein Wort oder einen Filter weglassen."),
    "catalogue.open": ("Open", "Öffnen"),
    "catalogue.back": ("Back to the list", "Zurück zur Liste"),
    "catalogue.before": ("Previous", "Vorige"),
    "catalogue.next": ("Next", "Nächste"),
    "catalogue.gone": ("This item is not in the catalogue any more.", "Diesen Artikel gibt es im Katalog nicht mehr."),
    "item.kind": ("Kind", "Art"),
    "item.colour": ("Colour", "Farbe"),
    "item.pattern": ("Pattern", "Muster"),
    "item.size": ("Size", "Größe"),
    "item.price": ("Price", "Preis"),
    "item.group": ("Group", "Gruppe"),
    "item.number": ("Number", "Nummer"),
    "item.stock": ("Stock", "Bestand"),
    # this box
    "about": ("About this box", "Über dieses Gerät"),
    "fell_back": (
        "The GPU was asked for, but the CPU does the work. Look-ups are slower; `python -m edge doctor` says why.",
        "Verlangt war die GPU, es rechnet aber die CPU. Die Suche ist langsamer; `python -m edge doctor` sagt, warum.",
    ),
    "box.runs_on": ("runs on {provider}", "läuft auf {provider}"),
    "box.asked": ("Asked for", "Verlangt"),
    "box.threads": ("Threads", "Threads"),
    "box.index": ("Index", "Index"),
    "box.items": ("Items", "Artikel"),
    "box.calibration": ("Calibration", "Eichung"),
    "box.trials": ("{trials} trials", "{trials} Versuche"),
    "box.none_yet": ("none yet", "noch keine"),
    "box.took": ("{stage} took", "{stage} dauerte"),
    "health.ready": ("Ready", "Bereit"),
    "health.ready.why": ("{items} items can be found on this box.", "{items} Artikel sind auf diesem Gerät zu finden."),
    "health.slow": ("Works, but slowly", "Läuft, aber langsam"),
    "health.build": ("The index", "Der Index"),
    "health.pictures": ("Pictures", "Bilder"),
    "health.self_recall": ("Pictures that find themselves", "Bilder, die sich selbst finden"),
    "health.skipped": ("Left out when built", "Beim Bauen ausgelassen"),
    "health.twins": ("Pairs that look the same", "Paare, die gleich aussehen"),
    "health.models": ("The models", "Die Modelle"),
    "health.check": ("Verdict", "Urteil"),
    "health.checked_on": ("Calibrated on", "Geeicht an"),
    "health.source": ("Photos used", "Benutzte Fotos"),
    "health.source.made views": ("made from the catalogue's own pictures", "aus den Bildern des Katalogs gemacht"),
    "health.false_accepts": ("Wrongly said to be in the catalogue", "Zu Unrecht „im Katalog“"),
    "health.right_accepted": ("Rightly said so at once", "Sofort richtig erkannt"),
    "health.report": ("Download the full report", "Vollständigen Bericht laden"),
    "health.no_report": ("This index came without a report.", "Zu diesem Index gibt es keinen Bericht."),
    "health.left_out": ("What was left out, and why", "Was ausgelassen wurde, und warum"),
    # errors of the library, by class; English speaks through the error itself
    "error.NotAPhoto": (
        "{what} {remedy}",
        "Diese Datei ist kein lesbares Foto. Bitte ein Foto als JPEG, PNG, WebP oder HEIC senden.",
    ),
    "error.PhotoTooLarge": (
        "{what} {remedy}",
        "Das Foto ist zu groß. In den Einstellungen der Kamera eine kleinere Bildgröße wählen.",
    ),
    "error.PhotoTruncated": ("{what} {remedy}", "Das Foto kam nicht vollständig an. Bitte noch einmal senden."),
    "error.NoGarmentFound": (
        "{what} {remedy}",
        "Auf dem Foto wurde keine Kleidung gefunden. Das ganze Stück formatfüllend vor andersfarbigem Hintergrund aufnehmen.",
    ),
    "error.CorrectionError": (
        "{what} {remedy}",
        "Mit diesen Strichen ging es nicht. Etwas mehr vom Stück und vom Hintergrund anmalen oder „Zurück“ tippen.",
    ),
}


def text(language: str, key: str, **facts: object) -> str:
    """The phrase of a key in a language (a key of LANGUAGES), with its facts filled in. Raises KeyError for an unknown key."""
    return TABLE[key][list(LANGUAGES).index(language)].format(**facts)


def known(key: str) -> bool:
    return key in TABLE


def fitting(*wishes: str | None) -> str:
    """The first wish ('de', 'de-AT', None ...) that there is a column for; English where there is none."""
    for wish in wishes:
        language = (wish or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"
