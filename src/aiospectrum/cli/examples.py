"""An example for each command, at the end of its help."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Final

from cyclopts import App as CommandGroup

__all__ = ["EXAMPLES", "add_examples"]

_WIDTH: Final = 76
_APP: Final = "ea95132c15732412d22c1476fa83f27a"
_NEW: Final = "--protocol tcp/22 --dns-name ssh.example.com --origin-direct tcp://192.0.2.1:22"

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "zones": ("aiospectrum zones", "aiospectrum zones --name example.com --json"),
    "apps list": ("aiospectrum apps list example.com",),
    "apps get": (f"aiospectrum apps get example.com {_APP}",),
    "apps create": (
        f"aiospectrum apps create example.com {_NEW}",
        "aiospectrum apps create example.com --file app.json",
    ),
    "apps update": (
        f"aiospectrum apps update example.com {_APP} --tls full",
        f"aiospectrum apps update example.com {_APP} --file app.json",
    ),
    "apps ensure": (f"aiospectrum apps ensure example.com {_NEW}",),
    "apps delete": (f"aiospectrum apps delete example.com {_APP}",),
    "apps plan": ("aiospectrum apps plan apps.yaml",),
    "apps apply": ("aiospectrum apps apply apps.yaml", "aiospectrum apps apply apps.yaml --yes --keep-going"),
    "apps export": ("aiospectrum apps export example.com --out apps.yaml",),
    "protocols": ("aiospectrum protocols example.com",),
    "current": ("aiospectrum current example.com --colo-name SFO",),
    "bytime": (
        "aiospectrum bytime example.com --since -24h --metrics count,bytesIngress --dimensions appID",
        "aiospectrum bytime example.com --time-delta minute --since -1h --filters event==originError",
    ),
    "summary": ("aiospectrum summary example.com --since -7d --metrics count --dimensions event --sort=-count",),
    "usage": ("aiospectrum usage --since -30d", "aiospectrum usage --since 2026-11-01 --until 2026-12-01 --json"),
    "pull": (
        "aiospectrum pull --zone example.com --since 2026-11-01 --until 2026-11-02 --dimensions appID --out data/",
        "aiospectrum pull --catch-up --out data/",
        "aiospectrum pull --zones-file zones.txt --since -7d --write-plan plan.json",
    ),
    "report": (
        "aiospectrum report data/ --out report.html --names-from-api",
        "aiospectrum report data/ --out traffic.png --since -7d",
    ),
    "watch": ("aiospectrum watch --zone example.com --every 60",),
    "exporter": (
        "aiospectrum exporter --zone example.com --port 9199",
        "aiospectrum exporter --zones-file zones.txt --names",
    ),
    "dataset status": ("aiospectrum dataset status data/",),
    "dataset verify": ("aiospectrum dataset verify data/",),
    "dataset repair": ("aiospectrum dataset repair data/",),
    "dataset delete-before": ("aiospectrum dataset delete-before data/ 90d",),
    "dataset extend": ("aiospectrum dataset extend data/ --metrics durationAvg --since -30d",),
    "sandbox": ("aiospectrum sandbox --port 8088 --zones 5 --fault errors=0.05",),
    "demo": ("aiospectrum demo", "aiospectrum demo --zone example.com"),
    "completion": ("aiospectrum completion bash",),
}
"""Command lines by the words of the command."""


def add_examples(program: CommandGroup) -> None:
    """Put the examples into the help of the commands.

    Args:
        program: All commands.
    """
    for words, lines in EXAMPLES.items():
        command = program
        for word in words.split():
            command = command[word]
        title = "Example:" if len(lines) == 1 else "Examples:"
        command.help_epilogue = "\n".join([title, *map(_folded, lines)])


def _folded(line: str) -> str:
    """A command line that can be copied from a narrow terminal."""
    lines = wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
    return " \\\n".join(lines)
