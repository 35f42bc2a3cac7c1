"""The proxy of the command: that of its option, else that of the variables which other programs take one from."""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

__all__ = ["find_proxy", "with_scheme"]

_VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""The first that is set counts. There is none for http: only an API on this machine is called by that."""


def find_proxy(option: str | None, environ: Mapping[str, str], base_url: str) -> tuple[str, str] | None:
    """Find the proxy for an API.

    Args:
        option: The value of ``--proxy``, empty for no proxy whatever the variables say; None when it was not given.
        environ: The environment variables: HTTPS_PROXY, ALL_PROXY and NO_PROXY, in capitals or small letters.
        base_url: Where the API is; variables do not count for one on this machine.

    Returns:
        What names the proxy, and its URL; None for none.
    """
    if option is not None:
        proxy = with_scheme(option.strip())
        return ("--proxy", proxy) if proxy else None
    for name in _VARIABLES:
        value = environ.get(name, "").strip()
        if value:
            goes_direct = _goes_direct(base_url, environ.get("no_proxy") or environ.get("NO_PROXY", ""))
            return None if goes_direct else (name, with_scheme(value))
    return None


def with_scheme(proxy: str) -> str:
    """Make a URL of a proxy that is named by its host, as curl takes it; none stays none."""
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _goes_direct(base_url: str, exceptions: str) -> bool:
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        return True  # it is no URL, which the client says better
    entries = ["localhost", "127.0.0.0/8", "::1", *exceptions.lower().replace(",", " ").split()]
    return any(_is_for(entry, host, port) for entry in entries)


def _is_for(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY is for a host: ``*``, a name with all names below it, an address, or a network."""
    name, _, of_port = entry.removeprefix("*").removeprefix(".").partition(":")
    is_name = bool(name) and f".{host}".endswith(f".{name}") and of_port in ("", str(port))
    return entry == "*" or is_name or _is_in(entry.strip("[]"), host)


def _is_in(network: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:  # one of them is a name
        return False
