"""The page Look up: photos in, for each the verdict and the items it may be, with the means to set it right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path

import streamlit as st

from app_pages import decision, outline_panel, session, wishes_panel
from app_pages.bring_back import bring_back
from app_pages.language import say, say_error
from app_pages.pictures import PICTURE_SIDE, jpeg_uri
from app_pages.result_view import card_html, change, line_html, pair_html, photo_html, verdict_html
from app_pages.results import Result
from app_pages.searching import look_up, look_up_together, still_holds
from app_pages.shared_box import Box
from app_pages.this_box import about
from app_pages.weakly import weakly
from edge.errors import RacklensError
from edge.types import Verdict

SAMPLES = 3


def page(box: Box) -> None:
    """The whole page."""
    session.begin()
    come_back(box)
    shown = session.shown()
    done = bool(shown) and all(result.decided or result.error for result in shown)
    decision.to_top_after_deciding()
    if done and len(shown) == 1 and shown[0].decided:
        decision.banner(shown[0])
        warn_unkept(shown[0])
    turn = st.session_state.round
    label = say("next" if done else "upload")
    # Streamlit cannot rename the button, so its word is hidden and this one drawn in its place.
    st.html(f'<style>[data-testid="stFileUploaderDropzone"] button p::after {{ content: "{label}"; }}</style>')
    uploads = st.file_uploader(label, accept_multiple_files=True, key=f"upload {turn}", label_visibility="collapsed")
    if uploads:
        take_in(box, ((upload.name, upload.getvalue()) for upload in uploads))
    show_batch(box)
    with st.expander(say("camera")):
        # The camera is asked for only once somebody wants it, and browsers allow it on HTTPS and localhost only.
        if st.toggle(say("camera.on"), key=f"camera on {turn}"):
            shot = st.camera_input(say("camera.label"), key=f"camera {turn}", label_visibility="collapsed")
            if shot:
                take_in(box, [("camera.jpg", shot.getvalue())])
    who_works()
    if session.earlier():
        with st.expander(say("earlier", count=len(session.earlier()))):
            for n, result in enumerate(session.earlier()):
                st.html(line_html(result))
                st.button(say("earlier.open", n=n + 1), key=f"again {result.digest}", width="stretch", on_click=weakly(_show_again, result))
    if not session.shown() and (samples := sample_photos(box.root)):
        offer_samples(box, samples)
    about(box, session.shown()[0] if session.shown() else None)


def come_back(box: Box) -> None:
    """Show the look-ups that the address names: after a reload or a lost connection, or opened from the history."""
    known = {result.lookup_id: result for result in session.everything() if result.recorded}
    asked = session.asked_for()
    if not asked:
        session.write_address()  # another page may have cleared it
        return
    results = []
    for lookup_id in asked:
        try:
            results.append(known.get(lookup_id) or bring_back(box, lookup_id))
        except RacklensError as error:
            st.warning(say_error(error))
    if results:
        session.show(results)
    else:
        session.write_address()


def who_works() -> None:
    """The worker's name, asked for once; nobody has to give one."""
    name = session.worker()
    with st.expander(say("worker.is", name=name) if name else say("worker.ask")):
        given = st.text_input(say("worker.name"), value=name, key=f"worker name {name}", max_chars=session.LONGEST_NAME, help=None)
        st.html(f"<p class='note'>{escape(say('worker.why'))}</p>")
        if (given or "") != name:
            session.set_worker(given or "")
            st.rerun()


def warn_unkept(result: Result) -> None:
    """What the journal could not take; the answer stands all the same."""
    if result.unkept:
        st.warning(result.unkept)


def _show_again(result: Result) -> None:
    session.show([result])


def take_in(box: Box, photos: Iterable[tuple[str, bytes]]) -> None:
    """Look up a batch and make it what the page shows. A photo looked up before in this session, in this index, is not looked up again."""
    known = session.fresh()
    known |= {result.digest: result for result in session.everything() if still_holds(box, result)}
    batch: dict[str, Result] = {}
    for name, data in photos:
        digest = hashlib.sha256(data).hexdigest()
        if digest not in known:
            picture, place = st.empty(), st.empty()
            with st.spinner(say("looking")):
                known[digest] = look_up(
                    box,
                    name,
                    data,
                    digest,
                    on_photo=lambda jpeg, picture=picture: picture.html(photo_html(jpeg)),
                    on_wait=lambda before, place=place: place.html(waiting_html(before)),
                )
            picture.empty()
            place.empty()
        batch[digest] = known[digest]
    session.show(list(batch.values()))
    st.rerun()


def waiting_html(before: int) -> str:
    """The place in the queue, 0 for the next one."""
    said = say("queue.before", count=before) if before else say("queue.next")
    return f"<p class='queue' role='status'>{escape(said)}</p>"


def show_batch(box: Box) -> None:
    """One result in full; of several the first, and a line for each other one until it is opened."""
    shown = session.shown()
    if sum(bool(result.jpegs) for result in shown) > 1 or st.session_state.get("apart"):
        _one_item_or_several(box)
    for n, result in enumerate(shown, start=1):
        if len(shown) > 1:
            st.html(f"<h3>{escape(say('photo_of', n=n, count=len(shown), name=result.name))}</h3>")
        if len(shown) == 1 or result.error or result.digest in st.session_state.open:
            if len(shown) > 1 and result.decided:
                decision.banner(result)
                warn_unkept(result)
            show(box, result)
            continue
        st.html(line_html(result))
        opened = st.session_state.open
        st.button(say("open", n=n), key=f"open {result.digest}", width="stretch", on_click=opened.add, args=(result.digest,))


def _one_item_or_several(box: Box) -> None:
    """Whether the photos just sent show one item or each another; both ways, back and forth."""
    apart: list[Result] | None = st.session_state.get("apart")
    if apart and st.session_state.get("apart of") != [result.digest for result in session.shown()]:
        apart = st.session_state.apart = None  # another batch has come since
        if len(session.shown()) < 2:
            return
    key = f"several {st.session_state.round}"
    st.session_state.setdefault(key, "one" if apart else "different")
    st.segmented_control(
        say("several"), ("different", "one"), format_func=lambda word: say(f"several.{word}"), key=key, required=True, width="stretch"
    )
    if st.session_state[key] == "one" and not apart:
        results = session.shown()
        digest = hashlib.sha256("".join(result.digest for result in results).encode()).hexdigest()
        with st.spinner(say("looking")):
            together = look_up_together(box, results, digest, say("together", count=len(results)))
        session.show([together])
        st.session_state.update({"apart": results, "apart of": [digest]})
        st.rerun()
    if st.session_state[key] == "different" and apart:
        session.show(apart)
        st.session_state.apart = None
        st.rerun()


def show(box: Box, result: Result) -> None:
    """One result: doubtful outline first, verdict, photo beside best match, candidates, what matters."""
    if result.error:
        st.error(result.error)
        if result.no_garment:
            st.html(f"<p class='note'>{escape(say('outline.none'))}</p>")
            outline_panel.panel(box, result)
        elif result.jpegs:
            st.html(photo_html(result.jpegs[0]))
        return
    if result.decided:
        show_decided(box, result)
        return
    warn_unkept(result)
    one_photo = len(result.jpegs) == 1
    checking = result.check_outline and one_photo
    if checking:
        outline_panel.ask_to_check(box, result)
    st.html(verdict_html(result) + pair_html(result))
    if result.left_out:
        st.warning(say("together.left_out", count=result.left_out))
    if result.gone:
        st.info(say("photos.gone"))
    if decision.offers_arrival(result):
        decision.new_arrival(result)
    if one_photo and not checking:
        outline_panel.offer(box, result)
    if result.parts and result.jpegs:
        with st.expander(say("matters"), expanded=bool(result.wishes)):
            wishes_panel.weights(box, result)
    if result.changed:
        st.html(f"<p class='changed' role='status'>{escape(change(result))}</p>")
    candidates(box, result)
    whole_photos(result)


def show_decided(box: Box, result: Result) -> None:
    """After the decision: the way back, the list of new arrivals where nothing was it, and what looked alike."""
    if decision.offers_arrival(result):
        decision.new_arrival(result)
    decision.undo(box, result)
    if result.gone:
        st.info(say("photos.gone"))
    st.html(pair_html(result))
    with st.expander(say("look_alikes")):
        st.html("".join(card_html(card, best=False) for card in result.cards))
    whole_photos(result)


def whole_photos(result: Result) -> None:
    if result.jpegs:
        with st.expander(say("whole_photo")):
            st.html("".join(photo_html(jpeg) for jpeg in result.jpegs))


def candidates(box: Box, result: Result) -> None:
    """The items it may be: the certain one alone or the first five, the others a tap away."""
    certain = result.verdict is Verdict.IN_CATALOGUE and not result.wishes
    heading = {Verdict.IN_CATALOGUE: "", Verdict.UNSURE: say("which"), Verdict.NOT_IN_CATALOGUE: say("closest_items")}[result.verdict]
    if heading:
        st.html(f"<h3>{escape(heading)}</h3>")
    first = 1 if certain else 5

    def cards(part) -> None:
        for card in part:
            with st.container(key=f"card {card.match.item.item_id} {result.digest}", gap=None):
                best = certain and card.match.rank == 1
                st.html(card_html(card, best=best))
                decision.this_is_it(result, card, primary=best)
                if result.jpegs:
                    wishes_panel.opinion(box, result, card)

    cards(result.cards[:first])
    if result.cards[first:]:
        with st.expander(say("more", count=len(result.cards) - first)):
            cards(result.cards[first:])
    if result.cards:
        decision.none_of_these(result)


def sample_photos(root: Path) -> list[Path]:
    """A few photos of the demo catalogue that lies beside the index, among them one of something it does not have."""
    folder = root.parent / "demo" / "photos"
    outsiders = sorted(folder.glob("outsider-*.jpg"))[:1]
    insiders = sorted(path for path in folder.glob("*-1.jpg") if not path.name.startswith("outsider-"))
    wanted = min(SAMPLES - len(outsiders), len(insiders))
    # Spread over the folder, which is sorted by kind: neighbours look alike.
    return [insiders[n * len(insiders) // wanted] for n in range(wanted)] + outsiders


def offer_samples(box: Box, samples: list[Path]) -> None:
    """Photos to try without a garment at hand."""
    st.html(f"<h3>{escape(say('samples'))}</h3>")
    for column, path in zip(st.columns(len(samples), wrap=False, gap="small"), samples, strict=True):
        column.html(f'<figure class="sample"><img src="{sample_uri(str(path))}" alt="{escape(say("sample"))}"></figure>')
        if column.button(say("try"), key=f"sample {path.name}", width="stretch"):
            take_in(box, [(path.name, path.read_bytes())])


@st.cache_data(max_entries=SAMPLES * 2, show_spinner=False)
def sample_uri(path: str) -> str:
    """A sample photo, small."""
    return jpeg_uri(Path(path), PICTURE_SIDE)
