"""The page Better photos."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    # better photos
    "page.improve": ("Better photos", "Bessere Fotos"),
    "improve.what": (
        "Up to 20 photos. Each comes back in three versions: light and colours set right, half of that, and another reading of the light.",
        "Bis zu 20 Fotos. Jedes kommt in drei Fassungen zurück: Licht und Farben berichtigt, halb so stark, und das Licht anders gedeutet.",
    ),
    "improve.choose": ("Choose photos", "Fotos wählen"),
    "improve.too_many": ("At most {most} photos at once. Left out: {count}.", "Höchstens {most} Fotos auf einmal. Weggelassen: {count}."),
    "improve.working": ("Photo {n} of {count} …", "Foto {n} von {count} …"),
    "improve.fine": ("This photo is fine as it is.", "Dieses Foto ist schon gut so."),
    "improve.original": ("Original", "Original"),
    "improve.best": ("Best estimate", "Beste Schätzung"),
    "improve.gentler": ("Gentler", "Sanfter"),
    "improve.warmer": ("Other light: warmer", "Anderes Licht: wärmer"),
    "improve.cooler": ("Other light: cooler", "Anderes Licht: kühler"),
    "improve.greener": ("Other light: greener", "Anderes Licht: grüner"),
    "improve.pinker": ("Other light: pinker", "Anderes Licht: rosiger"),
    "improve.take": ("Take: {name}", "Nehmen: {name}"),
    "improve.chosen": ("Chosen: {name}", "Gewählt: {name}"),
    "improve.slider": (
        "Left the original, right the new version: move the line",
        "Links das Original, rechts die neue Fassung: Linie schieben",
    ),
    "improve.search": ("Search with this one", "Hiermit suchen"),
    "improve.download": ("Download this one", "Diese Fassung laden"),
    "improve.zip": ("Download the chosen ones (zip)", "Die gewählten laden (zip)"),
    "improve.again": ("Other photos", "Andere Fotos"),
}
