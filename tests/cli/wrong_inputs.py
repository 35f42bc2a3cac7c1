"""Wrong inputs of the command, and the page of the documentation that shows what it prints for them.

``python -m tests.cli.wrong_inputs`` writes docs/reference/command-errors.md; a test holds the page to what the program
prints.
"""

import io
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import attrs

from aiospectrum import RetryPolicy
from aiospectrum.cli.consoles import PipeConsole
from aiospectrum.cli.context import Context
from aiospectrum.cli.program import run
from aiospectrum.sandbox import Faults, RateLimit, Sandbox, run_in_thread
from tests.cli.conftest import NOW

__all__ = ["PAGE", "WRONG", "Printed", "WrongInput", "render_page", "try_all"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "command-errors.md"

_NEW: Final = "apps create ZONE --protocol tcp/22 --dns-name ssh.zone1.example"
_PULL: Final = "pull --zone ZONE --since -24h"
_FILES: Final = {
    "notes.txt": "my notes\n",
    "app.json": '{"protocol": "tcp/22", "dns": {"name": "a.zone1.example"}, "tsl": "full"}',
    "accounts.toml": '[accounts.shop]\ntoken = "SHOP_TOKEN"\nzones = ["zone1.example"]\n',
    "apps.yaml": "zones:\n  zone1.example:\n    - {dns: {name: x.zone1.example}, protocol: tcp/99999, absent: true}\n",
    "apps2.yaml": "zones:\n  zone9.example:\n    - {dns: {name: x.zone9.example}, protocol: tcp/1, absent: true}\n",
    "config.toml": '[profiles.work]\ntoken = "s3cr3t-not-a-name"\n',
}
_HEAD: Final = """# Errors of the command

Every error is one line on the standard error, and ends with the next step. The exit status is 2 when the command line
or its files make no sense, and 1 when a call failed. `ZONE` and `APP` stand for the identifiers of a zone and an
application, and `API` for the base URL.

The page is written by `python -m tests.cli.wrong_inputs`, and a test compares it with what the program prints.

| Wrong | Command | Exit status | What it prints |
|---|---|---|---|
"""


@attrs.frozen(kw_only=True)
class WrongInput:
    """A command line that cannot work."""

    name: str
    """What is wrong with it."""

    words: str
    """The arguments; ZONE, APP and SHORT stand for identifiers."""

    status: int = 2
    """The exit status."""

    step: str
    """What the line says to do."""

    environ: Mapping[str, str] = attrs.field(factory=dict)
    """Environment variables that are other than usual."""

    faults: Faults = attrs.field(factory=Faults)
    """What goes wrong at the API."""


def _wrong(name: str, words: str, step: str, *, status: int = 2, **environ: str) -> WrongInput:
    return WrongInput(name=name, words=words, step=step, status=status, environ=environ)


_HELP: Final = "see `aiospectrum {} --help`"

WRONG: Final = (
    _wrong("no token", "apps list ZONE", "`aiospectrum demo` needs none", CLOUDFLARE_API_TOKEN=""),
    _wrong("a token of somebody else", "apps list ZONE", "Zone Settings Read", status=1, CLOUDFLARE_API_TOKEN="x" * 40),
    _wrong("a zone that is unknown", f"apps list {'0' * 32}", "check the zone id", status=1),
    _wrong("a zone by an unknown name", "apps list zone9.example", "`aiospectrum zones`"),
    _wrong("a zone that is none", "apps list my-zone", "`aiospectrum zones`"),
    _wrong("no zone", "summary", _HELP.format("summary")),
    _wrong("an application that is unknown", f"apps get ZONE {'0' * 32}", "`aiospectrum apps list`", status=1),
    _wrong("a misspelt command", "aps list ZONE", 'Did you mean "apps"?'),
    _wrong("a misspelt option", "apps list ZONE --pge 2", "Did you mean --page?"),
    _wrong("an argument too many", "protocols ZONE all", _HELP.format("protocols")),
    _wrong("a number that is none", "apps list ZONE --page two", _HELP.format("apps list")),
    _wrong("a number that is too large", "apps list ZONE --per-page 500", _HELP.format("apps list")),
    _wrong("no origin", _NEW, "--origin-direct such as"),
    _wrong("an origin without a protocol", f"{_NEW} --origin-direct 192.0.2.1:22", 'such as "tcp://192.0.2.1:22"'),
    _wrong("a misspelt choice", f"{_NEW} --origin-direct tcp://192.0.2.1:22 --tls ful", "did you mean 'full'?"),
    _wrong("no protocol and no host name", "apps create ZONE", "--protocol and --dns-name"),
    _wrong("nothing to change", "apps update ZONE APP", "--file"),
    _wrong("a field that cannot be set back", "apps update ZONE APP --reset tsl", "did you mean 'tls'?"),
    _wrong("a field changed and set back", "apps update ZONE APP --tls full --reset tls", _HELP.format("apps update")),
    _wrong("a file and a field to set back", "apps update ZONE APP --file app.json --reset tls",
           _HELP.format("apps update")),
    _wrong("a change that breaks a rule", "apps update ZONE APP --protocol udp/22", _HELP.format("apps update")),
    _wrong("a file that does not exist", "apps create ZONE --file app2.json", "check the path"),
    _wrong("a file with a misspelt key", "apps create ZONE --file app.json", "did you mean 'tls'?"),
    _wrong("a wanted application with a wrong value", "apps plan apps.yaml", "correct it"),
    _wrong("a wanted application of an unknown zone", "apps plan apps2.yaml", "`aiospectrum zones` lists", status=1),
    _wrong("a file of applications that is none", "apps plan notes.txt", "correct it"),
    _wrong("nobody to ask about changes", "apps apply apps2.yaml", "give --yes"),
    _wrong("nobody to ask", "apps delete ZONE APP", "give --yes"),
    _wrong("a misspelt metric", "bytime ZONE --metrics cuont", "did you mean 'count'?"),
    _wrong("a misspelt dimension", "bytime ZONE --dimensions app", "did you mean 'appID'?"),
    _wrong("a misspelt event", "bytime ZONE --filters event==conect", "mean 'connect' for 'conect' at character 8?"),
    _wrong("a misspelt name in a filter", "bytime ZONE --filters evnt==connect", "'event' for 'evnt' at character 1?"),
    _wrong("a value that cannot be", "summary ZONE --filters ipVersion==5", "write 4 or 6"),
    _wrong("a misspelt name to sort by", "summary ZONE --sort=-cuont", "did you mean 'count'"),
    _wrong("an end before the start", "bytime ZONE --since -1h --until -2h", "before --until"),
    _wrong("a time that is none", "bytime ZONE --since yesterday", "such as 2026-11-20T08:00:00Z"),
    _wrong("a time that is no longer", "bytime ZONE --until 0001-01-01", "before --until"),
    _wrong("a start in the future", "bytime ZONE --since 2030-01-01", "before now"),
    _wrong("a time ago without its hyphen", "bytime ZONE --since 1d", "did you mean '-1d'?"),
    _wrong("a time without an offset", "bytime ZONE --since 2024-05-07T10:00:00", "T10:00:00Z'?"),
    _wrong("a time beyond the calendar", "bytime ZONE --until 9999-12-31T23:59:59-12:00", _HELP.format("bytime")),
    _wrong("a dash for hyphens", "bytime ZONE \u2013since -1d", "write hyphens, --,"),
    _wrong("a value with a hyphen in front", f"{_PULL} --out data --settle-after -1h", "write --settle-after=-1h"),
    _wrong("a value for a flag", f"{_NEW} --origin-direct tcp://192.0.2.1:22 --ip-firewall yes", "takes no value"),
    _wrong("no time to delete before", "dataset delete-before data --before", _HELP.format("dataset delete-before")),
    _wrong("an empty name of a file", "apps create ZONE --file=", _HELP.format("apps create")),
    _wrong("an empty name of a folder", f"{_PULL} --out=", _HELP.format("pull")),
    _wrong("zones of accounts by name", "pull --since -1d --out data --accounts accounts.toml", "`aiospectrum zones"),
    _wrong("a sandbox that is too large", "sandbox --apps-per-zone 5000", _HELP.format("sandbox")),
    _wrong("a misspelt interval", "bytime ZONE --time-delta hours", 'Did you mean "hour"?'),
    _wrong("a plain file for a folder", f"{_PULL} --out notes.txt", "name another one"),
    _wrong("no folder to save in", _PULL, "--out with the folder"),
    _wrong("no time", "pull --zone ZONE --out data", "such as 2026-11-20 or -24h"),
    _wrong("a file of zones that is none", "pull --zones-file notes.txt --since -1d --out data", "`aiospectrum zones`"),
    _wrong("a file of zones that is missing", "pull --zones-file zones.txt --since -1d --out data", "check the path"),
    _wrong("a misspelt year", f"{_PULL.replace('-24h', '0224-05-01')} --window minute --time-delta minute --out data",
           "correct the time"),
    _wrong("a size that is none", f"{_PULL} --out data --memory much", "such as 256MB"),
    _wrong("a plan that is none", "pull --plan notes.txt --out data", _HELP.format("pull")),
    _wrong("no dataset", "dataset status data", "`aiospectrum pull`"),
    _wrong("rounds that are too fast", "watch --zone ZONE --every 0", _HELP.format("watch")),
    _wrong("a port that is none", "exporter --zone ZONE --port 99999", _HELP.format("exporter")),
    _wrong("calls without an interval", "exporter --zone ZONE --every nan", _HELP.format("exporter")),
    _wrong("a fault that is none", "sandbox --fault error=0.1", _HELP.format("sandbox")),
    _wrong("a base URL that is none", "zones", _HELP.format("zones"), CLOUDFLARE_BASE_URL="api.example.com"),
    _wrong("nobody there", "zones", "check the network", status=1, CLOUDFLARE_BASE_URL="http://127.0.0.1:1"),
    _wrong("a proxy that is none", "zones --proxy ftp://proxy", "such as http://proxy.example:3128"),
    _wrong("an unknown profile", "zones --profile wrk", "did you mean 'work'?", AIOSPECTRUM_CONFIG="config.toml"),
    _wrong("a token in a profile", "zones --profile work", "put that into", AIOSPECTRUM_CONFIG="config.toml"),
    WrongInput(name="no response in time", words="zones --timeout 0.2", status=1, step="--timeout permits",
               faults=Faults(hang_rate=1.0)),
    WrongInput(name="a create that may have taken effect", words=f"{_NEW} --origin-direct tcp://192.0.2.1:22",
               status=1, step="`aiospectrum apps ensure`", faults=Faults(error_rate=1.0, error_statuses=(502,))),
    WrongInput(name="too many requests", words="zones", status=1, step="--limit-file",
               faults=Faults(throttle_rate=1.0)),
    WrongInput(name="an API that is down", words="zones", status=1, step="https://www.cloudflarestatus.com",
               faults=Faults(error_rate=1.0, error_statuses=(503,))),
)  # fmt: skip
"""Each with what the command says to it."""


@attrs.frozen(kw_only=True)
class Printed:
    """What a run came to."""

    status: int
    out: str
    err: str


def try_all() -> list[Printed]:
    """Run the command with every wrong input, each against a new sandbox, in a folder with some files."""
    printed = []
    with TemporaryDirectory() as folder:
        for name, text in _FILES.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        for wrong in WRONG:
            box = Sandbox(faults=wrong.faults, rate_limit=RateLimit(), now=lambda: NOW)
            with run_in_thread(box):
                printed.append(_try(wrong, box, folder))
    return printed


def _try(wrong: WrongInput, box: Sandbox, folder: str) -> Printed:
    out, err = io.StringIO(), io.StringIO()
    zone = box.zones[0]
    app = box.app_ids(zone)[0]
    usual = {"CLOUDFLARE_BASE_URL": box.url, "CLOUDFLARE_API_TOKEN": box.api_token}
    environ = {**usual, **wrong.environ}
    if "AIOSPECTRUM_CONFIG" in environ:
        environ["AIOSPECTRUM_CONFIG"] = f"{folder}/{environ['AIOSPECTRUM_CONFIG']}"
    context = Context(
        out=PipeConsole(file=out, width=160, highlight=False),
        err=PipeConsole(file=err, width=160, highlight=False),
        stdin=None,
        environ=environ,
        retry=RetryPolicy(max_attempts=1),
        now=lambda: NOW,
        monotonic=lambda: 0.0,
    )
    files = {*_FILES, "app2.json", "zones.txt", "data"}
    words = [f"{folder}/{word}" if word in files else word for word in wrong.words.split()]
    status = run([word.replace("ZONE", zone).replace("APP", app) for word in words], context)
    names = {box.url: "API", zone: "ZONE", app: "APP", f"{folder}/": ""}
    texts = out.getvalue(), err.getvalue()
    for place, name in names.items():
        texts = texts[0].replace(place, name), texts[1].replace(place, name)
    steady = re.sub(r"cf-ray [0-9a-f]{16}-SFO", "cf-ray …", texts[1])
    return Printed(status=status, out=texts[0], err=re.sub(r"\d+\.\d+ s\b", "… s", steady))


def render_page(printed: list[Printed]) -> str:
    """Write the page."""
    rows = []
    for wrong, seen in zip(WRONG, printed, strict=True):
        variables = "".join(f"{name}={value} " for name, value in wrong.environ.items())
        command = f"{variables}aiospectrum {wrong.words}"
        text = seen.err.strip().replace("|", "\\|")
        rows.append(f"| {wrong.name} | `{command}` | {seen.status} | ``{text} `` |\n")
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(render_page(try_all()), encoding="utf-8")
