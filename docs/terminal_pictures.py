"""Make pictures of what each command prints in a terminal, light and dark, against a sandbox.

Run it as ``python docs/terminal_pictures.py FOLDER``, with ``--columns 80 --columns 120`` for other widths, and with
names of pictures for some of them alone. Each picture is an SVG; where chromium is installed there is a PNG of each
command and width, too, with both themes.
"""

import argparse
import asyncio
import io
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import attrs
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from aiospectrum import RetryPolicy
from aiospectrum.cli.consoles import PipeConsole
from aiospectrum.cli.context import Context
from aiospectrum.cli.program import run
from aiospectrum.sandbox import Sandbox, run_in_thread

NOW: Final = datetime(2026, 11, 27, 12, 30, 45, tzinfo=UTC)
SIX: Final = "count,bytesIngress,bytesEgress,durationAvg,durationMedian,duration90th"

COMMANDS: Final = {
    "help": "--help",
    "help-watch": "watch --help",
    "zones": "zones",
    "usage": "usage --since -24h",
    "apps-list": "apps list ZONE",
    "apps-get": "apps get ZONE APP",
    "apps-create": "apps create ZONE --protocol tcp/2222 --dns-name new.zone1.example --dns-type CNAME "
    "--origin-direct tcp://192.0.2.9:2222",
    "apps-delete": "apps delete ZONE APP",
    "apps-plan": "apps plan WANTED",
    "apps-apply": "apps apply WANTED",
    "apps-wrong": "apps plan WRONG",
    "protocols": "protocols ZONE",
    "current": "current ZONE",
    "bytime": f"bytime ZONE --metrics {SIX} --since -3h --until now",
    "bytime-apps": f"bytime ZONE --metrics {SIX} --dimensions appID --since -2h --until now --limit 3",
    "summary": "summary ZONE --metrics count,bytesIngress,durationAvg --dimensions event,appID --limit 6 --sort=-count",
    "nothing": "bytime ZONE --filters event==nothing --since -3h --until now",
    "chart": "bytime ZONE --metrics count --dimensions appID --since -12h --until now --chart",
    "chart-sums": "summary ZONE --metrics count --dimensions appID,event --since -12h --until now --chart",
    "json": "current ZONE --app-ids APP --json",
    "watch": "watch --zone ZONE --zone OTHER --rounds 5",
    "watch-one": "watch --zone ZONE --rounds 30",
    "watch-failed": "watch --zone ZONE --zone STRANGER --rounds 2",
    "pull": "pull --zone ZONE --zone OTHER --zone STRANGER --since 2026-11-26 --until 2026-11-27 --out OUT",
    "pull-dry-run": "pull --zone ZONE --zone OTHER --since 2026-11-20 --until 2026-11-27 --dry-run",
    "dataset-status": "dataset status OUT",
    "dataset-verify": "dataset verify OUT",
    "dataset-delete": "dataset delete-before OUT 2026-11-26",
    "dataset-extend": "dataset extend OUT --metrics durationAvg",
    "demo": "demo --zones 2 --keep KEPT",
    "usage-error": "summary ZONE --since soon",
    "refused": "apps list STRANGER",
    "refused-json": "apps list STRANGER --json",
}
"""What is called, by the name of its picture; words in capitals are filled in."""

FILES: Final = {
    "WANTED": """\
zones:
  zone1.example:
    - dns: {name: ssh.zone1.example}
      protocol: tcp/22
      origin_direct: ["tcp://192.0.2.7:22", "tcp://192.0.2.8:22", "tcp://[2001:db8::7]:22"]
      tls: full
    - dns: {name: game.of-the-department-of-long-names.zone1.example}
      protocol: tcp/25565
      origin_dns: {name: servers.behind-a-name-that-does-not-fit.example.org, ttl: 600}
      origin_port: 25565
  zone2.example:
    - {dns: {name: dns.zone2.example}, protocol: udp/53, absent: true}
""",
    "WRONG": """\
zones:
  zone1.example:
    - dns: {name: ssh.zone1.example}
      protocol: tcp/22
      tsl: full
    - {dns: {name: dns.zone2.example}, protocol: udp/0, absent: true}
""",
}
"""Files of applications, by the word that stands for them."""

LIGHT: Final = TerminalTheme(
    (255, 255, 255),
    (36, 41, 46),
    [(0, 0, 0), (205, 49, 49), (0, 128, 0), (148, 120, 0), (4, 81, 165), (188, 5, 188), (5, 120, 160), (85, 85, 85)],
)
DARK: Final = TerminalTheme(
    (30, 30, 30),
    (212, 212, 212),
    [(0, 0, 0), (241, 76, 76), (13, 188, 121), (229, 229, 16), (59, 142, 234), (214, 112, 214), (41, 184, 219)],
)
_SEQUENCE: Final = re.compile(r"\x1b\[([\d;?]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


class Typing(io.StringIO):
    """A terminal on which somebody says no."""

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return True


@attrs.define
class Clock:
    """Time that passes in sleep alone."""

    moment: datetime = NOW

    def now(self) -> datetime:
        """Return the time."""
        return self.moment

    def monotonic(self) -> float:
        """Return the same in seconds."""
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Let time pass, all of it at once."""
        await asyncio.sleep(0.01)
        self.moment += timedelta(seconds=seconds)


def screen_of(output: str) -> list[str]:
    """What is left on a screen: lines with their colours, after what is drawn over is gone."""
    lines, row = [""], 0
    for match in _SEQUENCE.finditer(output):
        argument, name, back, new, text = match.groups()
        if new:
            row += 1
            lines += [""] * (row == len(lines))
        elif name == "A":
            row -= int(argument or 1)
        elif name == "K" or (back and not lines[row].strip()):
            lines[row] = ""
        elif name == "m" or text:
            lines[row] += match[0]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def run_command(words: Sequence[str], columns: int, environ: dict[str, str], clock: Clock) -> str:
    """Return what a command prints on a terminal."""
    stream = io.StringIO()
    out, err = (
        PipeConsole(
            file=stream, width=columns, height=40, highlight=False, force_terminal=True, color_system="standard"
        )
        for _ in range(2)
    )
    context = Context(
        out=out,
        err=err,
        stdin=Typing("n\n"),
        environ=environ,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        retry=RetryPolicy(base_wait=0),
    )
    run(words, context)
    return stream.getvalue()


def picture(command: str, lines: Sequence[str], columns: int, theme: TerminalTheme) -> str:
    """Return a screen as SVG, which needs no font of the web."""
    console = Console(record=True, file=io.StringIO(), width=columns, force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ {command}", style="bold"), soft_wrap=False)
    for line in lines:
        console.print(Text.from_ansi(line), overflow="fold")
    console.print()  # as the last line of a picture has no room for what goes below it
    svg = console.export_svg(title=f"{columns} columns", theme=theme)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono")


def photograph(pictures: Sequence[Path], target: Path) -> None:
    """Write SVGs below each other as one PNG."""
    boxes = [re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', each.read_text()) for each in pictures]
    width = max(float(box[1]) for box in boxes if box)
    height = sum(float(box[2]) for box in boxes if box)
    images = "".join(f'<img src="{each.resolve().as_uri()}" style="display:block">' for each in pictures)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f'<body style="margin:0;background:#888">{images}')
        subprocess.run(  # noqa: S603  # of our own page
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                *(f"--user-data-dir={folder}/profile", "--hide-scrollbars", "--allow-file-access-from-files"),
                *(f"--window-size={int(width) + 1},{int(height) + 1}", f"--screenshot={target}", page.as_uri()),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )


def pictures(folder: Path, columns: int, names: Sequence[str]) -> Iterator[Path]:
    """Write the pictures of one width; yields each file."""
    zones = Sandbox(zones=2).zones
    with tempfile.TemporaryDirectory() as work:
        clock = Clock()
        box = Sandbox(zones=zones, rate_limit=None, now=clock.now)
        with run_in_thread(box):
            environ = {"CLOUDFLARE_BASE_URL": box.url, "CLOUDFLARE_API_TOKEN": box.api_token}
            places = {"ZONE": zones[0], "OTHER": zones[1], "STRANGER": "0" * 32, "APP": box.app_ids(zones[0])[0]}
            places |= {"OUT": f"{work}/data", "KEPT": f"{work}/kept"}
            for word, text in FILES.items():
                places[word] = f"{work}/{word.lower()}.yaml"
                Path(places[word]).write_text(text, encoding="utf-8")
            for name, command in COMMANDS.items():
                if names and name not in names and not (name == "pull" and any("dataset" in each for each in names)):
                    continue
                words = [places.get(word, word) for word in command.split()]
                lines = screen_of(run_command(words, columns, environ, clock).replace(work, "/home/me"))
                shown = shlex.join(["aiospectrum", *words]).replace(work, "/home/me")
                made = []
                for theme_name, theme in (("light", LIGHT), ("dark", DARK)):
                    made.append(folder / f"{name}-{columns}-{theme_name}.svg")
                    made[-1].write_text(picture(shown, lines, columns, theme))
                yield from made
                if shutil.which("chromium"):
                    target = folder / f"{name}-{columns}.png"
                    photograph(made, target)
                    yield target


def main() -> int:
    """Make the pictures that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", choices=[[], *COMMANDS], help="which pictures, all when left out")
    parser.add_argument("--columns", type=int, action="append", help="width of the terminal; 80 and 120 when left out")
    given = parser.parse_intermixed_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for columns in given.columns or (80, 120):
        for path in pictures(given.folder, columns, given.names):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
