"""A pull gives tables, all of the same columns and types."""

from typing import Any

import pytest

from aiospectrum import AuthenticationError, InvalidArgumentError, ReportByTimeRow, TableError
from aiospectrum.bulk import Progress, TableOutcome, pull_tables
from aiospectrum.bulk.columns import schema_of
from tests.bulk.datasets import expected_rows, holding, hourly, make_plan
from tests.bulk.fakes import SINCE, ZONES, Call, Fake

pa = pytest.importorskip("pyarrow")

A, B = ZONES[:2]
ODD = ReportByTimeRow(dimensions=["connect"], metrics=[[1] * 99])


async def collect(*arguments: Any, **options: Any) -> list[TableOutcome]:
    """All outcomes."""
    async with pull_tables(*arguments, **options) as outcomes:
        return [outcome async for outcome in outcomes]


def except_of(zone_id: str, otherwise: Any) -> Any:
    """Respond to a zone in another way."""

    def respond(call: Call) -> Any:
        return otherwise(call) if call.zone_id == zone_id else hourly(call)

    return respond


async def test_tables_of_a_plan() -> None:
    """They are put together as they are, and joined and grouped by what they have in common."""
    plan = make_plan([A, B], days=2)

    outcomes = await collect(Fake(respond=hourly), plan)

    table = pa.concat_tables([outcome.unwrap() for outcome in outcomes])
    schema = schema_of(plan.query)
    assert all(outcome.table.schema == schema for outcome in outcomes if outcome.table)
    rows = table.select(["zone_id", "interval_start", "event", "count"]).to_pylist()
    assert sorted(tuple(row.values()) for row in rows) == expected_rows(plan)
    assert {(row["zone_id"], row["window_since"]) for row in table.to_pylist()} == {
        (task.zone_id, task.window.since) for task in plan
    }
    groups = (
        table.group_by("zone_id").aggregate([("count", "sum")]).join(table.group_by("zone_id").aggregate([]), "zone_id")
    )
    assert groups.num_rows == 2


async def test_failures() -> None:
    """A task that fails, and a report that makes no table, are errors of their own outcomes, and counted."""
    seen: list[Progress] = []
    responses = {"call": lambda call: AuthenticationError("no"), "table": lambda call: holding(call, ODD)}
    for name, kind in (("call", AuthenticationError), ("table", TableError)):
        fake = Fake(respond=except_of(A, responses[name]))
        bad, good = sorted(
            await collect(fake, make_plan([A, B], days=1), on_progress=seen.append), key=lambda each: each.ok
        )

        assert (bad.task.zone_id, bad.table, type(bad.error)) == (A, None, kind)
        with pytest.raises(kind):
            bad.unwrap()
        assert good.unwrap().num_rows == 48
        assert (seen[-1].done, seen[-1].failed) == (2, 1)


@pytest.mark.parametrize("error", [TableError, AuthenticationError], ids=lambda error: error.__name__)
async def test_failing_fast(error: Any) -> None:
    """The first error ends the pull, that of a table too."""
    odd = (lambda call: holding(call, ODD)) if error is TableError else lambda call: error("no")
    with pytest.raises(error):
        await collect(Fake(respond=except_of(A, odd)), make_plan([A], days=3), fail_fast=True)


async def test_rounded_counts() -> None:
    """Counts with fractions are whole numbers, and named."""
    row = ReportByTimeRow(dimensions=["connect"], metrics=[[1.5] * 24])

    [outcome] = await collect(Fake(respond=lambda call: holding(call, row)), make_plan([A], days=1))

    assert outcome.rounded == ("count",)
    assert outcome.unwrap()["count"].to_pylist() == [2] * 24
    assert outcome.unwrap()["interval_start"][0].as_py() == SINCE


@pytest.mark.parametrize(
    "wrong",
    [{"concurrency": 0}, {"on_progress": 5}, {"sleep": None}, {"fail_fast": 1}, {"rate_limit_timeout": -1}],
    ids=str,
)
def test_arguments(wrong: dict[str, Any]) -> None:
    """They are checked as those of a pull are."""
    with pytest.raises(InvalidArgumentError):
        pull_tables(Fake(respond=hourly), make_plan([A]), **wrong)
