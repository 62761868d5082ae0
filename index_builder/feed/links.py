"""Image links as feeds write them -> absolute paths and whole URLs."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*)://")
_PLAIN_HOST = re.compile(r"(?i)https?://[a-z0-9][a-z0-9.-]*(?::\d+)?/")
_IMAGE_ENDING = re.compile(r"(?i)\.(?:jpe?g|png|webp|gif|heic|heif|avif|bmp|tiff?)(?:[?#].*)?$")
_PART = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?:,|$)|([^,]*)(?:,|$)')  # in quotation marks, or up to the comma


def locate(link: str, folder: str) -> str:
    """URLs stay, paths become absolute, taken from `folder`. Raises ValueError with the reason why a link is of no use."""
    if "\n" in link or "\r" in link:
        raise ValueError("a line break in the image link; is a quotation mark missing?")
    if "\0" in link or "\ufffd" in link:
        raise ValueError("the image link holds a character that cannot be read")
    if link.startswith("//"):  # as web pages write it: the page's own scheme
        link = f"https:{link}"
    scheme = _SCHEME.match(link)
    if scheme:
        if scheme[1].lower() not in ("http", "https", "file"):
            raise ValueError(f"the image link begins with {scheme[1]}://, it must be a file or http(s)")
        if scheme[1].lower() != "file" and not _PLAIN_HOST.match(link) and not _host(link):
            raise ValueError("the image link names no host")
        return link
    if link.lower().startswith("data:"):
        raise ValueError("the image link is the picture itself, it must be a file or http(s)")
    path = os.path.join(folder, link)
    if "\\" in link and not os.path.exists(path):  # exported on Windows
        path = os.path.join(folder, link.replace("\\", "/"))
    return path


def split_links(value: str) -> list[str]:
    """Comma-separated links; a link in quotation marks may hold commas, and so may a URL (as image servers' sizes do).

    An unquoted comma ends a URL unless what follows it at once is neither a URL nor after an image's ending.
    """
    links: list[str] = []
    inside_url = False
    for part in _PART.finditer(value):
        quoted, plain = part[1], part[2] or ""
        link = quoted.replace('""', '"').strip() if quoted is not None else plain.strip()
        if inside_url and plain and not plain[0].isspace() and not _SCHEME.match(link):
            links[-1] += f",{link}"
        elif link:
            links.append(link)
        inside_url = bool(plain) and plain == plain.rstrip() and bool(_SCHEME.match(links[-1])) and not _IMAGE_ENDING.search(links[-1])
    return links


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
