"""Filters: what Python makes of them, what is refused, and that the client and the sandbox read the same in each."""

import copy
import itertools
import operator
import pickle
import time
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiospectrum import F, Filter, InvalidArgumentError, Unchecked, filters
from aiospectrum._generated.analytics import GET_EVENTS_SUMMARY
from aiospectrum._http.request import build_request
from aiospectrum.bulk import Query
from aiospectrum.checks.filter_syntax import DIMENSIONS, find_mistake
from aiospectrum.checks.refusals import closest
from aiospectrum.models import Dimension
from aiospectrum.sandbox.query import matches, parse_filter
from aiospectrum.sandbox.responses import RefusedError

CONNECT: Final = F.event == "connect"
SFO: Final = F.coloName == "SFO"
LHR: Final = F.coloName == "LHR"
SIX: Final = F.ipVersion == 6


def sent(filters: Any) -> str:
    """The request with a filter."""
    query: dict[str, object] = dict.fromkeys(each.name for each in GET_EVENTS_SUMMARY.query)
    return build_request(GET_EVENTS_SUMMARY, path={"zone_id": "0" * 32}, query=query | {"filters": filters}, body=None)[
        0
    ]


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (F.event == "disconnect", "event==disconnect"),
        (F.event != "disconnect", "event!=disconnect"),
        (F.ipVersion > 4, "ipVersion>4"),
        (F.ipVersion < 6, "ipVersion<6"),
        (F.ipVersion >= 4, "ipVersion>=4"),
        (F.ipVersion <= 6, "ipVersion<=6"),
        (4 < F.ipVersion, "ipVersion>4"),  # noqa: SIM300 - the other way round
        (F.ipVersion == "6", "ipVersion==6"),
        (F.event == "newer", "event==newer"),
        (CONNECT & SFO, "event==connect;coloName==SFO"),
        (CONNECT | SFO, "event==connect,coloName==SFO"),
        (CONNECT & SFO | SIX, "event==connect;coloName==SFO,ipVersion==6"),
        ((SFO | LHR) & CONNECT, "coloName==SFO;event==connect,coloName==LHR;event==connect"),
        (CONNECT & (SFO | LHR), "event==connect;coloName==SFO,event==connect;coloName==LHR"),
        (CONNECT & CONNECT | CONNECT, "event==connect"),
        (F.coloName.is_in(["SFO", "LHR", "SFO"]), "coloName==SFO,coloName==LHR"),
        (F.coloName.not_in(("SFO", "LHR")), "coloName!=SFO;coloName!=LHR"),
        (F.ipVersion.is_in([4, 6]) & SFO, "ipVersion==4;coloName==SFO,ipVersion==6;coloName==SFO"),
        (Filter(" event == connect  AND coloName==SFO OR ipVersion>=6 "), "event==connect;coloName==SFO,ipVersion>=6"),
        (Filter("coloName==AND") & Filter("coloName== OR"), "coloName==AND;coloName==OR"),
    ],
)
def test_what_python_makes(made: Filter, text: str) -> None:
    """The text is the API's, and whatever takes a text takes it; the representation is code."""
    assert (str(made), type(str(made)), type(made)) == (text, str, Filter)
    assert (made, hash(made), Filter(text)) == (text, hash(text), made)
    assert eval(repr(made), {"Filter": Filter}) == made  # noqa: S307 - our own text
    assert sent(made) == sent(text)
    query = Query(kind="summary", metrics=["count"], filters=made)
    assert (query.filters, type(query.filters)) == (text, str)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_they_are_pickled_and_copied(protocol: int) -> None:
    """Each dimension, and what has them, is itself again."""

    def again(value: object) -> Any:
        return pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 - our own

    for value in (F, F.event, F.ipVersion):
        assert all(each is value for each in (again(value), copy.deepcopy(value)))
    for made in (again(CONNECT & SFO), copy.copy(CONNECT & SFO)):
        assert (type(made), str(made)) == (Filter, "event==connect;coloName==SFO")


def test_they_never_change() -> None:
    """Neither filters nor dimensions, which can be keys; their representations are code."""
    for value, name in ((F, "event"), (F, "x"), (F.event, "name"), (CONNECT, "x")):
        with pytest.raises(AttributeError):
            setattr(value, name, "x")
    assert {F.event: 1, F.appID: 2}[F.appID] == 2
    assert (repr(F), repr(F.appID)) == ("F", "F.appID")


def test_the_names_are_the_models() -> None:
    """Names and known values are written once for checks, and once for editors."""
    assert tuple(DIMENSIONS) == get_args(Dimension)
    assert {name for name in vars(filters.FilterDimensions) if not name.startswith("_")} == {*DIMENSIONS}
    assert all(getattr(F, name).name == name for name in DIMENSIONS)
    assert get_args(get_args(filters.Event)[0]) == DIMENSIONS["event"]
    assert {*map(str, get_args(get_args(filters.IPVersion)[0]))} == {*DIMENSIONS["ipVersion"]}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: F.event == "conect", r"did you mean 'connect' for 'conect' at character 8\?$"),
        (lambda: F.event == "a;b", r"^F\.event: expected a text of letters, .*, got 'a;b'"),
        (lambda: F.event == "a,b", r"^F\.event: expected a text of letters"),
        (lambda: F.event == '"connect"', r"^F\.event: expected a text of letters"),
        (lambda: F.event == "a AND b", r"^F\.event: expected a text of letters"),
        (lambda: F.event == "connect\n", r"^F\.event: expected a text of letters"),
        (lambda: F.event == "é", r"^F\.event: expected a text of letters"),
        (lambda: F.event == Unchecked("é"), r"^F\.event: expected a text of letters"),
        (lambda: F.event == "", r"^F\.event: expected a text of letters"),
        (lambda: F.event == None, r"^F\.event: expected a text of letters"),  # noqa: E711 - what is refused
        (lambda: F.event == F.appID, r"^F\.event: expected a text of letters, .*, got F\.appID"),
        (lambda: F.event == ["connect"], r"got \['connect'\]; use is_in or not_in"),
        (lambda: F.event.is_in("connect"), r"^F\.event: expected a list with at least one item, got 'connect'"),
        (lambda: F.event.is_in([]), r"^F\.event: expected a list with at least one item"),
        (lambda: F.event.not_in(["connect", "a b"]), r"^F\.event\[1\]: expected a text of letters"),
        (lambda: F.ipVersion == 5, "write 4 or 6 for '5' at character 12"),
        (lambda: F.ipVersion > True, r"^F\.ipVersion: expected a version such as 4 or 6, got True"),
        (lambda: F.ipVersion > -1, r"^F\.ipVersion: expected a version such as 4 or 6"),
        (lambda: Filter("evnt==connect"), r"^filter: expected .*; did you mean 'event' for 'evnt' at character 1\?$"),
        (lambda: Filter(Unchecked("evnt==connect")), "did you mean 'event'"),
    ],
)
def test_what_cannot_be_written_is_refused(make: Callable[[], Any], words: str) -> None:
    """Where it is written, and before anything is sent."""
    with pytest.raises(InvalidArgumentError, match=words):
        make()


@pytest.mark.parametrize(
    ("name", "words"), [("evnt", "did you mean 'event'?"), ("app_id", "'appID'"), ("x", "there are")]
)
def test_a_misspelt_dimension(name: str, words: str) -> None:
    """The error names the one that is meant."""
    with pytest.raises(AttributeError) as caught:
        getattr(F, name)
    assert words in str(caught.value)


any_f: Any = F
"""For what type checkers refuse."""


@pytest.mark.parametrize(
    "make",
    [
        lambda: bool(CONNECT),
        lambda: CONNECT and SFO,
        lambda: CONNECT or SFO,
        lambda: not CONNECT,
        lambda: "x" if any_f.event == "connect" else "y",
        lambda: 4 < any_f.ipVersion < 6,
        lambda: "connect" in [any_f.event],
        lambda: any_f.event == "connect" & (any_f.ipVersion == 6),
        lambda: any_f.event == "connect" & any_f.coloName == "SFO",
        lambda: (any_f.event == "connect") | any_f.coloName == "SFO",
        lambda: (any_f.ipVersion == 6) | 4,
        lambda: (any_f.ipVersion == 6) & "coloName==SFO",
        lambda: any_f.ipVersion == 6 | (any_f.event == "connect"),
        lambda: any_f.event & CONNECT,
        lambda: any_f.event | CONNECT,
    ],
)
def test_what_python_would_take_for_something_else(make: Callable[[], Any]) -> None:
    """``and``, ``or``, ``not``, ``if``, chains, and comparisons without parentheses."""
    with pytest.raises(TypeError, match=r"&"):
        make()


def test_a_filter_that_would_be_too_long() -> None:
    """The bound is named, and nothing of that length is made."""
    many = F.appID.is_in([f"{each:032x}" for each in range(1000)])
    assert many.count(",") == 999
    for make in (lambda: many | SFO, lambda: many & many, lambda: F.appID.is_in([f"a{each}" for each in range(1001)])):
        with pytest.raises(InvalidArgumentError, match="at most 1,000 comparisons"):
            make()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "write one of event, appID, coloName, ipVersion at its end"),
        ("event", "write one of == != > < >= <= at its end"),
        ("event==", "write a value of letters, digits, _, -, . and : at its end"),
        ("event==connect,", "write one of event, appID, coloName, ipVersion at its end"),
        ("event==connect,;appID==a", "write one of event, appID, coloName, ipVersion for ';' at character 16"),
        ("event== AND AND appID==a", "write a value of letters, digits, _, -, . and : for 'AND' at character 9"),
        ("event==connect AND", "write ; (and) or , (or) before 'AND' at character 16"),
        ("event==connect or appID==a", "write OR for 'or' at character 16"),
        ("event==connect appID==a", "write ; (and) or , (or) before 'appID' at character 16"),
        ("event==connect appID==a" + "a" * 99, "write ; (and) or , (or) before 'appID' at character 16"),
        ("count>5", "write one of event, appID, coloName, ipVersion for 'count' at character 1"),
        ("Event==connect", "did you mean 'event' for 'Event' at character 1?"),
        ("event==connect;event=connect", "write == for '=' at character 21"),
        ("event<>connect", "write != for '<>' at character 6"),
        ("event~=connect", "write one of == != > < >= <= for '~' at character 6"),
        ("ipVersion>=six", "write a number for 'six' at character 12"),
        ("ipVersion!=4.0", "write 4 or 6 for '4.0' at character 12"),
        ("event==connect&&appID==a", "write ; (and) for '&' at character 15"),
        ("event==connect||appID==a", "write , (or) for '|' at character 15"),
        ("(event==connect)", "write each alternative in full, as there are no parentheses, for '(' at character 1"),
        ('event=="connect"', "write values without quotes for '\"' at character 8"),
        ("event==\tconnect", "write a value of letters, digits, _, -, . and : for '\\t' at character 8"),
        ("event%3D%3Dconnect", "write the plain character, as it is encoded when it is sent, for '%' at character 6"),
        ("event!=Connect", "did you mean 'connect' for 'Connect' at character 8?"),
        ("event==connect OR event!=disconect", "did you mean 'disconnect' for 'disconect' at character 26?"),
    ],
)
def test_the_first_mistake_is_named(text: str, mistake: str) -> None:
    """With its place, and what to write; ``Unchecked`` sends it all the same."""
    assert find_mistake(text) == mistake
    with pytest.raises(InvalidArgumentError) as caught:
        sent(text)
    assert str(caught.value).endswith(f"; {mistake}")
    assert sent(Unchecked(text)).count("filters=") == 1


def test_reading_takes_linear_time() -> None:
    """A megabyte takes about a second at most, right or wrong."""
    for text in ("event==a;" * 110_000, "event==a AND " * 77_000 + "x", "ipVersion>=6," * 77_000, " " * 1_000_000):
        start = time.process_time()
        assert find_mistake(text)
        assert time.process_time() - start < 5


VALUES: Final[Mapping[str, list[str]]] = {
    "event": ["connect", "disconnect", "nothing", "a-b", "AND"],
    "appID": ["0a" * 16, "x"],
    "coloName": ["LHR", "SFO"],
    "ipVersion": ["4", "6"],
}
SERIES: Final = [dict(zip(VALUES, values, strict=True)) for values in itertools.product(*VALUES.values())]
"""Rows with all combinations."""
SYMBOLS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
clauses = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(sorted(SYMBOLS)), st.sampled_from(VALUES[name]))
)
spaces = st.sampled_from(["", "", "", " ", "  "])
joins = st.sampled_from([";", ",", " AND ", " OR ", " ; ", " ,", "  AND  ", " OR  "])
alphabet = st.sampled_from([*" =<>!,;%()&|\"'\t\n\x7faAé46-.:_", "AND", "OR", " AND ", " OR ", "==", "\ud800"])
words = st.sampled_from(
    [*VALUES, *itertools.chain(*VALUES.values()), *SYMBOLS, "evnt", "conect", "=", "=>", "5", "1234567890"]
)


@st.composite
def valid(draw: st.DrawFn) -> str:
    """Draw a filter with any spaces."""
    text = ""
    for number in range(draw(st.integers(1, 4))):
        name, symbol, value = draw(clauses)
        text += draw(joins) if number else draw(spaces)
        text += f"{name}{draw(spaces)}{symbol}{draw(spaces)}{value}"
    return text + draw(spaces)


@st.composite
def nearly_valid(draw: st.DrawFn) -> str:
    """Draw a filter with up to three parts left out or put in."""
    text = draw(valid())
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(alphabet | words | st.just("")) + text[start + draw(st.integers(0, 2)) :]
    return text


def can_match_nothing(text: str) -> bool:
    """Whether a filter that the API takes has an event or IP version that only the client refuses."""
    found = [clause for group in parse_filter(text) for clause in group if clause.symbol in ("==", "!=")]
    return any(
        clause.value not in DIMENSIONS[clause.dimension]
        and (clause.dimension == "ipVersion" or closest(clause.value, DIMENSIONS[clause.dimension]) is not None)
        for clause in found
    )


def selected(text: str) -> list[bool]:
    """Which rows the sandbox selects."""
    condition = parse_filter(text)
    return [matches(condition, row) for row in SERIES]


def holds(name: str, symbol: str, value: str, row: Mapping[str, str]) -> bool:
    """Compare without a parser."""
    read: Callable[[str], Any] = int if name == "ipVersion" else str
    return bool(SYMBOLS[symbol](read(row[name]), read(value)))


def split(comparison: str) -> tuple[str, str, str]:
    """The parts of a comparison of the shortest form."""
    symbol = max((each for each in SYMBOLS if each in comparison), key=len)
    name, _, value = comparison.partition(symbol)
    return name, symbol, value


@settings(max_examples=1000, deadline=None)
@given(text=valid() | nearly_valid() | st.lists(words | alphabet).map("".join) | st.text(max_size=20))
def test_the_client_and_the_sandbox_read_the_same(text: str) -> None:
    """One verdict on any text, and the same rows; but for values that the API takes and that match nothing."""
    try:
        wanted = selected(text)
    except RefusedError:
        wanted = None
    if wanted is None or can_match_nothing(text):
        with pytest.raises(InvalidArgumentError):
            sent(text)
        with pytest.raises(InvalidArgumentError):
            Filter(text)
        return
    assert sent(text)
    groups = [[split(each) for each in group.split(";")] for group in Filter(text).split(",")]
    assert [any(all(holds(*each, row) for each in group) for group in groups) for row in SERIES] == wanted
    assert selected(Filter(text)) == wanted


leaves = clauses.map(
    lambda clause: (
        SYMBOLS[clause[1]](getattr(F, clause[0]), clause[2]),
        [holds(*clause, row) for row in SERIES],
    )
)
trees = st.recursive(
    leaves,
    lambda inner: st.tuples(
        st.sampled_from([operator.and_, operator.or_]), st.lists(inner, min_size=1, max_size=3)
    ).map(
        lambda drawn: (
            reduce(drawn[0], [made for made, _ in drawn[1]]),
            [*map(all if drawn[0] is operator.and_ else any, zip(*(rows for _, rows in drawn[1]), strict=True))],
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(tree=trees)
def test_any_expression_selects_what_it_says(tree: tuple[Filter, list[bool]]) -> None:
    """Written out without parentheses, for the sandbox."""
    made, wanted = tree
    assert selected(str(made)) == wanted
    assert Filter(str(made)) == made
