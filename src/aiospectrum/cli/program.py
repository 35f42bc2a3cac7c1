"""The commands put together, and one run of them with its exit status."""

import signal
from collections.abc import Sequence
from typing import Annotated, Final

import attrs
from cyclopts import App as CommandGroup
from cyclopts import CycloptsError, Parameter
from rich.console import Console

from aiospectrum._version import __version__
from aiospectrum.cli.app_commands import apps_group
from aiospectrum.cli.context import Context, PipeConsole, UsageError, show_warnings
from aiospectrum.cli.dataset_commands import dataset_group
from aiospectrum.cli.demo_command import demo
from aiospectrum.cli.limits import LIMIT_URL, SharedLimit
from aiospectrum.cli.pull_command import pull
from aiospectrum.cli.report_commands import bytime, current, protocols, summary
from aiospectrum.cli.sandbox_command import sandbox
from aiospectrum.cli.terminal import StoppedError, discard_output
from aiospectrum.cli.watch_command import watch
from aiospectrum.errors import CredentialsError, InvalidArgumentError, SpectrumError

__all__ = ["run"]

_OK: Final = 0
_FAILED: Final = 1
_BAD_USAGE: Final = 2
_NOBODY_READS: Final = 141
"""As of a program that SIGPIPE ends, which Python does not let it."""

_HELP_WIDTH: Final = 100
_LEAST_WIDTH: Final = 40
"""Columns below which cyclopts would never be done with a table of options."""

_PROXY_HELP: Final = (
    "URL of an HTTP proxy to call the API over, empty for none; when left out, HTTPS_PROXY or ALL_PROXY, but for hosts "
    "in NO_PROXY."
)


_LIMIT_FILE_HELP: Final = (
    "File by which all processes of this machine share one rate limit, made if there is none; one for each token, and "
    "of one --rate-limit."
)
_LIMIT_URL_HELP: Final = (
    f"URL of a Redis or Valkey server by which processes of many machines share it; when left out, {LIMIT_URL}, where "
    "its password is not seen by others; empty for none."
)
_WIDE_HELP: Final = "Print tables as wide as they are, with nothing shortened, whatever the width of the terminal."
_LIMIT_NAME_HELP: Final = "Name of the limit on that server, one for each token; default when left out."


def run(argv: Sequence[str], context: Context) -> int:
    """Run one command.

    Args:
        argv: The arguments, without the program's name.
        context: The surroundings.

    Returns:
        The exit status: 0 all is well, 1 a call failed, 2 bad usage, 141 nobody reads the output any more; 130 Ctrl-C,
        143 SIGTERM and 129 SIGHUP.
    """
    context = attrs.evolve(context, argv=argv)
    try:
        with show_warnings(context):
            return _dispatch(argv, context)
    except BrokenPipeError:  # whoever read the output has had enough
        discard_output(context.out.file)
        discard_output(context.err.file)
        return _NOBODY_READS
    except KeyboardInterrupt:
        return _fail(context, StoppedError(signal.SIGINT), StoppedError(signal.SIGINT).status)
    except StoppedError as stopped:
        return _fail(context, stopped, stopped.status)
    except (CycloptsError, UsageError, InvalidArgumentError, CredentialsError) as error:
        return _fail(context, error, _BAD_USAGE)
    except (SpectrumError, OSError) as error:
        return _fail(context, error, _FAILED)


def _dispatch(argv: Sequence[str], context: Context) -> int:
    help_console = PipeConsole(file=context.out.file, width=max(_LEAST_WIDTH, min(context.out.width, _HELP_WIDTH)))
    program = _build_program(help_console)

    def run_command(
        *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        proxy: Annotated[str | None, Parameter(name="--proxy", allow_leading_hyphen=True, help=_PROXY_HELP)] = None,
        limit_file: Annotated[
            str | None, Parameter(name="--limit-file", allow_leading_hyphen=True, help=_LIMIT_FILE_HELP)
        ] = None,
        limit_url: Annotated[
            str | None, Parameter(name="--limit-url", allow_leading_hyphen=True, help=_LIMIT_URL_HELP)
        ] = None,
        limit_name: Annotated[
            str | None, Parameter(name="--limit-name", allow_leading_hyphen=True, help=_LIMIT_NAME_HELP)
        ] = None,
        wide: Annotated[bool, Parameter(name="--wide", negative=(), show_default=False, help=_WIDE_HELP)] = False,
    ) -> object:
        command, bound, unparsed = program.parse_args(list(words), print_error=False, exit_on_error=False)
        shared_limit = SharedLimit(file=limit_file, url=limit_url, name=limit_name)
        given = attrs.evolve(context, argv=words, proxy=proxy, shared_limit=shared_limit, is_wide=wide)
        return command(*bound.args, **bound.kwargs, **({"context": given} if "context" in unparsed else {}))

    program.meta.default(run_command)  # takes what every command has, wherever it stands
    command, bound, _ = program.meta.parse_args(list(argv), print_error=False, exit_on_error=False)
    status = command(*bound.args, **bound.kwargs)
    return status if isinstance(status, int) else _OK


def _build_program(help_console: Console) -> CommandGroup:
    program = CommandGroup(
        name="aiospectrum",
        help="Cloudflare Spectrum from the command line; `aiospectrum demo` needs no account.",
        version=__version__,
        console=help_console,
        help_format="plaintext",
        default_parameter=Parameter(negative_iterable=()),
    )
    program.command(apps_group())
    program.command(dataset_group())
    for command in (protocols, current, bytime, summary, pull, watch, sandbox, demo):
        program.command(command)
    return program


def _fail(context: Context, error: BaseException, status: int) -> int:
    kind = "UsageError" if isinstance(error, CycloptsError) else type(error).__name__
    context.print_error(error, kind, status)
    return status
