"""The errors themselves."""

import inspect
import pickle
import re

import pytest

from aiospectrum import errors
from aiospectrum.errors import ErrorDetail, InvalidArgumentError, RateLimitError, RequestError, SpectrumError

ALL = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, SpectrumError)]


@pytest.mark.parametrize(
    "kind", [kind for kind in ALL if issubclass(kind, RequestError)], ids=lambda kind: kind.__name__
)
def test_request_errors_pickle(kind: type[RequestError]) -> None:
    """An error that crosses a process keeps all that it carries."""
    error = kind(
        "GET https://example.com answered 400: no",
        method="GET",
        url="https://example.com",
        status=400,
        errors=[ErrorDetail(code=1, message="no")],
        ray_id="8f-SFO",
        body_excerpt="{}",
        attempts=2,
    )

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_other_errors_pickle() -> None:
    """The errors about arguments and the wait of a rate limit error survive too."""
    refused = InvalidArgumentError("f: expected x, got y", field="f", value="y", expected="x")
    limited = RateLimitError("limited")
    limited.retry_after = 3.0

    assert vars(pickle.loads(pickle.dumps(refused))) == vars(refused)  # noqa: S301 - our own
    assert pickle.loads(pickle.dumps(limited)).retry_after == 3.0  # noqa: S301 - our own


def test_the_tree_is_drawn_as_it_is() -> None:
    """The drawing in the module's docstring is the tree."""
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^    ([ │├└─]*)(\w+Error)\b", line)
        if match:
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            drawn[match[2]] = path[depth - 1] if depth else ""

    assert drawn == {kind.__name__: "" if kind is SpectrumError else kind.__mro__[1].__name__ for kind in ALL}


def test_builtin_parents() -> None:
    """Errors derive from the builtin of the same meaning, but for our timeout, so that a caller's is distinct."""
    assert issubclass(errors.InvalidArgumentError, ValueError)
    assert issubclass(errors.CredentialsError, ValueError)
    assert issubclass(errors.ClientStateError, RuntimeError)
    assert not issubclass(errors.RequestTimeoutError, TimeoutError)


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        (ErrorDetail(), ""),
        (ErrorDetail(message="no"), "no"),
        (ErrorDetail(code=1, message="no", pointer="/a", error_chain=(ErrorDetail(code=2),)), "1 no (at /a) [2 ]"),
    ],
)
def test_details_print(detail: ErrorDetail, text: str) -> None:
    """A detail is one line with all that helps."""
    assert str(detail) == text
