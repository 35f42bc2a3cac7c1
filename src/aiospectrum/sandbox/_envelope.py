"""The JSON envelope around every answer, and the bytes it becomes.

Shape: https://developers.cloudflare.com/fundamentals/api/reference/ (success, errors, messages,
result).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiospectrum.sandbox._errors import Problem

__all__ = ["Answer", "encode_failure", "encode_success"]


@attrs.frozen(kw_only=True)
class Answer:
    """What an operation found: the result, and the paging facts when there are any."""

    result: object
    """Anything JSON can carry."""
    info: Mapping[str, int] | None = None
    """``result_info``; ``None`` leaves the key out."""


def encode_success(answer: Answer) -> bytes:
    """Return the envelope of a successful call."""
    envelope: dict[str, object] = {
        "success": True,
        "errors": [],
        "messages": [],
        "result": answer.result,
    }
    if answer.info is not None:
        envelope["result_info"] = answer.info
    return msgspec.json.encode(envelope)


def encode_failure(problems: Iterable[Problem]) -> bytes:
    """Return the envelope of a refused call; its result is null."""
    errors = [_entry(problem) for problem in problems]
    return msgspec.json.encode({"success": False, "errors": errors, "messages": [], "result": None})


def _entry(problem: Problem) -> dict[str, object]:
    entry: dict[str, object] = {"code": problem.code, "message": _encodable(problem.message)}
    if problem.pointer is not None:
        entry["source"] = {"pointer": _encodable(problem.pointer)}
    if problem.chain:
        entry["error_chain"] = [{"code": code, "message": message} for code, message in problem.chain]
    return entry


def _encodable(text: str) -> str:
    # aiohttp hands over bytes that are not UTF-8 as lone surrogates, which no encoder takes.
    return text.encode("utf-8", "backslashreplace").decode()
