"""Measurements: each prints data, method, a table, then one JSON line."""
