"""The commands put together, and one run of them with its exit status."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Annotated, Final

import attrs
from cyclopts import App as CommandGroup
from cyclopts import CycloptsError, Group, Parameter
from rich.console import Console

from aiospectrum._http.credentials import redact_refusal
from aiospectrum._version import __version__
from aiospectrum.cli.app_commands import apps_group
from aiospectrum.cli.completion_command import completion_command
from aiospectrum.cli.consoles import PipeConsole, hide_warnings, show_warnings
from aiospectrum.cli.context import Context
from aiospectrum.cli.dataset_commands import dataset_group
from aiospectrum.cli.demo_command import demo
from aiospectrum.cli.examples import add_examples
from aiospectrum.cli.exporter_command import exporter
from aiospectrum.cli.next_steps import add_next_steps
from aiospectrum.cli.options import flattened
from aiospectrum.cli.pull_command import pull
from aiospectrum.cli.report_commands import bytime, current, protocols, summary, usage
from aiospectrum.cli.report_page_command import report
from aiospectrum.cli.sandbox_command import sandbox
from aiospectrum.cli.shared_options import SharedOptions
from aiospectrum.cli.terminal import StoppedError, discard_output
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.cli.watch_command import watch
from aiospectrum.cli.zones_command import zones
from aiospectrum.errors import CredentialsError, InvalidArgumentError, SpectrumError

__all__ = ["build_program", "run"]

_OK: Final = 0
_FAILED: Final = 1
_BAD_USAGE: Final = 2
_NOBODY_READS: Final = 141
"""As of a program that SIGPIPE ends, which Python does not let it."""

_OF_ALL: Final = Parameter(group=Group("Options of all commands", sort_key=1))
"""Where the help lists them: after the command's own."""

_HELP_WIDTH: Final = 100
_LEAST_WIDTH: Final = 40
"""Columns below which cyclopts would never be done with a table of options."""


def run(argv: Sequence[str], context: Context) -> int:
    """Run one command.

    Args:
        argv: The arguments, without the program's name.
        context: The surroundings.

    Returns:
        The exit status: 0 all is well, 1 a call failed, 2 bad usage, 3 a plan has something to do, 141 nobody reads the
        output any more; 130 Ctrl-C, 143 SIGTERM and 129 SIGHUP.
    """
    context = attrs.evolve(context, argv=argv)
    try:
        with show_warnings(context.err, context.print_err):
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
    program = build_program(help_console)

    def run_command(
        *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        shared: Annotated[SharedOptions | None, flattened, _OF_ALL] = None,
    ) -> object:
        with add_next_steps(lambda: " ".join(["aiospectrum", *program.parse_commands(list(words))[0]]), words):
            command, bound, unparsed = program.parse_args(list(words), print_error=False, exit_on_error=False)
            given = (shared or SharedOptions()).apply(attrs.evolve(context, argv=words))
            with hide_warnings() if given.is_silent else nullcontext(), _redacted(given.redact):
                return command(*bound.args, **bound.kwargs, **({"context": given} if "context" in unparsed else {}))

    program.meta.default(run_command)  # takes what every command has, wherever it stands
    with add_next_steps(lambda: "aiospectrum", argv):
        command, bound, _ = program.meta.parse_args(list(argv), print_error=False, exit_on_error=False)
    status = command(*bound.args, **bound.kwargs)
    return status if isinstance(status, int) else _OK


def build_program(help_console: Console) -> CommandGroup:
    """Put the commands together.

    Args:
        help_console: Where their help goes.
    """
    program = CommandGroup(
        name="aiospectrum",
        help="Cloudflare Spectrum from the command line; `aiospectrum demo` needs no account.",
        version=__version__,
        version_flags=("--version", "-V"),
        console=help_console,
        help_format="plaintext",
        default_parameter=Parameter(negative_iterable=()),
    )
    program.command(apps_group())
    program.command(dataset_group())
    for command in (zones, protocols, current, bytime, summary, usage, pull, report, watch, exporter, sandbox, demo):
        program.command(command)
    program.command(completion_command(lambda shell: program.generate_completion(shell=shell)))
    add_examples(program)
    return program


@contextmanager
def _redacted(redact: Callable[[str], str]) -> Iterator[None]:
    """Replace the secrets that only the surroundings of the command know, such as the token of a profile."""
    try:
        yield
    except SpectrumError as error:
        redact_refusal(error, redact)
        raise
    except UsageError as error:
        error.args = (redact(str(error)),)
        raise


def _fail(context: Context, error: BaseException, status: int) -> int:
    kind = "UsageError" if isinstance(error, CycloptsError) else type(error).__name__
    context.print_error(error, kind, status)
    return status
