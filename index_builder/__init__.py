"""Offline: from a product feed to the index the page uses."""
