"""Tests by tools that are not ours; `nox -s peers` runs them."""
