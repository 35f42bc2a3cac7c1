"""Limiters: how many requests go out, and a pause of all of them after a 429.

The limit is the token's, so that all who use a token share one: :class:`Limiter` among the clients of an event loop,
:class:`FileLimiter` among the processes of a machine.
:class:`RateLimiter` is what a client needs of one, for limiters of your own.
"""

from aiospectrum.limiters.file import FileLimiter
from aiospectrum.limiters.loop import Limiter
from aiospectrum.limiters.protocol import RateLimiter, TooLateError

__all__ = ["FileLimiter", "Limiter", "RateLimiter", "TooLateError"]
