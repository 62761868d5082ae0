"""What every page says around its own matter: names of pages, settings, access, groups of garments."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
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
    # groups of garments; one that is not here keeps its name in the taxonomy
    "group.tops": ("Tops", "Oberteile"),
    "group.bottoms": ("Bottoms", "Hosen und Röcke"),
    "group.one-piece": ("One-piece", "Einteiler"),
    "group.outerwear": ("Outerwear", "Jacken"),
    "group.footwear": ("Footwear", "Schuhe"),
    "group.headwear": ("Headwear", "Kopfbedeckungen"),
    "search": ("Search", "Suchen"),
    # who may open the page
    "access.title": ("Please enter the passcode", "Bitte den Code eingeben"),
    "access.code": ("Passcode", "Code"),
    "access.open": ("Open", "Öffnen"),
    "access.wrong": (
        "That was not the passcode. Ask whoever looks after this box.",
        "Das war nicht der Code. Frag, wer das Gerät betreut.",
    ),
    "access.wait": (
        "Too many wrong passcodes on this box. Try again in {seconds} seconds.",
        "Zu viele falsche Codes an diesem Gerät. In {seconds} Sekunden noch einmal versuchen.",
    ),
    "access.sign_in": ("Sign in", "Anmelden"),
    "access.sign_in.why": ("This box asks who you are.", "Dieses Gerät fragt, wer du bist."),
    "access.refused": (
        "This page can be reached from the network, but nothing protects it: it stays closed.",
        "Diese Seite ist aus dem Netz zu erreichen, aber durch nichts geschützt: Sie bleibt zu.",
    ),
    "access.refused.help": (
        "On the box, run `python -m edge passcode`, set the line it prints in the environment, and start again. Or open the page on the "
        "box itself only: start it with `--server.address 127.0.0.1`. The README says more under “Opening the box to the network”.",
        "Auf dem Gerät `python -m edge passcode` ausführen, die ausgegebene Zeile in die Umgebung setzen und neu starten. Oder die Seite "
        "nur am Gerät selbst öffnen: mit `--server.address 127.0.0.1` starten. Mehr im README unter “Opening the box to the network”.",
    ),
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
