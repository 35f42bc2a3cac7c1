"""A server that misbehaves on purpose, its steps, and the tests of both; start at :mod:`tests.chaos.server`."""
