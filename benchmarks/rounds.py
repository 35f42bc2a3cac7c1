"""Rounds in which all clients take turns, and the ratios that come of them."""

import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Final, TypeAlias

import attrs

from benchmarks.calls import PATHS
from benchmarks.clients import CLIENTS, FLOOR, OFFICIAL, OURS
from benchmarks.processes import Worker
from benchmarks.turns import ratios, take_turns

__all__ = ["OTHERS", "Round", "choose_counts", "median_of", "official_over_ours", "run_round", "say"]

Figures: TypeAlias = dict[str, dict[str, float]]
"""Numbers by client and payload."""

OTHERS: Final = [client for client in CLIENTS if client not in (FLOOR, OURS)]
"""Clients that each take turns with the floor and ours."""


def _no_figures() -> Figures:
    return {client: {} for client in CLIENTS}


@attrs.frozen
class Round:
    """What was measured in one round."""

    cpu: Figures = attrs.field(factory=_no_figures)
    """CPU time of a call, in seconds."""

    wall: Figures = attrs.field(factory=_no_figures)
    """Wall time of a call, in seconds."""

    to_floor: Figures = attrs.field(factory=_no_figures)
    """CPU time of a call as a multiple of the floor's."""

    to_ours: Figures = attrs.field(factory=_no_figures)
    """CPU time of a call as a multiple of ours."""

    peak_rss: dict[str, int] = attrs.field(factory=dict)
    """The most memory, in KiB."""


def say(text: str) -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


def choose_counts(url: str, seconds: float) -> dict[str, dict[str, int]]:
    """Find how many calls every client makes in a slice of some seconds, by client and payload."""
    counts = {}
    for client in CLIENTS:
        with Worker(client, url) as worker:
            counts[client] = {payload: worker.choose_count(payload, seconds) for payload in PATHS}
        say(f"{client}: calls in a slice {counts[client]}")
    return counts


def run_round(url: str, counts: dict[str, dict[str, int]], number: int, cycles: int) -> Round:
    """Let all clients take turns on all payloads, each in a new process; gives the medians.

    The order of the clients depends on the number of the round. Ours and the floor have ``cycles`` slices next to each
    of the others.
    """
    turn = number % len(OTHERS)
    order = OTHERS[turn:] + OTHERS[:turn]
    one = Round()
    with ExitStack() as stack:
        workers = {client: stack.enter_context(Worker(client, url)) for client in CLIENTS}
        for payload in PATHS:
            _run_payload(one, workers, payload, counts, order, cycles)
        one.peak_rss.update({client: worker.ask("look")["peak_rss"] for client, worker in workers.items()})
    return one


def _run_payload(
    one: Round,
    workers: dict[str, Worker],
    payload: str,
    counts: dict[str, dict[str, int]],
    order: list[str],
    cycles: int,
) -> None:
    """Let the others take turns with the floor and ours, one after the other, and add the medians to the round."""
    slices: dict[str, list[dict[str, float]]] = {client: [] for client in CLIENTS}
    to_floor: dict[str, list[float]] = {client: [] for client in CLIENTS}
    to_ours: dict[str, list[float]] = {client: [] for client in CLIENTS}
    measures = {
        client: _measure(worker, payload, counts[client][payload], slices[client]) for client, worker in workers.items()
    }
    for other in order:
        group = (FLOOR, OURS, other)
        taken = take_turns({client: measures[client] for client in group}, cycles)
        for client in group:
            to_floor[client] += ratios(taken, client, FLOOR)
            to_ours[client] += ratios(taken, client, OURS)
    for client in CLIENTS:
        one.cpu[client][payload] = statistics.median(each["cpu"] for each in slices[client])
        one.wall[client][payload] = statistics.median(each["wall"] for each in slices[client])
        one.to_floor[client][payload] = statistics.median(to_floor[client])
        one.to_ours[client][payload] = statistics.median(to_ours[client])


def _measure(worker: Worker, payload: str, count: int, slices: list[dict[str, float]]) -> Callable[[], float]:
    """What measures a slice, keeps it and gives its CPU time."""
    ask = partial(worker.ask, "measure", payload=payload, count=count)

    def measure() -> float:
        slices.append(ask())
        return slices[-1]["cpu"]

    return measure


def median_of(rounds: list[Round], what: str, client: str, payload: str) -> float:
    """The median over all rounds of a field of :class:`Round`."""
    figures: list[float] = [getattr(each, what)[client][payload] for each in rounds]
    return statistics.median(figures)


def official_over_ours(rounds: list[Round], payload: str) -> float:
    """The official client's CPU per call as a multiple of ours, with what was quicker in each round."""
    return statistics.median(min(each.to_ours[client][payload] for client in OFFICIAL) for each in rounds)
