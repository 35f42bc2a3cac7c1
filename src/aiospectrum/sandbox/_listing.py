"""Pages and orders of the app list.

https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/list/ . Paging
starts with ``page``: without it every app is returned in the default order, without
``result_info``, and ``per_page``, ``order`` and ``direction`` have no effect and are not even
checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiospectrum.sandbox._envelope import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from aiospectrum.sandbox._params import Params
    from aiospectrum.sandbox._state import App

__all__ = ["LIST_PARAMETERS", "list_apps"]

LIST_PARAMETERS: Final = ("page", "per_page", "direction", "order")
"""Query parameters of the operation."""

_HIGHEST_PAGE: Final = 999_999_999
_ORDERS: Final[dict[str, Callable[[App], str]]] = {
    "protocol": lambda app: str(app.config.shown["protocol"]),
    "app_id": lambda app: app.id,
    "created_on": lambda app: app.created_on.isoformat(),
    "modified_on": lambda app: app.modified_on.isoformat(),
    "dns": lambda app: app.config.hostname,
}


def list_apps(apps: Collection[App], params: Params) -> Answer:
    """Return the apps that the query asks for; those that compare equal stay as created.

    Raises:
        RefusedError: A paging parameter is out of bounds.
    """
    if params.single("page") is None:
        return Answer(result=[app.render() for app in sorted(apps, key=_ORDERS["dns"])])
    page = params.whole("page", low=1, high=_HIGHEST_PAGE, default=1)
    per_page = params.whole("per_page", low=1, high=100, default=20)
    order = params.choice("order", tuple(_ORDERS), "dns")
    descending = params.choice("direction", ("asc", "desc"), "asc") == "desc"
    ordered = sorted(apps, key=_ORDERS[order], reverse=descending)
    shown = ordered[(page - 1) * per_page : page * per_page]
    info = {
        "page": page,
        "per_page": per_page,
        "count": len(shown),
        "total_count": len(ordered),
        "total_pages": -(-len(ordered) // per_page),
    }
    return Answer(result=[app.render() for app in shown], info=info)
