"""What `unittest.mock` makes of a client, its namespaces, and all else that is public."""

import importlib
import inspect
import pydoc
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any
from unittest import mock

import pytest

import aiospectrum
from aiospectrum import Client, ClientStateError, Page
from aiospectrum.transport import Namespace, Nested
from tests.conftest import APP, TOKEN, ZONE

PUBLIC = (
    *("", ".apps", ".bulk", ".client", ".endpoints", ".errors", ".models", ".otel", ".prometheus", ".sandbox"),
    ".transport",
)
MAKERS: dict[str, Callable[[], Any]] = {
    "create_autospec of the class": lambda: mock.create_autospec(Client),
    "create_autospec of the class, as an object": lambda: mock.create_autospec(Client, instance=True),
    "create_autospec of the class, called": lambda: mock.create_autospec(Client)(api_token=TOKEN),
    "create_autospec of a client": lambda: mock.create_autospec(Client(api_token=TOKEN)),
    "AsyncMock of the class": lambda: mock.AsyncMock(spec=Client),
    "AsyncMock of a client": lambda: mock.AsyncMock(spec=Client(api_token=TOKEN)),
    "MagicMock of the class": lambda: mock.MagicMock(spec_set=Client),
}
AUTOSPECS = [name for name in MAKERS if name.startswith("create_autospec")]


def methods(cls: type, path: str = "") -> Iterator[tuple[str, Any]]:
    """The methods of all namespaces of a client, by the way that leads to them."""
    for name, value in inspect.getmembers_static(cls):
        if isinstance(value, Nested):
            yield from methods(type(getattr(cls, name)), f"{path}{name}.")
        elif path and inspect.isfunction(value) and not hasattr(Namespace, name):
            yield f"{path}{name}", value


METHODS = dict(methods(Client))


def needed(path: str) -> dict[str, str]:
    """Arguments that a call cannot do without."""
    arguments = inspect.signature(METHODS[path]).parameters.values()
    return {each.name: each.name for each in arguments if each.default is each.empty and each.name != "transport"}


def test_there_are_methods() -> None:
    """The tests below see every one."""
    assert len(METHODS) == 15
    assert {"apps.list", "protocols.list", "analytics.events.bytime", "analytics.aggregate.current"} <= METHODS.keys()


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("path", [path for path, method in METHODS.items() if inspect.iscoroutinefunction(method)])
async def test_mocked_methods_are_awaited(maker: str, path: str) -> None:
    """Whatever a mock is made of, its calls give what the test says, after an await."""
    method = attrgetter(path)(MAKERS[maker]())
    method.return_value = Page(items=[])
    assert await method(**needed(path)) == Page(items=[])
    method.assert_awaited_once_with(**needed(path))


@pytest.mark.parametrize("maker", AUTOSPECS)
@pytest.mark.parametrize("path", METHODS)
def test_autospecs_know_the_arguments(maker: str, path: str) -> None:
    """An argument too few, one too many, and what the client does not have are refused as the client would."""
    client = MAKERS[maker]()
    method = attrgetter(path)(client)
    too_few = [((), {})] if needed(path) else []
    for arguments, options in [*too_few, ((ZONE,), {"nope": 1}), ((ZONE, APP, 1, 2), {})]:
        with pytest.raises(TypeError):
            method(*arguments, **options)
    with pytest.raises(AttributeError):
        attrgetter(f"{path}s")(client)


@pytest.mark.parametrize("maker", AUTOSPECS)
async def test_sealed_mocks_work(maker: str) -> None:
    """What was set before the seal stays; the rest is refused."""
    client = MAKERS[maker]()
    client.apps.list.return_value = Page(items=[])
    mock.seal(client)
    assert await client.apps.list(ZONE) == Page(items=[])
    with pytest.raises(AttributeError):
        client.nope  # noqa: B018 - it is what is tried


@pytest.mark.parametrize("path", METHODS)
@pytest.mark.parametrize("autospec", [None, True], ids=["plain", "autospec"])
async def test_methods_are_patched(path: str, autospec: bool | None) -> None:
    """A method of a client that is there is another one during the block, of that client alone."""
    client, other = Client(api_token=TOKEN), Client(api_token=TOKEN)
    where, _, name = path.rpartition(".")
    namespace = attrgetter(where)(client)
    before = getattr(namespace, name)
    with mock.patch.object(namespace, name, autospec=autospec, return_value="patched") as patched:
        found = attrgetter(path)(client)(**needed(path))
        assert (await found if inspect.isawaitable(found) else found) == "patched"
        patched.assert_called_once_with(**needed(path))
        assert attrgetter(path)(other) != attrgetter(path)(client)
    assert attrgetter(path)(client) == before


@pytest.mark.parametrize("autospec", [None, True], ids=["plain", "autospec"])
async def test_namespaces_and_the_class_are_patched(autospec: bool | None) -> None:
    """So are whole namespaces, and the class where a program looks for it."""
    client = Client(api_token=TOKEN)
    with mock.patch.object(client, "apps", autospec=autospec) as apps:
        apps.get.return_value = "an application"
        assert await client.apps.get(ZONE, APP) == "an application"
    assert "get_app" in repr(client.apps.get)

    with mock.patch("aiospectrum.Client", autospec=autospec) as patched:
        patched.return_value.apps.get = mock.AsyncMock(return_value="an application")
        assert await aiospectrum.Client(api_token=TOKEN).apps.get(ZONE, APP) == "an application"
    assert aiospectrum.Client is Client

    with mock.patch("aiospectrum.client.Client.apps", autospec=autospec) as apps:
        apps.get.return_value = "an application"
        assert await Client(api_token=TOKEN).apps.get(ZONE, APP) == "an application"
    assert "get_app" in repr(Client(api_token=TOKEN).apps.get)


def test_all_that_is_public_can_be_mocked() -> None:
    """`create_autospec` takes every class and function, and lets nothing by that the original refuses."""
    count = 0
    for path in PUBLIC:
        module = importlib.import_module(f"aiospectrum{path}")
        for name in module.__all__:
            original = getattr(module, name)
            if inspect.isclass(original) or inspect.isfunction(original):
                mocked = mock.create_autospec(original)
                assert all(hasattr(mocked, each) for each in dir(original) if not each.startswith("_")), name
                count += 1
    assert count > 100


def test_a_client_explains_itself() -> None:
    """Signatures, `help` and `dir`, of the class and of what it makes."""
    client = Client(api_token=TOKEN)
    assert list(inspect.signature(client.apps.list).parameters)[:2] == ["zone_id", "page"]
    assert {"apps", "protocols", "analytics"} <= set(dir(Client)) & set(dir(client))
    for value in (client.apps, Client.apps):
        shown = pydoc.plain(pydoc.render_doc(value))
        assert "Spectrum applications of a zone" in shown
        assert "List the Spectrum applications of a zone." in shown
    assert "apps" in pydoc.plain(pydoc.render_doc(Client))


async def test_a_class_makes_no_calls() -> None:
    """What the class has is to look at."""
    with pytest.raises(ClientStateError, match="over a client, not its class"):
        await Client.apps.list(ZONE)


def test_other_policies_have_namespaces_of_their_own() -> None:
    """A client that `with_options` makes does not call over the one that it was made of."""
    client = Client(api_token=TOKEN)
    assert client.apps is client.apps
    assert client.with_options(timeout=1).apps is not client.apps
