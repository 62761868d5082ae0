"""Settings: what an operator may choose for a box, each with its reason; callers read the environment, nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from edge.errors import SettingsError

VARIABLES = {
    "data_dir": "RACKLENS_DATA",
    "index_root": "RACKLENS_INDEX",
    "models": "RACKLENS_MODELS",
    "keep_photos_days": "RACKLENS_KEEP_PHOTOS_DAYS",
    "max_photos_gib": "RACKLENS_MAX_PHOTOS_GIB",
    "photo_side_px": "RACKLENS_PHOTO_SIDE_PX",
    "seats": "RACKLENS_SEATS",
    "threads": "RACKLENS_THREADS",
    "language": "RACKLENS_LANGUAGE",
    "passcode_hash": "RACKLENS_PASSCODE_HASH",
    "store": "RACKLENS_STORE",
    "milvus_uri": "RACKLENS_MILVUS_URI",
}
"""The environment's name of each setting."""
STORES = ("folder", "milvus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One box's settings. Raises SettingsError for a value that makes no sense.

    data_dir: the journal, its photos and accepted corrections. One folder, so that one back-up and one rule for access cover all of it;
        a local disk, because SQLite's write-ahead log needs shared memory that network file systems do not give.
    index_root: where `index_builder` writes; apart from data_dir, because an index can be built again and a journal cannot.
    models: where models adapted to this warehouse live; while there are none, those that came with Racklens are used. Apart from the code,
        which an update replaces.
    keep_photos_days: photos of look-ups are deleted after so many days. Thirty covers a complaint about a monthly stocktaking; what was
        found and chosen stays. Photos can show people and papers, so they are not kept for ever.
    max_photos_gib: the photos' share of the disk; the oldest go first. A thousand look-ups a day for thirty days need about 12 GiB, and a
        full disk would stop the index builder too.
    photo_side_px: longest side of a kept photo. The search never uses more than 1280 pixels; 1600 leaves something for training with
        a finer network, and is a tenth of what a phone sends.
    seats: look-ups at the same time. Two keep the cores busy while one decodes; more would only make each of them slower.
    threads: the networks' threads; None lets the runtime take all cores.
    language: of the page, as in its table of words; "" follows each browser.
    passcode_hash: what `python -m edge passcode` prints; "" asks for none, and the page then opens on this machine only. A hash, because
        settings end up in unit files, process lists and back-ups.
    store: where catalogues are searched: "folder", or "milvus" for one that is too large for a box.
    milvus_uri: of that Milvus, http(s)://host:19530, or a file *.db for milvus-lite; it may hold a password, so it is not shown.
    """

    data_dir: Path = Path("data/journal")
    index_root: Path = Path("data/index")
    models: Path = Path("data/models")
    keep_photos_days: float = 30.0
    max_photos_gib: float = 20.0
    photo_side_px: int = 1600
    seats: int = 2
    threads: int | None = None
    language: str = ""
    passcode_hash: str = field(default="", repr=False)
    store: str = "folder"
    milvus_uri: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.store not in STORES:
            raise SettingsError(
                f"store is {self.store!r}, it has to be {' or '.join(STORES)}.", name="store", remedy="Change RACKLENS_STORE."
            )
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise SettingsError(
                    f"{name} is {value:g}, it has to lie between {least:g} and {most:g}.", name=name, remedy=f"Change {VARIABLES[name]}."
                )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Settings from variables, as `Settings.from_environment(os.environ)`; an empty variable counts as unset. Raises SettingsError."""
        given: dict[str, object] = {}
        for setting in fields(cls):
            text = environment.get(VARIABLES[setting.name], "").strip()
            if text:
                given[setting.name] = _parsed(setting.name, str(setting.type), text)
        return cls(**given)

    @property
    def models_in_use(self) -> Path | None:
        """The adapted models' folder, None where those that came with Racklens are to be used. Raises SettingsError."""
        return models_in(self.models)


CURRENT_MODELS = "CURRENT"


def models_in(root: Path) -> Path | None:
    """The folder of the roles that `root` holds: of the set that its file CURRENT names, or itself; None where it holds neither.

    Raises SettingsError where CURRENT names a set that is not there.
    """
    try:
        name = (root / CURRENT_MODELS).read_text().strip()
    except FileNotFoundError:
        return root if (root / "embedder").is_dir() else None
    if not name or Path(name).name != name or not (root / name).is_dir():
        raise SettingsError(
            f"{root / CURRENT_MODELS} names {name[:80]!r}, which is not there.", name="models",
            remedy="Restore that folder, or delete the file to use the models that came with Racklens.",
        )  # fmt: skip
    return root / name


def chosen_models(given: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The model folder to use: the one given, else the adapted ones of the settings, else None for those that came with Racklens.

    Raises SettingsError.
    """
    return (models_in(given) or given) if given else Settings.from_environment(environment).models_in_use


_RANGES = (
    ("keep_photos_days", 0.04, 3650),
    ("max_photos_gib", 0.01, 100_000),
    ("photo_side_px", 320, 8192),
    ("seats", 1, 64),
    ("threads", 1, 1024),
)
"""Setting, least, most; keep_photos_days begins at an hour, without which no reload could bring a look-up back."""


def _parsed(name: str, kind: str, text: str) -> object:
    try:
        return {"Path": Path, "float": float, "int": int, "str": str}[kind.split(" ")[0]](text)
    except ValueError:
        number = "a whole number" if kind.startswith("int") else "a number"
        raise SettingsError(
            f"{VARIABLES[name]} is {text[:40]!r}, which is not {number}.", name=name, remedy="Correct it, or unset it for the default."
        ) from None
