"""Product feeds and folders of images -> CatalogueItems, and the rows left out with their lines and reasons.

text (bytes -> lines) -> columns (the first line) -> rows (lines -> values) -> read (values -> items; links, folders)
"""

from edge.errors import FeedError
from index_builder.feed.columns import KNOWN, parse_mapping
from index_builder.feed.read import ItemRow, SkippedRow, iter_feed, read_feed

__all__ = ["KNOWN", "FeedError", "ItemRow", "SkippedRow", "iter_feed", "parse_mapping", "read_feed"]
