"""The options of how to save."""

from typing import Annotated, Any, TypeAlias

import attrs
from cyclopts import Parameter

from aiospectrum.bulk import FileFormat
from aiospectrum.bulk.plan import MAX_TASKS
from aiospectrum.cli.options import AtLeastOne, parse_option, parse_size
from aiospectrum.cli.times import parse_duration

__all__ = ["SaveOptions"]

_Fresh: TypeAlias = Annotated[
    bool,
    Parameter(
        name="--fresh-rows",
        negative="--no-fresh-rows",
        show_default=False,
        help="Save also what is too recent to be complete, which is the default; or wait until it is.",
    ),
]


@attrs.frozen(kw_only=True)
class SaveOptions:
    """How to save."""

    format: FileFormat | None = None
    """Format of the files: parquet, which is the default, csv or ndjson; all need the extra aiospectrum[arrow]."""

    concurrency: AtLeastOne = 16
    """Maximum number of requests at once."""

    settle_after: str | None = None
    """Time after which what is over counts as complete, whatever the API says, such as 36h; 24h when left out."""

    fresh_rows: _Fresh = True
    """Whether rows that are too recent to be complete are saved."""

    memory: str | None = None
    """Memory for what is not written yet, such as 512MB; 256MiB when left out."""

    max_tasks: AtLeastOne = MAX_TASKS
    """Windows of all zones beyond which a plan is refused, as its time is most likely mistyped."""

    writer: str | None = None
    """Name of this command, w1 to w9999, where several save to one dataset at once, each with another name."""

    def arguments(self) -> dict[str, Any]:
        """Give what was chosen as arguments of :func:`aiospectrum.bulk.save`.

        Raises:
            UsageError: An option cannot be read.
        """
        given = {name: value for name, value in attrs.asdict(self).items() if value is not None}
        if self.settle_after is not None:
            given["settle_after"] = parse_option("--settle-after", self.settle_after, parse_duration)
        if self.memory is not None:
            given["memory"] = parse_option("--memory", self.memory, parse_size)
        return given
