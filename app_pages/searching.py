"""What the page asks of the shared Lookup: a photo, photos of one item, another outline, other wishes. No drawing on the screen here."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from app_pages import keeping, session, shared_box
from app_pages.language import say_error
from app_pages.one_lookup import look_up_one
from app_pages.pictures import PHOTO_SIDE, alpha_of, jpeg
from app_pages.results import Result
from app_pages.shared_box import Box, settings
from edge.correct import Stroke, correct
from edge.corrections import keep_correction
from edge.errors import JournalError, NoGarmentFound, RacklensError, RequestError
from edge.outline import widen
from edge.types import Answer, Mask, Photo
from edge.types import Box as PixelBox

WEIGHTS = {"less": 0.4, "more": 2.5}
"""How much a part counts against normal, as a factor on the weight it was trained with."""
WIDER = 0.01
"""One step of the outline, as a share of the photo's longer side."""


def look_up(
    box: Box, name: str, data: bytes, digest: str, *, on_photo: Callable[[bytes], None], on_wait: Callable[[int], None] | None = None
) -> Result:
    """One photo -> Result, kept in the journal; errors become part of it.

    `on_photo` gets the small JPEG as soon as the photo is decoded, `on_wait` the number of people before while all seats are taken.
    """
    result = Result(digest=digest, name=name)

    def shown(photo: Photo) -> None:
        result.jpegs = (jpeg(photo.rgb, PHOTO_SIDE),)
        on_photo(result.jpegs[0])

    try:
        answer = look_up_one(box, data, on_photo=shown, on_wait=on_wait)
    except RacklensError as error:
        result.error = say_error(error)
        result.no_garment = result.outline_by_hand = isinstance(error, NoGarmentFound)
        return result
    _take(box, result, answer, compare=False)
    keeping.keep(result, answer, [data])
    return result


def look_up_together(
    box: Box, results: Sequence[Result], digest: str, name: str, *, on_wait: Callable[[int], None] | None = None
) -> Result:
    """Several photos of one item -> one Result, kept in the journal. Photos that cannot be used are left out; outlines that were corrected
    count."""
    usable = [result for result in results if result.jpegs]
    pictures = [(jpeg, each) for each in usable for jpeg in each.jpegs]
    result = Result(digest=digest, name=name, jpegs=tuple(jpeg for jpeg, _ in pictures))
    outlines = {
        place: _outline_of(each, box.lookup.stages.read(jpeg))
        for place, (jpeg, each) in enumerate(pictures) if len(each.jpegs) == 1 and each.corrected
    }  # fmt: skip
    try:
        with box.seats.seat(on_wait=on_wait):
            answer = box.lookup.look_up_photos(list(result.jpegs), outlines=outlines)
    except RacklensError as error:
        result.error = say_error(error)
        return result
    result.left_out = len(answer.left_out)
    _take(box, result, answer, compare=False)
    keeping.keep(result, answer, list(result.jpegs))
    return result


def still_holds(box: Box, result: Result) -> bool:
    """Whether the same photo would be answered the same way: an error may pass, another index knows other items."""
    return result.no_garment or (not result.error and result.build == box.lookup.report().index_build)


def search_with_strokes(box: Box, result: Result, strokes: Sequence[dict], frame: Sequence[float] | None) -> None:
    """Correct the first outline by what was painted (shares of the photo's sides, as the paint sends them), then search again.

    Raises PhotoError: the outline stays as it was.
    """
    photo = photo_of(box, result)
    height, width = photo.rgb.shape[:2]
    first = _first_mask(result, (height, width))
    drawn = [
        Stroke(
            points=tuple((float(x) * width, float(y) * height) for x, y in stroke["points"]),
            width=float(stroke["width"]) * max(height, width),
            garment=bool(stroke["garment"]),
        )
        for stroke in strokes
    ]
    with box.seats:
        mask = correct(photo, first, drawn, box=_pixel_box(frame, width, height))
    search_with_mask(box, result, photo, mask)
    result.strokes, result.box = list(strokes), list(frame) if frame else None


def search_with_first_outline(box: Box, result: Result) -> None:
    """Forget the correction. Raises PhotoError."""
    photo = photo_of(box, result)
    search_with_mask(box, result, photo, _first_mask(result, photo.rgb.shape[:2]))
    result.mask, result.strokes, result.box = result.first_mask, [], None


def search_with_mask(box: Box, result: Result, photo: Photo, mask: Mask) -> None:
    """Search again with an outline, keeping the worker's wishes. Raises PhotoError."""
    with box.seats:
        answer = box.lookup.look_up_mask(photo, mask)
    result.kept = False
    keeping.keep_outline(result, _take(box, result, answer, compare=True))


def search_with_wishes(box: Box, result: Result) -> None:
    """Rank anew by the result's wishes. Raises RacklensError."""
    with box.seats:
        answer = _refined(box, result, answer_of(box, result))
    result.take(answer, box.lookup, compare=True)
    keeping.keep_wishes(result, answer)


def search_wider(box: Box, result: Result, steps: int) -> None:
    """Search again with the outline some steps wider (steps > 0) or tighter (< 0). Raises PhotoError where nothing would be left."""
    answer = answer_of(box, result)
    search_with_mask(box, result, answer.photo, widen(answer.mask, share=steps * WIDER))


def keep_outline(box: Box, result: Result) -> None:
    """Keep the corrected outline with its photo to learn from. Raises OSError where the disk does not take it."""
    answer = answer_of(box, result)
    now = datetime.datetime.now(datetime.UTC)
    keep_correction(settings().data_dir / "corrections", answer.photo, answer.mask, when=now, lookup_id=result.lookup_id)
    result.kept, result.check_outline = True, False


def answer_of(box: Box, result: Result) -> Answer:
    """The result's answer, whose query knows no wishes; from the journal where the session has let it go. Raises RacklensError.

    Searched again from the small JPEGs where the journal cannot help, or where the index has changed: its vectors are of another network.
    """
    answer = session.held(result) or _from_journal(box, result)
    if answer is None or answer.index_build != box.lookup.report().index_build:
        if len(result.jpegs) > 1:
            answer = box.lookup.look_up_photos(list(result.jpegs))
        elif answer is not None:
            answer = box.lookup.look_up_mask(answer.photo, answer.mask)
        else:
            photo = photo_of(box, result)
            answer = box.lookup.look_up_mask(photo, _outline_of(result, photo))
    session.hold(result, answer)
    return answer


def photo_of(box: Box, result: Result) -> Photo:
    """The result's photo: as it came while the answer is held, the small JPEG after that."""
    answer = session.held(result)
    return answer.photo if answer else box.lookup.stages.read(result.jpegs[0])


def _from_journal(box: Box, result: Result) -> Answer | None:
    """The answer as the journal has it, before any wish; None where it has not, or not the one that is on show."""
    if not result.recorded or result.unkept:
        return None
    try:
        answer = shared_box.journal().reopen(result.lookup_id)
    except (JournalError, RequestError):
        return None
    return answer if answer.index_build != box.lookup.report().index_build else box.lookup.refine(answer)


def _take(box: Box, result: Result, answer: Answer, *, compare: bool) -> Answer:
    """Show an answer, ranked by the result's wishes, and give what is shown."""
    shown = _refined(box, result, answer)
    session.hold(result, answer)
    if not compare:
        result.check_outline = answer.mask.confidence < box.lookup.stages.check_below
    result.take(shown, box.lookup, compare=compare)
    return shown


def _refined(box: Box, result: Result, answer: Answer) -> Answer:
    wishes = result.wishes
    if not wishes:
        return answer
    weights = {part: WEIGHTS.get(wishes.weights.get(part), 1.0) for part in result.parts}
    # An item may have left the catalogue since it was liked.
    liked, disliked = (tuple(filter(box.lookup.catalogue.find, ids)) for ids in (wishes.liked, wishes.disliked))
    return box.lookup.refine(answer, weights=weights, liked=liked, disliked=disliked)


def _outline_of(result: Result, photo: Photo) -> Mask:
    """The outline on show, of the photo's size."""
    return Mask(alpha_of(result.mask, photo.rgb.shape[:2]), result.confidence)


def _first_mask(result: Result, shape: tuple[int, int]) -> Mask | None:
    """The network's outline; None where it found nothing."""
    return None if result.outline_by_hand else Mask(alpha_of(result.first_mask, shape), result.first_confidence)


def _pixel_box(frame: Sequence[float] | None, width: int, height: int) -> PixelBox | None:
    """left, top, right, bottom as shares of the sides -> a box of at least one pixel inside the photo."""
    if not frame:
        return None
    left, top = min(int(frame[0] * width), width - 1), min(int(frame[1] * height), height - 1)
    return PixelBox(max(0, left), max(0, top), max(left + 1, round(frame[2] * width)), max(top + 1, round(frame[3] * height)))
