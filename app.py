"""The entry of the page: opens what all sessions share and wires the pages to it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app_pages import access, arrivals, catalogue, delivery, frame, history, improve, look_up, looks, this_box
from app_pages.language import say, say_error
from app_pages.shared_box import index_version, open_box, settings
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


def main() -> None:
    frame.begin()
    try:
        access.gate(frame.brand)
        root = settings().index_root
        with st.spinner(say("loading")):
            box = open_box(str(root), index_version(root))
    except SetupError as error:
        frame.brand()
        st.error(say("not_ready", why=say_error(error)))
        st.info(say("not_ready.help"))
        st.stop()
    pages = {
        name: st.Page(partial(module.page, box), title=say(f"page.{name}"), url_path=name.replace("_", "-"), default=name == "look_up")
        for name, module in PAGES.items()
        if module is not improve or improve.available()
    }
    here = st.navigation(list(pages.values()), position="hidden")
    frame.brand(pages, here)
    here.run()


main()
