"""What can go wrong, as a tree of few errors, each with its facts and a remedy.

    RacklensError
    |-- PhotoError            staff can act: take another photo
    |   |-- NotAPhoto         the bytes are no picture we can read
    |   |-- PhotoTooLarge     more pixels or bytes than the limit
    |   |-- PhotoTruncated    the file ends too early
    |   `-- NoGarmentFound    segmentation found nothing to look up
    |-- RequestError          whoever asked can act: a weight, an item or a category that is not there
    |   `-- PhotosGone        a look-up's photos were deleted when their time was up
    `-- SetupError            the operator can act: models, index, settings
        |-- ModelError        a model is missing, damaged or does not fit
        |-- IndexFolderError  an index is missing, damaged or does not fit
        |-- FeedError         a feed cannot be used at all
        |-- JournalError      the journal cannot be read or written; the look-up itself is fine
        `-- SettingsError     a setting makes no sense

`str(error)` is one sentence of what happened followed by one of what to do, fit to be shown to a person.
"""

from __future__ import annotations


class RacklensError(Exception):
    """Root of all errors raised on purpose. `what` happened, `remedy` says what to do."""

    def __init__(self, what: str, *, remedy: str = "") -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what} {remedy}".strip())


class PhotoError(RacklensError):
    """A photo cannot be used; another photo can."""


class NotAPhoto(PhotoError):
    """The bytes are no picture, or of a kind that is refused (`kind` names it)."""

    def __init__(self, what: str, *, kind: str = "unknown") -> None:
        self.kind = kind
        super().__init__(what, remedy="Send a JPEG, PNG, WebP or HEIC photo.")


class PhotoTooLarge(PhotoError):
    """More than the limit: `size` and `limit` in `unit` (megapixels or MiB)."""

    def __init__(self, *, size: float, limit: float, unit: str) -> None:
        self.size, self.limit, self.unit = size, limit, unit
        super().__init__(
            f"The photo has {size:.0f} {unit}, the limit is {limit:.0f}.",
            remedy="Choose a smaller picture size in the camera's settings.",
        )


class PhotoTruncated(PhotoError):
    """The picture's data ends too early, usually an upload that broke off."""

    def __init__(self) -> None:
        super().__init__("The photo's file is incomplete.", remedy="Send it again.")


class NoGarmentFound(PhotoError):
    """No garment in the photo; `coverage` is the share of the photo taken for garment, 0..1."""

    def __init__(self, *, coverage: float) -> None:
        self.coverage = coverage
        super().__init__(
            "No garment was found in the photo.",
            remedy="Fill the frame with the whole garment, on a background of another colour, and try again.",
        )


class RequestError(RacklensError):
    """Something was asked for that is not there or makes no sense: a part, an item, a category."""


class PhotosGone(RequestError):
    """The photos of look-up `lookup_id` are no longer there; what it found still is."""

    def __init__(self, *, lookup_id: str) -> None:
        self.lookup_id = lookup_id
        super().__init__("The photos of this look-up have been deleted, their time was up.", remedy="Take a new photo to search again.")


class SetupError(RacklensError):
    """Something the operator has to put right."""


class ModelError(SetupError):
    """A model folder is missing, damaged or does not fit; `path` says which."""

    def __init__(self, what: str, *, path: str) -> None:
        self.path = path
        super().__init__(what, remedy="Restore the folder from the release, or run `python -m edge doctor`.")


class IndexFolderError(SetupError):
    """An index folder is missing, damaged or does not fit these models; `path` says which."""

    def __init__(self, what: str, *, path: str, remedy: str = "") -> None:
        self.path = path
        super().__init__(what, remedy=remedy or "Build it: `python -m index_builder build FEED --out INDEX_DIR`.")


class FeedError(SetupError):
    """A product feed cannot be used at all; single bad rows are reported, not raised."""

    def __init__(self, what: str, *, path: str, remedy: str = "") -> None:
        self.path = path
        super().__init__(what, remedy=remedy or "See the README for the columns a feed needs.")


class JournalError(SetupError):
    """The journal cannot be read or written; `path` says which file or folder."""

    def __init__(self, what: str, *, path: str, remedy: str) -> None:
        self.path = path
        super().__init__(what, remedy=remedy)


class SettingsError(SetupError):
    """A setting makes no sense; `name` says which."""

    def __init__(self, what: str, *, name: str, remedy: str) -> None:
        self.name = name
        super().__init__(what, remedy=remedy)
