"""Fixtures for all tests."""

from tests.opened_page import open_page

__all__ = ["open_page"]
