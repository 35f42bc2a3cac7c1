"""What the tests with tools that are not ours share: a count of what each of them checked, printed as a table."""

from typing import Final

import attrs
import pytest


@attrs.define
class Checked:
    """What one outsider checked."""

    calls: int = 0
    """HTTP calls that it made, responded to or passed on."""

    cases: int = 0
    """Things that it judged: values compared, requests validated, files checked."""


class Tally:
    """Counts what the outsiders checked."""

    def __init__(self) -> None:
        self.by_outsider: dict[str, Checked] = {}

    def count(self, outsider: str, *, calls: int = 0, cases: int = 0) -> None:
        """Add calls and judged cases to those of an outsider, named like `prism 5.16.0`."""
        checked = self.by_outsider.setdefault(outsider, Checked())
        checked.calls += calls
        checked.cases += cases


_TALLY: Final = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Tally:
    """Where a test puts what its outsider checked."""
    return request.config.stash.setdefault(_TALLY, Tally())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    checked = config.stash.get(_TALLY, Tally()).by_outsider
    if not checked:
        return
    width = max(map(len, checked))
    terminalreporter.section("checked by tools that are not ours")
    terminalreporter.write_line(f"{'':{width}}  {'calls':>8}  {'cases':>8}")
    for outsider, sums in sorted(checked.items()):
        terminalreporter.write_line(f"{outsider:{width}}  {sums.calls or '–':>8}  {sums.cases:>8}")
