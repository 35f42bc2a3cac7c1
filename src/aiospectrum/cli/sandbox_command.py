"""``aiospectrum sandbox``: a Spectrum API to try things against, with injected faults on request."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import attrs
from cyclopts import Parameter, validators

from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import cell, counted, shortened
from aiospectrum.cli.grid import ID_WIDTH
from aiospectrum.cli.options import AsPlainJSON, AtLeastOne, Passed, PortOption, whole
from aiospectrum.cli.terminal import StoppedError, until_stopped
from aiospectrum.cli.usage_errors import UsageError, listening_error, sandbox_refusal
from aiospectrum.sandbox import Faults, RateLimit, RecordedRequest, Sandbox

__all__ = ["parse_faults", "sandbox"]

_ID: Final = re.compile("[0-9a-f]{32}")
_NUMBER: Final = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"


@attrs.frozen
class _Form:
    """How one fault is written after its name and ``=``."""

    shown: str
    """The form for people."""
    pattern: str
    """The form as a regular expression, whose groups are fields of ``Faults``."""


_FORMS: Final[Mapping[str, _Form]] = {
    "latency": _Form("SECONDS or LOW-HIGH", rf"(?P<latency>{_NUMBER}(?:-{_NUMBER})?)"),
    "errors": _Form(
        "RATE or RATE/STATUS,STATUS", rf"(?P<error_rate>{_NUMBER})(?:/(?P<error_statuses>[0-9]{{3}}(?:,[0-9]{{3}})*))?"
    ),
    "resets": _Form(
        "RATE or RATE/before, RATE/after or RATE/either (of the operation)",
        rf"(?P<reset_rate>{_NUMBER})(?:/(?P<reset_when>before|after|either))?",
    ),
    "hangs": _Form("RATE", rf"(?P<hang_rate>{_NUMBER})"),
    "truncations": _Form("RATE", rf"(?P<truncate_rate>{_NUMBER})"),
    "throttles": _Form(
        "RATE or RATE/SECONDS", rf"(?P<throttle_rate>{_NUMBER})(?:/(?P<throttle_retry_after>[0-9]{{1,9}}))?"
    ),
    "storm": _Form("EVERY/LASTS", rf"(?P<storm_every>{_NUMBER})/(?P<storm_lasts>{_NUMBER})"),
}


def _parse_latency(text: str) -> float | tuple[float, float]:
    low, _, high = text.partition("-")
    return (float(low), float(high)) if high else float(low)


_PARSERS: Final[Mapping[str, Callable[[str], object]]] = {
    "latency": _parse_latency,
    "error_statuses": lambda text: tuple(int(status) for status in text.split(",")),
    "reset_when": str,
    "throttle_retry_after": int,
}
"""How a field is parsed; those that are not here are numbers."""

_FAULT_HELP: Final = (
    "Fault to inject, such as errors=0.05 for one request in twenty; can be repeated. "
    + "; ".join(f"{name}={form.shown}" for name, form in _FORMS.items())
    + ". A RATE is a share of requests from 0 to 1, all else is seconds; in a storm every response is a 429."
)


def sandbox(
    *,
    host: str = "127.0.0.1",
    port: PortOption = 8088,
    zones: AtLeastOne = 3,
    apps_per_zone: Annotated[int, whole] = 5,
    paygo: Annotated[int, whole, Parameter(validator=validators.Number(gte=0))] = 0,
    seed: Annotated[int, whole] = 0,
    rate_limit: bool = True,
    data_lag: float = 0.0,
    fault: Annotated[list[str] | None, Parameter(help=_FAULT_HELP)] = None,
    log: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    as_json: AsPlainJSON = False,
    context: Passed,
) -> int:
    """Run a Spectrum API on this machine until Ctrl-C.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        zones: Number of zones.
        apps_per_zone: Applications that each zone starts with.
        paygo: How many of the zones, counted from the last one, are on a pay-as-you-go plan.
        seed: Seed of identifiers and analytics; equal seeds give equal sandboxes.
        rate_limit: Whether to refuse requests beyond Cloudflare's 1,200 in five minutes.
        data_lag: Seconds by which analytics lag behind.
        fault: Faults to inject.
        log: Print each request: time, status, milliseconds until its response was sent, fault, method and path.
        as_json: Print JSON, a line for each request with --log.
        context: The surroundings.

    Returns:
        The exit status.
    """
    requests: asyncio.Queue[tuple[datetime, RecordedRequest, float]] = asyncio.Queue()

    def on_request(request: RecordedRequest, seconds: float) -> None:
        requests.put_nowait((context.now(), request, seconds))

    try:
        names = Sandbox(zones=zones, apps_per_zone=0, seed=seed).zones
        if paygo > len(names):
            raise UsageError(f"--paygo: expected at most the number of zones, {len(names)}, got {paygo}")
        box = Sandbox(
            zones=names,
            apps_per_zone=apps_per_zone,
            paygo_zones=names[len(names) - paygo :],
            seed=seed,
            rate_limit=RateLimit() if rate_limit else None,
            data_lag=data_lag,
            faults=parse_faults(fault or ()),
            host=host,
            port=port,
            now=context.now,
            monotonic=context.monotonic,
            on_request=on_request if log else None,
        )
    except ValueError as error:
        raise sandbox_refusal(error) from None

    async def serve() -> None:
        async with box:
            if as_json:
                context.print_json(_values(box, paygo, fault or []), is_line=log, is_of_api=True)
            else:
                _introduce(box, paygo, fault or [], context)
            while True:  # a closed pipe ends it here, and not within a response
                moment, request, seconds = await requests.get()
                if as_json:
                    context.print_json(_request_values(moment, request, seconds), is_line=True)
                else:
                    context.print_out(_request_line(moment, request, seconds, context.out.width))

    return _run(serve(), f"{host}:{port}", context)


def parse_faults(texts: Sequence[str]) -> Faults:
    """Parse the values of the option for faults.

    Args:
        texts: The values.

    Returns:
        The faults, all together.

    Raises:
        UsageError: One of them is none, makes no sense or is given twice, or they do not go together.
    """
    values: dict[str, Any] = {}
    for text in texts:
        fault = _parse_fault(text)
        if not fault.keys().isdisjoint(values):
            raise UsageError(f"--fault {text}: expected each fault once, got {text.partition('=')[0]} again")
        _make_faults(f"--fault {text}", fault)
        values |= fault
    return _make_faults("--fault", values)


def _parse_fault(text: str) -> dict[str, Any]:
    name, _, value = text.partition("=")
    form = _FORMS.get(name)
    if form is None:
        raise UsageError(f"--fault {text}: expected one of {', '.join(_FORMS)}, with = and a value")
    match = re.fullmatch(form.pattern, value)
    if match is None:
        raise UsageError(f"--fault {text}: expected {name}={form.shown}")
    given = {field: part for field, part in match.groupdict().items() if part is not None}
    return {field: _PARSERS.get(field, float)(part) for field, part in given.items()}


def _make_faults(option: str, values: Mapping[str, Any]) -> Faults:
    try:
        return Faults(**values)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def _run(work: Coroutine[Any, Any, None], place: str, context: Context) -> int:
    try:
        asyncio.run(until_stopped(work))
    except BrokenPipeError:
        raise
    except (OSError, UnicodeError) as error:
        raise listening_error(place, error) from None
    except StoppedError as stopped:
        if not stopped.is_ctrl_c:
            raise
        context.print_note("stopped")
    return 0


def _introduce(box: Sandbox, paygo: int, faults: Sequence[str], context: Context) -> None:
    zones = []
    for place, zone_id in enumerate(box.zones, 1):
        plan = ", pay as you go" if place > len(box.zones) - paygo else ""
        zones.append(f"  {zone_id}  {box.zone_name(zone_id)}, {counted(len(box.app_ids(zone_id)), 'app')}{plan}")
    for line in (
        f"Sandbox of the Spectrum API on {box.url}, until Ctrl-C",
        "",
        f"{counted(len(box.zones), 'zone')}:",
        *zones,
        *(["", f"Injected faults: {', '.join(faults)}"] if faults else []),
        "",
        "Environment of programs that use it:",
        f"export CLOUDFLARE_BASE_URL={box.url}",
    ):
        context.print_out(line)
    # As it is, also where the environment has the same: it is the sandbox's own.
    context.out.print(cell(f"export CLOUDFLARE_API_TOKEN={box.api_token}"), soft_wrap=True)


def _values(box: Sandbox, paygo: int, faults: Sequence[str]) -> dict[str, Any]:
    zones = [
        {
            "id": zone_id,
            "name": box.zone_name(zone_id),
            "apps": len(box.app_ids(zone_id)),
            "paygo": place > len(box.zones) - paygo,
        }
        for place, zone_id in enumerate(box.zones, 1)
    ]
    return {"url": box.url, "api_token": box.api_token, "zones": zones, "faults": list(faults)}


def _request_values(moment: datetime, request: RecordedRequest, seconds: float) -> dict[str, Any]:
    return {"time": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}", **attrs.asdict(request), "ms": round(1000 * seconds, 1)}


def _request_line(moment: datetime, request: RecordedRequest, seconds: float, width: int) -> str:
    """One line, in which identifiers are shortened where it would be longer than the width."""
    status = "-" if request.status is None else request.status
    fault = f"  {request.fault}" if request.fault else ""
    start = f"{moment:%H:%M:%S}  {status!s:>3}  {1000 * seconds:>7,.1f} ms{fault}  {request.method} "
    query = f"?{request.query}" if request.query else ""
    path = f"{request.path}{query}"
    if len(start) + len(path) > width:
        path = _ID.sub(lambda match: shortened(match[0], ID_WIDTH), path)
    return start + shortened(path, max(ID_WIDTH, width - len(start)))
