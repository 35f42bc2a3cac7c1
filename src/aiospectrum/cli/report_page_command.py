"""``aiospectrum report``: a page or a picture about a dataset, for people."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from cyclopts import Parameter

from aiospectrum import bulk
from aiospectrum._http.passwords import hide_passwords
from aiospectrum.bulk import Dataset
from aiospectrum.bulk.dataset.threads import Threads
from aiospectrum.cli.context import Context
from aiospectrum.cli.files import check_file, write_file
from aiospectrum.cli.formatting import human_size
from aiospectrum.cli.options import (
    AsPlainJSON,
    Passed,
    TimeOption,
    ZonesOption,
    expand_home,
    read_text,
    read_zone,
)
from aiospectrum.cli.terminal import until_stopped
from aiospectrum.cli.times import read_time
from aiospectrum.cli.usage_errors import UsageError, named_as_given
from aiospectrum.cli.zones_command import find_zones

__all__ = ["report"]

_SUFFIXES: Final = (".html", ".svg", ".png")
_SUCH_AS: Final = "such as `aiospectrum apps list ZONE --json` prints"
_NAMES_HELP: Final = (
    "File with host names of applications: JSON as `aiospectrum apps list ZONE --json` prints it, or an object of "
    "names by id; can be repeated."
)


def report(
    folder: Annotated[str, Parameter(help="Folder or URL of the dataset, as it was given to pull --out.")],
    /,
    *,
    out: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    title: Annotated[str, Parameter(allow_leading_hyphen=True)] = "Cloudflare Spectrum traffic",
    zone: ZonesOption = None,
    since: TimeOption = None,
    until: TimeOption = None,
    names: Annotated[list[str] | None, Parameter(negative=(), allow_leading_hyphen=True, help=_NAMES_HELP)] = None,
    names_from_api: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    interactive: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    as_json: AsPlainJSON = False,
    context: Passed,
) -> None:
    """Write a report about a dataset: traffic, connections, errors, durations, and what is missing.

    A page of .html is one file that loads nothing from anywhere, for screens of all sizes and for printers;
    .svg and .png are one picture of it, to post. Needs: pip install 'aiospectrum[cli,arrow,report]'

    Args:
        folder: Folder or URL of the dataset.
        out: File to write, whose name ends in .html, .svg or .png.
        title: What the report is called.
        zone: Zones to report about; all when left out.
        since: Start: RFC 3339 with Z or an offset, a date, or a time ago such as -7d; that of the data when left out.
        until: End, excluded, in the same forms.
        names: Files with host names.
        names_from_api: Look the host names up, with the token of the environment: a request for each zone, or more.
        interactive: Let the page tell numbers under the pointer, by scripts within it.
        as_json: Print the path of the file and its size as JSON.
        context: The surroundings.
    """
    if out is None:
        raise UsageError("expected --out with the file to write, such as --out report.html")
    path = check_file("--out", out, _SUFFIXES)
    if interactive and path.suffix.lower() != ".html":
        raise UsageError(f"--interactive: expected a page, got a picture, {path.name}", "give --out a name of .html")
    now = context.now()
    given = _read_names(names or (), context)
    arguments = {
        "title": title,
        "zones": None if zone is None else _find_zones(zone, context),
        "since": None if since is None else read_time("--since", since, now),
        "until": None if until is None else read_time("--until", until, now),
        "interactive": interactive,
        "now": now,
    }
    place = expand_home(folder, hide_passwords(folder))
    with named_as_given(hide_passwords(folder)):
        work = _render(place, path.suffix.lower().removeprefix("."), given, arguments, context, look_up=names_from_api)
        content = asyncio.run(until_stopped(work))
    write_file("--out", path, content)
    if as_json:
        context.print_json({"file": str(path), "bytes": len(content)})
    else:
        context.print_out(f"{path}: {human_size(len(content))}")


def _find_zones(given: Sequence[str], context: Context) -> tuple[str, ...]:
    return find_zones([read_zone(zone, "--zone") for zone in given], context, context.limiter)


async def _render(
    place: str,
    file_format: Any,
    names: Mapping[str, str],
    arguments: Mapping[str, Any],
    context: Context,
    *,
    look_up: bool,
) -> bytes:
    """Do what blocks in threads, which a signal leaves behind."""
    threads = Threads()
    dataset: Dataset = await threads.run(lambda: bulk.open_dataset(place))
    if look_up:
        limiter = context.limiter()
        async with context.open_client(limiter) as client:
            names = {**await bulk.app_names(client, arguments["zones"] or dataset.zones), **names}
    return await threads.run(lambda: dataset.render_report(file_format, names=names or None, **arguments))


def _read_names(files: Sequence[str], context: Context) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in files:
        name = f"--names {file}"
        try:
            values = json.loads(read_text(file, name, context.stdin))
        except (ValueError, RecursionError) as error:
            problem = "it is nested too deeply" if isinstance(error, RecursionError) else error
            raise UsageError(f"{name}: expected JSON, {_SUCH_AS}: {problem}") from None
        if isinstance(values, Mapping) and "items" in values:
            values = values["items"]
            if not isinstance(values, list):
                raise UsageError(f"{name}: expected a list of applications as items, {_SUCH_AS}")
        if isinstance(values, list):
            if not all(map(_is_app, values)):
                raise UsageError(f"{name}: expected a list of applications, each with its id and dns, {_SUCH_AS}")
            values = {each["id"]: each["dns"].get("name") for each in values}
        if not isinstance(values, Mapping) or not all(isinstance(text, str | None) for text in values.values()):
            raise UsageError(f"{name}: expected applications, {_SUCH_AS}, or an object of names by id")
        found |= {key: text for key, text in values.items() if text}
    return found


def _is_app(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("id"), str) and isinstance(value.get("dns"), Mapping)
