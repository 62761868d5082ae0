"""The page: photos in, for each the verdict and the items it may be. Everything it knows comes from one shared Lookup.

    uploads -> look_up (one at a time per seat) -> Result (small JPEGs and text) -> session -> HTML

A Result keeps what is shown and nothing else; the upload itself is dropped as soon as its look-up is done.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from edge.errors import RacklensError, SetupError
from edge.lookup import Lookup, current_build, overlay_path
from edge.photo import read_photo
from edge.types import Answer, CatalogueItem, Match, Verdict

SEATS = 2  # look-ups at the same time; more would only make each of them slower
PHOTO_SIDE, PICTURE_SIDE = 800, 400  # longest side in pixels of what is sent to the phone
KEPT = 12  # results a session remembers
SAMPLES = 3

HEADLINES = {
    Verdict.IN_CATALOGUE: ("in", "In the catalogue"),
    Verdict.UNSURE: ("unsure", "Not sure – please choose"),
    Verdict.NOT_IN_CATALOGUE: ("out", "Not in the catalogue"),
}
# A part's cosine in words; the last line catches the rest.
LIKENESS = ((0.95, "very close"), (0.85, "close"), (0.70, "roughly alike"), (-1.1, "different"))


@dataclass(frozen=True)
class Box:
    """What all sessions share: the loaded models and index, and how many look-ups may run at once."""

    lookup: Lookup
    seats: threading.BoundedSemaphore


@dataclass(frozen=True, kw_only=True)
class Result:
    """One look-up as it is shown: pictures as data URIs, `error` instead of an answer where there is none."""

    digest: str
    name: str
    photo: str = ""
    error: str = ""
    verdict: Verdict = Verdict.UNSURE
    sureness: str = ""
    cutout: str = ""
    cards: tuple[tuple[Match, str], ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)


# --- look-ups ---------------------------------------------------------------------------------------------------------


def index_version(index_root: Path) -> tuple[str, float]:
    """The current build and when it was last calibrated: what a running page has to notice. Raises IndexFolderError."""
    build = current_build(index_root)
    overlay = overlay_path(index_root / build)
    return build, overlay.stat().st_mtime if overlay.exists() else 0.0


@st.cache_resource(max_entries=1, show_spinner="Loading the models and the index …")
def open_box(index_root: str, version: tuple[str, float]) -> Box:
    """One Box for all sessions. `version` is only the cache's key: a new one opens a new Box. Raises SetupError."""
    return Box(Lookup.open(Path(index_root)), threading.BoundedSemaphore(SEATS))


def jpeg_uri(picture: np.ndarray | Path, side: int) -> str:
    """uint8 (H, W, 3) or a picture file -> data URI of a JPEG whose longest side is at most `side` pixels."""
    with Image.fromarray(picture) if isinstance(picture, np.ndarray) else Image.open(picture) as image:
        small = image.convert("RGB")
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def sureness(answer: Answer, calibration: Mapping[str, object] | None) -> str:
    """The probability in plain words, with the trials it rests on. Never claims certainty."""
    trials = (calibration or {}).get("trials")
    if not trials:
        return "How sure cannot be said: this catalogue is not calibrated"
    percent = round(100 * answer.probability)
    if percent < 1:
        chance = "less than 1 %"
    elif percent > 99:
        chance = "more than 99 %"
    else:
        chance = f"{percent} %"
    words = {
        Verdict.IN_CATALOGUE: f"{chance[0].upper()}{chance[1:]} sure",
        Verdict.UNSURE: f"{chance[0].upper()}{chance[1:]} chance that it is the first one",
        Verdict.NOT_IN_CATALOGUE: f"{chance[0].upper()}{chance[1:]} chance that the closest item is this garment",
    }[answer.verdict]
    return f"{words}, calibrated on {trials} trials"


def look_up(box: Box, name: str, data: bytes, digest: str) -> Result:
    """One photo -> Result. Shows the photo before the verdict is there; errors become part of the Result."""
    waiting = st.empty()
    photo = ""
    try:
        photo = jpeg_uri(read_photo(data, max_side=PHOTO_SIDE).rgb, PHOTO_SIDE)
        waiting.html(f'<figure class="pending"><img src="{photo}" alt="Your photo"></figure>')
        with st.spinner("Looking it up …"), box.seats:
            answer = box.lookup.look_up(data)
    except RacklensError as error:
        return Result(digest=digest, name=name, photo=photo, error=str(error))
    finally:
        waiting.empty()
    cards = []
    for match in answer.matches:
        thumb = box.lookup.thumb_path(match)
        cards.append((match, jpeg_uri(thumb, PICTURE_SIDE) if thumb else ""))
    return Result(
        digest=digest,
        name=name,
        photo=photo,
        verdict=answer.verdict,
        sureness=sureness(answer, box.lookup.report().calibration),
        cutout=jpeg_uri(answer.cutout.rgb, PICTURE_SIDE),
        cards=tuple(cards),
        timings_ms=dict(answer.timings_ms),
    )


def take_in(box: Box, photos: Iterable[tuple[str, bytes]]) -> None:
    """Look up a batch and make it what the page shows. A photo looked up before in this session is not looked up again."""
    known = {result.digest: result for result in st.session_state.shown + st.session_state.earlier}
    batch: dict[str, Result] = {}
    for name, data in photos:
        digest = hashlib.sha256(data).hexdigest()
        batch[digest] = known.get(digest) or look_up(box, name, data, digest)
    rest = [result for result in st.session_state.shown + st.session_state.earlier if result.digest not in batch]
    st.session_state.shown = list(batch.values())
    st.session_state.earlier = rest[:KEPT]
    # A new key gives an empty uploader and lets the server forget the uploaded bytes.
    st.session_state.round += 1
    st.rerun()


# --- what is drawn ----------------------------------------------------------------------------------------------------


def stock(item: CatalogueItem) -> tuple[str, str]:
    """CSS class and words for how much there is."""
    gone = item.quantity == 0 or (item.quantity is None and item.availability.replace(" ", "_") == "out_of_stock")
    if gone:
        return "gone", "Out of stock"
    words = item.availability.replace("_", " ").capitalize()
    return ("there", f"{item.quantity} in stock") if item.quantity is not None else ("there", words)


def why(match: Match) -> str:
    """'Shape very close · colour different': each part's likeness in words."""
    said = [f"{part} {next(word for least, word in LIKENESS if score >= least)}" for part, score in match.parts.items()]
    return " · ".join(said).capitalize()


def card(match: Match, picture: str, *, best: bool) -> str:
    """One candidate as HTML."""
    item = match.item
    state, amount = stock(item)
    where = f"<span class='where'>{escape(item.location)}</span>" if item.location else ""
    price = f"<span>{escape(item.price)}</span>" if item.price else ""
    image = f'<img src="{picture}" alt="{escape(item.title)}">' if picture else "<div class='blank'>No picture</div>"
    return (
        f'<li class="card{" best" if best else ""}" data-item="{escape(item.item_id)}">{image}<div>'
        f"<h4>{escape(item.title or item.item_id)}</h4>"
        f"<p class='facts'><code>{escape(item.item_id)}</code>{where}</p>"
        f"<p class='facts'><span class='{state}'>{escape(amount)}</span>{price}</p>"
        f"<p class='why'>Match {match.score:.2f} – {escape(why(match))}</p></div></li>"
    )


def show(result: Result) -> None:
    """One result: verdict, photo beside best match, candidates."""
    if result.error:
        if result.photo:
            st.html(f'<figure class="pending"><img src="{result.photo}" alt="Your photo"></figure>')
        st.error(result.error)
        return
    colour, headline = HEADLINES[result.verdict]
    pair = f'<figure><img src="{result.cutout}" alt="The garment cut out of your photo"><figcaption>Your photo</figcaption></figure>'
    if result.cards:
        best, picture = result.cards[0]
        caption = "Best match" if result.verdict is Verdict.IN_CATALOGUE else "Closest item"
        pair += f'<figure><img src="{picture}" alt="{escape(best.item.title)}"><figcaption>{caption}</figcaption></figure>'
    st.html(
        f'<section class="verdict {colour}" role="status"><h2>{headline}</h2><p>{escape(result.sureness)}</p></section>'
        f'<div class="pair">{pair}</div>'
    )
    certain = result.verdict is Verdict.IN_CATALOGUE
    cards = [card(match, picture, best=certain and match.rank == 1) for match, picture in result.cards]
    first, others = (cards[:1], cards[1:]) if certain else (cards[:5], cards[5:])
    heading = {Verdict.IN_CATALOGUE: "", Verdict.UNSURE: "Which one is it?", Verdict.NOT_IN_CATALOGUE: "Closest items"}[result.verdict]
    st.html((f"<h3>{heading}</h3>" if heading else "") + f'<ul class="cards">{"".join(first)}</ul>')
    if others:
        with st.expander(f"{len(others)} more that look alike"):
            st.html(f'<ul class="cards">{"".join(others)}</ul>')
    with st.expander("The whole photo"):
        st.html(f'<figure class="pending"><img src="{result.photo}" alt="Your photo"></figure>')


def show_earlier(results: list[Result]) -> None:
    """Earlier results of this session, one line each."""
    rows = []
    for result in results:
        colour, headline = ("out", result.error) if result.error else HEADLINES[result.verdict]
        title = result.cards[0][0].item.title if result.cards and result.verdict is Verdict.IN_CATALOGUE else ""
        picture = result.cutout or result.photo
        image = f'<img src="{picture}" alt="">' if picture else ""
        rows.append(f'<li>{image}<div><b class="{colour}">{escape(headline)}</b><br>{escape(title)}</div></li>')
    with st.expander(f"Earlier photos ({len(results)})"):
        st.html(f'<ul class="earlier">{"".join(rows)}</ul>')


def show_box(box: Box, newest: Result | None) -> None:
    """What this box runs on, for the person who looks after it."""
    report = box.lookup.report()
    if report.fell_back:
        st.warning("The GPU was asked for, but the CPU does the work. Look-ups are slower; `python -m edge doctor` says why.")
    calibration = report.calibration or {}
    rows = {role.capitalize(): f"runs on {provider}" for role, provider in report.providers.items()}
    rows |= {"Asked for": report.wanted, "Threads": report.threads, "Index": report.index_build, "Items": report.items}
    rows["Calibration"] = f"{calibration['trials']} trials" if calibration.get("trials") else "none yet"
    if newest:
        rows |= {f"{stage.capitalize()} took": f"{ms:.0f} ms" for stage, ms in newest.timings_ms.items()}
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows.items())
    with st.expander("About this box"):
        st.html(f'<table class="about">{lines}</table>')


def sample_photos(index_root: Path) -> list[Path]:
    """A few photos of the demo catalogue that lies beside the index, among them one of something it does not have."""
    folder = index_root.parent / "demo" / "photos"
    outsiders = sorted(folder.glob("outsider-*.jpg"))[:1]
    insiders = sorted(path for path in folder.glob("*-1.jpg") if not path.name.startswith("outsider-"))
    wanted = min(SAMPLES - len(outsiders), len(insiders))
    # Spread over the folder, which is sorted by kind: neighbours look alike.
    return [insiders[n * len(insiders) // wanted] for n in range(wanted)] + outsiders


def offer_samples(box: Box, samples: list[Path]) -> None:
    """Photos to try without a garment at hand."""
    st.html("<h3>Or try a sample photo</h3>")
    for column, path in zip(st.columns(len(samples), wrap=False, gap="small"), samples, strict=True):
        column.html(f'<figure class="sample"><img src="{sample_uri(str(path))}" alt="Sample photo"></figure>')
        if column.button("Try", key=f"sample {path.name}", width="stretch"):
            take_in(box, [(path.name, path.read_bytes())])


@st.cache_data(max_entries=SAMPLES * 2, show_spinner=False)
def sample_uri(path: str) -> str:
    """A sample photo, small."""
    return jpeg_uri(Path(path), PICTURE_SIDE)


def main() -> None:
    # A picture, not an emoji: an emoji's picture would be fetched from the internet.
    st.set_page_config(page_title="Racklens", page_icon=Image.new("RGB", (32, 32), "#1d4ed8"), layout="centered")
    # In one block: Streamlit loads its HTML part late, so where the heading is to be seen the style is in force too.
    st.html(STYLE + BRAND)
    for key, start in (("shown", []), ("earlier", []), ("round", 0)):
        st.session_state.setdefault(key, start)
    index_root = Path(os.environ.get("RACKLENS_INDEX") or "data/index")
    try:
        box = open_box(str(index_root), index_version(index_root))
    except SetupError as error:
        st.error(f"This box is not ready. {error}")
        st.info("`make run` builds a small demo index. To use your own, set `RACKLENS_INDEX` to its folder and start again.")
        st.stop()

    turn = st.session_state.round
    label = "Take or choose a photo"
    uploads = st.file_uploader(label, accept_multiple_files=True, key=f"upload {turn}", label_visibility="collapsed")
    if uploads:
        take_in(box, ((upload.name, upload.getvalue()) for upload in uploads))
    for n, result in enumerate(st.session_state.shown, start=1):
        if len(st.session_state.shown) > 1:
            st.html(f"<h3>Photo {n} of {len(st.session_state.shown)}: {escape(result.name)}</h3>")
        show(result)
    with st.expander("Use this device's camera in the page"):
        # The camera is asked for only once somebody wants it, and browsers allow it on HTTPS and localhost only.
        if st.toggle("Camera on", key=f"camera on {turn}"):
            shot = st.camera_input("Camera", key=f"camera {turn}", label_visibility="collapsed")
            if shot:
                take_in(box, [("camera.jpg", shot.getvalue())])
    if st.session_state.earlier:
        show_earlier(st.session_state.earlier)
    if not st.session_state.shown and (samples := sample_photos(index_root)):
        offer_samples(box, samples)
    show_box(box, st.session_state.shown[0] if st.session_state.shown else None)


BRAND = """<header class="brand"><span aria-hidden="true">⌗</span>
<div><h1>Racklens</h1><p>Which item is this garment?</p></div></header>"""

STYLE = """<style>
[data-testid="stMainBlockContainer"] { max-width: 640px; padding: 1.25rem 1rem 4rem; }
[data-testid="stHeader"] { display: none; }
.brand { display: flex; gap: .75rem; align-items: center; }
.brand span { display: grid; place-items: center; width: 48px; height: 48px; border-radius: 14px; background: #1d4ed8;
  color: #fff; font-size: 28px; font-weight: 700; }
.brand h1 { font-size: 1.6rem; line-height: 1.1; margin: 0; padding: 0; font-weight: 800; letter-spacing: -.02em; }
.brand p { margin: 0; color: #4b5563; }
h3 { font-size: 1.1rem !important; padding: .25rem 0 .5rem !important; margin: 0 !important; }
figure { margin: 0; } ul.cards, ul.earlier { list-style: none; margin: 0; padding: 0; }
.stButton button, [data-testid="stFileUploaderDropzone"] button { min-height: 56px; font-size: 1.1rem; font-weight: 700; }
[data-testid="stFileUploaderDropzone"] { padding: 0; border: 0; background: none; display: block; }
[data-testid="stFileUploaderDropzone"] button { width: 100%; min-height: 68px; background: #1d4ed8; color: #fff; border: 0; }
[data-testid="stFileUploaderDropzone"] button:is(:hover, :focus) { background: #1e40af; color: #fff; }
/* Streamlit cannot rename the button, so its word is hidden and the right one drawn in its place. */
[data-testid="stFileUploaderDropzone"] button p { font-size: 0; }
[data-testid="stFileUploaderDropzone"] button p::after { content: "Take or choose a photo"; font-size: 1.2rem; font-weight: 700; }
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
[data-testid="stExpander"] summary { min-height: 48px; }
[data-testid="stHorizontalBlock"] > [data-testid="stColumn"] { min-width: 0; flex: 1 1 0; }
.pending img, .sample img { width: 100%; border-radius: 14px; display: block; }
.sample img { aspect-ratio: 1; object-fit: cover; }
.verdict { border-radius: 18px; padding: 1.1rem 1.25rem; color: #fff; }
.verdict h2 { font-size: 1.75rem; line-height: 1.15; margin: 0; padding: 0; color: inherit; font-weight: 800; }
.verdict p { margin: .35rem 0 0; font-size: 1.05rem; }
.verdict.in { background: #15803d; } .verdict.out { background: #b91c1c; } .verdict.unsure { background: #fbbf24; color: #1f1400; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin-top: .75rem; }
.pair img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #fff; border-radius: 14px; border: 1px solid #d5d9e0; }
figcaption { text-align: center; color: #4b5563; font-size: .95rem; padding-top: .25rem; }
.card { display: grid; grid-template-columns: 96px 1fr; gap: .9rem; background: #fff; border: 1px solid #d5d9e0; border-radius: 14px;
  padding: .75rem; margin-bottom: .6rem; }
.card.best { border: 2px solid #15803d; }
.card img, .card .blank { width: 96px; height: 96px; object-fit: contain; border-radius: 8px; background: #fff; }
.card .blank { display: grid; place-items: center; color: #6b7280; font-size: .8rem; background: #f3f4f6; }
.card h4 { font-size: 1.05rem; line-height: 1.25; margin: 0 0 .3rem; padding: 0; font-weight: 700; }
.card p { margin: 0 0 .2rem; } .facts { display: flex; flex-wrap: wrap; gap: .2rem .75rem; align-items: baseline; }
.card code { color: #111827; background: #eef1f5; padding: .05rem .4rem; border-radius: 6px; font-size: .95rem; }
.where { font-weight: 700; } .where::before { content: "Shelf "; font-weight: 400; color: #4b5563; }
.there { color: #15803d; font-weight: 600; } .gone { color: #b91c1c; font-weight: 600; }
.why { color: #4b5563; font-size: .9rem; }
.earlier li { display: flex; gap: .75rem; align-items: center; padding: .4rem 0; }
.earlier img { width: 56px; height: 56px; object-fit: contain; border-radius: 8px; background: #fff; }
.earlier .in { color: #15803d; } .earlier .out { color: #b91c1c; } .earlier .unsure { color: #92610a; }
.about th { text-align: left; font-weight: 500; color: #4b5563; padding: .15rem 1rem .15rem 0; } .about td { padding: .15rem 0; }
</style>"""

main()
