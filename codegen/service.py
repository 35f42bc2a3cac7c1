"""Reads what holds for all operations: the server, how callers prove who they are, and the envelope of responses."""

import re
from typing import Any, Final

import attrs

from codegen.document import Document, Node, show

_TOP_KEYS: Final = ("openapi", "info", "servers", "security", "tags", "paths", "components")
_SECTIONS: Final = ("schemas", "parameters", "requestBodies", "responses", "securitySchemes")
_URL: Final = re.compile(
    r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(?P<port>:[1-9][0-9]{0,4})?(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*"
)
_LAST_PORT: Final = 65535
_SCHEMES: Final = {("bearer",): "api_token", ("X-Auth-Email", "X-Auth-Key"): "api_key"}
_ERROR: Final[dict[str, Any]] = {
    "code": "integer",
    "message": "string",
    "documentation_url": "string",
    "source": {"pointer": "string"},
}
_ERROR["error_chain"] = [_ERROR]
_ENVELOPE: Final = {"success": "boolean", "errors": [_ERROR], "messages": [_ERROR]}
RESULT_INFO: Final = dict.fromkeys(("page", "per_page", "count", "total_count", "total_pages"), "integer")
"""The form of paging data, for :func:`check_form`."""


@attrs.frozen(kw_only=True)
class Service:
    """What the document says of the API as a whole."""

    title: str
    base_url: str
    schemes: tuple[str, ...]
    docs: str


def parse_service(document: Document) -> Service:
    """Read all but the operations and what they refer to."""
    root = document.root
    root.only(*_TOP_KEYS)
    if root.at("info").only("title", "version", "summary", "license"):
        root.at("info").text("version")
        root.at("info").text("summary", "")
        root.at("info").members("license")
    components = root.at("components")
    for section in _SECTIONS:
        components.members(section)
    envelope = components.members("schemas").get("Envelope")
    if not root.has("components") or (components.only(*_SECTIONS) and envelope is None):
        root.report("no envelope", "Cloudflare's envelope as components/schemas/Envelope")
    elif envelope is not None:
        check_form(envelope, _ENVELOPE)
        for key in sorted({"success", "errors"} - envelope.members("properties").keys()):
            envelope.report(f"an envelope without {key}", "Cloudflare's envelope: success, errors and messages")
    return Service(
        title=root.at("info").prose("title"),
        base_url=_parse_server(root),
        schemes=_parse_security(root),
        docs=root.at("externalDocs").prose("url", "") if root.has("externalDocs") else "",
    )


def check_form(node: Node, form: Any, seen: frozenset[str] = frozenset()) -> None:
    """Report where a schema is not of the form that the runtime reads, of which properties may be missing.

    A form is a type of JSON, the forms of properties by name, or a list with the form of items.
    """
    node, wanted, keys = node.target("schemas"), "object", ["properties", "required"]
    if not isinstance(form, dict):
        wanted, keys = ("array", ["items"]) if isinstance(form, list) else (form, ["minimum"])
    if node.pointer in seen or not node.only(*keys, "type"):
        return
    node.integer("minimum")
    if node.value.get("type") != wanted:
        node.report(f"the type {show(node.value.get('type'))}", f"{wanted}, as in Cloudflare's envelope")
    elif isinstance(form, list):
        check_form(node.at("items"), form[0], seen | {node.pointer})
    elif isinstance(form, dict):
        node.texts("required")
        for name, inner in node.members("properties").items():
            if name in form:
                check_form(inner, form[name], seen | {node.pointer})
            else:
                inner.report(f"the property {name!r}", f"those of Cloudflare's envelope: {', '.join(form)}")


def _parse_server(root: Node) -> str:
    servers = root.items("servers")
    if len(servers) != 1:
        root.report(f"{len(servers)} servers", "one server")
        return ""
    (server,) = servers
    server.only("url")
    url = server.text("url").rstrip("/")
    parts = _URL.fullmatch(url)
    if parts is None or int((parts["port"] or ":1")[1:]) > _LAST_PORT:
        server.report(f"the URL {show(url)}", "an https URL without variables, user, query and fragment", "url")
    return url


def _parse_security(root: Node) -> tuple[str, ...]:
    schemes = {name: _parse_scheme(node) for name, node in root.at("components").members("securitySchemes").items()}
    found = []
    for requirement in root.items("security"):
        members = requirement.value if isinstance(requirement.value, dict) else {}
        scheme = _SCHEMES.get(tuple(sorted(schemes.get(name, "") for name in members)))
        if scheme is None or any(scopes != [] for scopes in members.values()):
            supported = "a bearer token without scopes, or X-Auth-Email together with X-Auth-Key"
            requirement.report(f"the security {show(requirement.value)}", supported)
        elif scheme not in found:
            found.append(scheme)
    if not root.items("security"):
        root.report("no security", "a bearer token, or X-Auth-Email together with X-Auth-Key")
    return tuple(found)


def _parse_scheme(node: Node) -> str:
    """What a scheme sends: ``bearer``, or the name of a header."""
    match node.value:
        case {"type": "http", "scheme": "bearer" as sent}:
            node.only("type", "scheme", "bearerFormat")
            node.text("bearerFormat", "")
        case {"type": "apiKey", "in": "header", "name": "X-Auth-Email" | "X-Auth-Key" as sent}:
            node.only("type", "in", "name")
        case _:
            sent, supported = "", "http bearer, or apiKey in the header X-Auth-Email or X-Auth-Key"
            node.report(f"the scheme {show(node.value)}", supported)
    return str(sent)
