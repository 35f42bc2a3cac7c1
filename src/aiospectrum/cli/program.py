"""The commands put together, and one run of them with its exit status."""

from collections.abc import Sequence
from typing import Final

import attrs
from cyclopts import App as CommandGroup
from cyclopts import CycloptsError, Parameter
from rich.console import Console

from aiospectrum._version import __version__
from aiospectrum.cli.app_commands import apps_group
from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.demo_command import demo
from aiospectrum.cli.notes import show_notes
from aiospectrum.cli.process import PipeConsole, silence
from aiospectrum.cli.pull_command import pull
from aiospectrum.cli.report_commands import add_report_commands
from aiospectrum.cli.sandbox_command import sandbox
from aiospectrum.cli.watch_command import watch
from aiospectrum.errors import CredentialsError, InvalidArgumentError, SpectrumError

__all__ = ["build_program", "run"]

FINE: Final = 0
FAILED: Final = 1
BAD_USAGE: Final = 2
INTERRUPTED: Final = 130

_HELP_WIDTH: Final = 100


def build_program(console: Console) -> CommandGroup:
    """Put the commands together.

    Args:
        console: Where help goes.

    Returns:
        The program.
    """
    program = CommandGroup(
        name="aiospectrum",
        help="Cloudflare Spectrum from the command line; `aiospectrum demo` needs no account.",
        version=__version__,
        console=console,
        help_format="plaintext",
        default_parameter=Parameter(negative_iterable=()),
    )
    program.command(demo)
    program.command(sandbox)
    program.command(apps_group())
    add_report_commands(program)
    program.command(pull)
    program.command(watch)
    return program


def run(argv: Sequence[str], context: Context) -> int:
    """Run one command.

    Args:
        argv: The arguments, without the program's name.
        context: What the command works with.

    Returns:
        The exit status: 0 all is well, 1 a call failed, 2 bad usage, 130 interrupted.
    """
    try:
        with show_notes(context):
            return _dispatch(argv, attrs.evolve(context, argv=argv))
    except BrokenPipeError:  # whoever read the output has had enough
        silence(context.out.file)
        silence(context.err.file)
        return FINE
    except KeyboardInterrupt:
        return _fail(context, "interrupted", INTERRUPTED)
    except (CycloptsError, UsageError, InvalidArgumentError, CredentialsError) as error:
        return _fail(context, str(error), BAD_USAGE)
    except (SpectrumError, OSError) as error:
        return _fail(context, str(error), FAILED)


def _dispatch(argv: Sequence[str], context: Context) -> int:
    help_console = PipeConsole(file=context.out.file, width=min(context.out.width, _HELP_WIDTH))
    command, bound, unparsed = build_program(help_console).parse_args(
        list(argv), print_error=False, exit_on_error=False
    )
    passed = {"context": context} if "context" in unparsed else {}
    status = command(*bound.args, **bound.kwargs, **passed)
    return status if isinstance(status, int) else FINE


def _fail(context: Context, message: str, status: int) -> int:
    context.tell(f"aiospectrum: {' '.join(message.split())}")
    return status
