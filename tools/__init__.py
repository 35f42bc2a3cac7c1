"""What is run by `nox` for those who work on the project: the snapshot of the public API, and releases."""
