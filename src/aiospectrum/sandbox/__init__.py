"""A Spectrum API to test against: stateful, deterministic, on a real local socket.

Three ways to run one: ``async with Sandbox(...) as sandbox``; :func:`run_in_thread` for code
without a loop of its own; :func:`serve` until cancelled. Tests under pytest take the
``spectrum_sandbox`` fixture instead.

:class:`Faults` make it misbehave, at chosen rates or for as long as they are assigned, so that a
program can be tested against an API that is slow, breaks connections and refuses requests.

The sandbox shares no code with the client, so that each can catch the other's errors.
"""

from aiospectrum.sandbox.options import FaultKind, Faults, RateLimit
from aiospectrum.sandbox.sandbox import (
    DEFAULT_API_EMAIL,
    DEFAULT_API_KEY,
    DEFAULT_API_TOKEN,
    Sandbox,
    run_in_thread,
    serve,
)
from aiospectrum.sandbox.server import RecordedRequest

__all__ = [
    "DEFAULT_API_EMAIL",
    "DEFAULT_API_KEY",
    "DEFAULT_API_TOKEN",
    "FaultKind",
    "Faults",
    "RateLimit",
    "RecordedRequest",
    "Sandbox",
    "run_in_thread",
    "serve",
]
