"""The way to Milvus: address, credentials and TLS, no endless wait, and its errors in plain words."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.errors import SetupError

CONNECT_S = 5.0
"""A server that is there answers at once; who looks something up must not wait longer to hear that there is none."""
ANSWER_S = 20.0
"""After so many seconds without an answer a question is given up: a look-up that waits longer is of no use to anybody."""
_FILE_S = 600.0
_OPTIONS = {
    "RACKLENS_MILVUS_TOKEN": "token",
    "RACKLENS_MILVUS_DB": "db_name",
    "RACKLENS_MILVUS_CA": "ca_pem_path",
    "RACKLENS_MILVUS_CERT": "client_pem_path",
    "RACKLENS_MILVUS_KEY": "client_key_path",
    "RACKLENS_MILVUS_SERVER_NAME": "server_name",
}


def connection_options(environment: Mapping[str, str]) -> dict[str, Any]:
    """What MilvusClient gets besides the uri: token ("user:password" or a key), database, and for TLS the files of the authority and of
    the client's own certificate. Empty variables count as unset; an https uri or an authority turns TLS on."""
    options: dict[str, Any] = {keyword: environment[name] for name, keyword in _OPTIONS.items() if environment.get(name, "").strip()}
    return options | {"secure": True} if "ca_pem_path" in options else options


def without_secrets(uri: str) -> str:
    """The uri as it may be shown: no user, no password."""
    return re.sub(r"(?<=//)[^/@]*@", "", uri)


def patience_s(uri: str, seconds: float = ANSWER_S) -> float:
    """How long to wait for an answer, in seconds. A file is served by this very process: it may be slow, but it is never away."""
    return max(seconds, _FILE_S) if uri.endswith(".db") else seconds


def connect(uri: str, *, options: Mapping[str, Any], make_file: bool) -> Any:
    """A MilvusClient. uri: http(s)://host:19530, or a file for milvus-lite, whose name ends in .db; make_file: whether it may be a new one.

    Raises SetupError, after CONNECT_S at the latest where nobody answers, and where pymilvus is not installed.
    """
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise SetupError(
            f"The store Milvus needs pymilvus ({error}).", remedy="Install it: `pip install -r requirements-milvus.txt`."
        ) from error
    if uri.endswith(".db") and not make_file and not Path(uri).exists():
        raise SetupError(f"There is no file {uri}.", remedy="Check the uri, or publish a build: `python -m index_builder build --help`.")
    for library in ("pymilvus", "milvus_lite"):  # they log each error with its traceback and raise it too: once is enough
        logging.getLogger(library).setLevel(logging.CRITICAL)
    with translated(uri, "be opened"):
        try:
            return MilvusClient(uri, timeout=patience_s(uri, CONNECT_S), **options)
        except ValueError as error:  # a port that is no number
            raise OSError(str(error)) from error


@contextmanager
def translated(uri: str, doing: str) -> Iterator[None]:
    """Errors of pymilvus inside become SetupErrors that say what could not be done."""
    import grpc
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except (MilvusException, OSError, grpc.RpcError) as error:
        remedy = "Check that the server runs, the uri, the credentials and the way there; `python -m edge doctor` looks again."
        if uri.endswith(".db"):
            remedy = "Check the uri; only one process at a time may have such a file open."
        said = without_secrets(str(getattr(error, "message", "") or error))
        raise SetupError(f"Milvus at {without_secrets(uri)} could not {doing} ({said}).", remedy=remedy) from error
