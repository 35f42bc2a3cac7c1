"""What ``--verbose`` prints of each attempt."""

from collections.abc import Callable

from aiospectrum.hooks import AttemptEnded, AttemptHook, AttemptStarted

__all__ = ["print_attempts"]


def print_attempts(print_line: Callable[[str], object], hook: AttemptHook | None) -> AttemptHook:
    """Make a hook that prints each attempt.

    Args:
        print_line: Prints a line.
        hook: Another hook, which is called as well; None for none.
    """

    def started(attempt: AttemptStarted) -> Callable[[AttemptEnded], None]:
        end = None if hook is None else hook(attempt)

        def ended(seen: AttemptEnded) -> None:
            came = "cancelled" if seen.was_cancelled else "no response" if seen.status is None else str(seen.status)
            took = f"{came} in {seen.duration:.3f} s, {seen.body_bytes:,} bytes"
            print_line(f"{attempt.method} {attempt.url} attempt {attempt.attempt}: {took}")
            if end is not None:
                end(seen)

        return ended

    return started
