"""Who may open the page: anybody on the box itself; from the network only with the passcode, or signed in where that is set up."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable

import streamlit as st

from app_pages.language import say
from app_pages.shared_box import settings
from edge.passcode import Attempts, check_stored, is_passcode

_IN = "passcode given"


def gate(head: Callable[[], None]) -> None:
    """Returns where the page may be shown; else draws `head` and what has to be done first, and stops. Raises SettingsError."""
    stored = settings().passcode_hash
    if stored:
        check_stored(stored)
        if st.session_state.get(_IN) != stored:  # a changed passcode asks everybody again
            head()
            _ask(stored)
            st.stop()
    elif sign_in_is_set_up():
        if not st.user.is_logged_in:
            head()
            st.html(f"<p class='note'>{say('access.sign_in.why')}</p>")
            st.button(say("access.sign_in"), type="primary", width="stretch", on_click=st.login)
            st.stop()
    elif reachable_from_outside():
        head()
        st.error(say("access.refused"))
        st.info(say("access.refused.help"))
        st.stop()


def sign_in_is_set_up() -> bool:
    """Whether the secrets name an OpenID provider."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:  # a box without any secrets
        return False


def reachable_from_outside() -> bool:
    """Whether the server listens on more than this machine, or was reached by another name, as through a proxy."""
    if not is_local(st.get_option("server.address") or ""):
        return True
    headers = st.context.headers
    names = [headers.get("Host"), headers.get("X-Forwarded-Host"), headers.get("X-Forwarded-For")]
    return any(name is not None and not is_local(_host(name)) for name in names)


def is_local(address: str) -> bool:
    """Whether an address or a name can only mean this machine; "" means all of its addresses."""
    if address == "localhost" or address.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _host(name: str) -> str:
    """ "box:8501" -> "box", "[::1]:8501" -> "[::1]"; of several forwarded ones the first."""
    first = name.split(",")[0].strip()
    return first.split("]")[0] + "]" if first.startswith("[") else first.rsplit(":", 1)[0] if first.count(":") == 1 else first


def _ask(stored: str) -> None:
    with st.form("passcode", border=False):
        st.html(f"<h2>{say('access.title')}</h2>")
        given = st.text_input(say("access.code"), type="password", autocomplete="current-password", key="passcode")
        sent = st.form_submit_button(say("access.open"), type="primary", width="stretch")
    if not sent or not given:
        return
    attempts = _attempts()
    wait = attempts.begin()
    if wait:
        st.error(say("access.wait", seconds=math.ceil(wait)))
    elif is_passcode(given, stored):
        attempts.right()
        st.session_state[_IN] = stored
        st.rerun()
    else:
        st.error(say("access.wrong"))


@st.cache_resource(show_spinner=False)
def _attempts() -> Attempts:
    """One count for the whole box: a new session gives no new tries."""
    return Attempts()
