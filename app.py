"""The entry of the page: opens what all sessions share and wires the pages to it."""

from __future__ import annotations

from functools import partial
from types import ModuleType

import streamlit as st

from app_pages import access, arrivals, catalogue, delivery, frame, history, improve, look_up, looks, this_box
from app_pages.language import say, say_error
from app_pages.shared_box import Box, index_version, open_box, settings
from edge.errors import SetupError

# One line a page: its name (words: "page.NAME", address: NAME with hyphens) and the module whose page(box) draws it, most used first.
PAGES = {
    "look_up": look_up,
    "delivery": delivery,
    "history": history,
    "arrivals": arrivals,
    "catalogue": catalogue,
    "looks": looks,
    "improve": improve,
    "this_box": this_box,
}


def draw(module: ModuleType, opened: list[Box]) -> None:
    """A page, once the box is open."""
    module.page(opened[0])


def main() -> None:
    frame.begin()
    opened: list[Box] = []
    # Before the passcode is asked for: an address with a page in it has to lead there afterwards.
    pages = {
        name: st.Page(partial(draw, module, opened), title=say(f"page.{name}"), url_path=name.replace("_", "-"), default=name == "look_up")
        for name, module in PAGES.items()
        if module is not improve or improve.available()
    }
    here = st.navigation(list(pages.values()), position="hidden")
    try:
        access.gate(frame.brand)
        root = settings().index_root
        with st.spinner(say("loading")):
            opened.append(open_box(str(root), index_version(root)))
    except SetupError as error:
        frame.brand()
        st.error(say("not_ready", why=say_error(error)))
        st.info(say("not_ready.help"))
        st.stop()
    frame.brand(pages, here)
    here.run()


main()
