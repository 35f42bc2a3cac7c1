"""Every step there is, by name, for tests that try them all."""

import functools
from collections.abc import Iterator

from tests.chaos import bodies, codings, framing, rate_limits, responses, steps
from tests.chaos.steps import CLOSE, HANG, RESET, Play, Sleep

__all__ = ["every_step"]


def every_step(sleep: Sleep) -> dict[str, Play]:
    """All steps by name; those with HANG in them need a client that gives up."""
    plays = [*_endings(), *_responses(), *_slow(sleep), *_framings(), *_contents()]
    names = [play.name for play in plays]
    if len(set(names)) < len(names):
        raise ValueError(f"two steps have one name in {sorted(names)}")
    return dict(zip(names, plays, strict=True))


def _endings() -> Iterator[Play]:
    for end in (RESET, CLOSE, HANG):
        yield steps.at_accept(end)
        yield steps.before_request(end)
        yield steps.during_request(end)
        yield steps.after_request(end)
        yield steps.in_status_line(end)
        yield steps.in_headers(end)
        yield steps.in_body(end)
    for end in (RESET, CLOSE):
        yield steps.keep_alive_then_close(end=end)
        yield steps.keep_alive_then_close(end=end, idle=True)


def _slow(sleep: Sleep) -> Iterator[Play]:
    yield steps.drip(sleep, part="head")
    yield steps.drip(sleep, part="body")
    yield steps.hold(functools.partial(sleep, 1.0))


def _responses() -> Iterator[Play]:
    yield responses.good()
    yield responses.unsuccessful()
    yield responses.unsuccessful(status=403)
    yield responses.html_error(502)
    yield responses.html_error(200)
    yield from map(responses.cloudflare_error, responses.CLOUDFLARE_STATUSES)
    yield responses.empty()
    yield responses.empty(500)
    yield responses.no_content()
    for status in responses.REDIRECT_STATUSES:
        yield responses.redirect(status, "http://127.0.0.1:9/elsewhere")
    yield responses.set_cookie()
    yield from map(responses.strange_header, responses.STRANGE_VALUES)
    yield from map(steps.echo, (200, 403, 500))
    yield from map(rate_limits.retry_after, rate_limits.RETRY_AFTERS)
    yield from map(rate_limits.rate_limited_fields, rate_limits.RATE_LIMITS)


def _framings() -> Iterator[Play]:
    yield from map(framing.garbage_status_line, framing.STATUS_LINES)
    yield framing.many_headers()
    yield framing.huge_header()
    yield framing.length_too_long()
    yield framing.length_too_short()
    yield from map(framing.bad_length, framing.BAD_LENGTHS)
    yield framing.close_delimited()
    yield framing.both_framings()
    yield framing.chunked()
    yield from map(framing.bad_chunks, framing.BAD_CHUNKS)
    yield framing.informational(103)
    yield framing.informational(100)
    yield framing.informational(100, 103, 103)
    yield framing.junk_after()


def _contents() -> Iterator[Play]:
    yield from map(bodies.strange_body, bodies.BODIES)
    yield from map(bodies.number, bodies.NUMBERS)
    yield bodies.deep_json(kind="list")
    yield bodies.deep_json(kind="object")
    yield bodies.truncated_json()
    yield from map(codings.broken_gzip, codings.BROKEN_GZIPS)
    yield from map(codings.bomb, codings.BOMBS)
