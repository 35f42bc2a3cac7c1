"""Pulls over many accounts: the file that lists them, their clients where they are used, and the processes."""

import os
import re
import signal
import threading
import tomllib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Annotated, Final

import attrs
from cyclopts import Parameter

from aiospectrum import DEFAULT_BASE_URL
from aiospectrum._extras import import_extra
from aiospectrum._http.passwords import hide_passwords
from aiospectrum.bulk import MakeClient
from aiospectrum.cli.context import Context
from aiospectrum.cli.limits import LIMIT_URL, SharedLimit, opened
from aiospectrum.cli.options import MaybeAtLeastOne, check_zone, read_text
from aiospectrum.cli.plan_options import SaveOptions
from aiospectrum.cli.profiles import VARIABLE
from aiospectrum.cli.proxies import find_proxy, with_scheme
from aiospectrum.cli.usage_errors import UsageError, repeated_value
from aiospectrum.client import Client
from aiospectrum.errors import CredentialsError
from aiospectrum.policies import RateLimit

__all__ = ["AccountOptions", "Accounts", "executor_of", "read_accounts"]

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

_GRACE: Final = 10
"""Seconds that a process has to end in after a SIGTERM."""

_DASK_SECONDS: Final = 10.0
"""Seconds in which a scheduler has to answer."""


@attrs.frozen(kw_only=True)
class AccountOptions:
    """Over which accounts, and where."""

    accounts: str | None = None
    """File of accounts in TOML: zones, and the environment variable that holds the token, of each."""

    processes: MaybeAtLeastOne = None
    """Processes that pull with --accounts; as many as there are processors when left out, and no more than accounts."""

    dask: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    """Scheduler of a Dask cluster whose workers pull in place of processes, such as tcp://10.0.0.1:8786."""

    def check(self, saving: SaveOptions) -> None:
        """Refuse options that need ``--accounts`` without it, and those that do not go with it.

        Raises:
            UsageError: One was given.
        """
        if self.accounts is not None and saving.writer is not None:
            raise UsageError("expected no --writer with --accounts, whose processes are w1, w2 and so on")
        if self.accounts is None and (self.processes or self.dask is not None):
            raise UsageError(f"{'--processes' if self.processes else '--dask'}: expected --accounts with a file too")


@attrs.frozen(kw_only=True)
class Accounts:
    """What a file of accounts says."""

    clients: dict[str, MakeClient]
    """For each zone, what opens the client of its account."""

    count: int
    """How many accounts there are."""


def read_accounts(file: str, context: Context, limit: RateLimit) -> Accounts:
    """Read a file of accounts.

    Args:
        file: Its path, ``-`` for the standard input.
        context: The surroundings.
        limit: The rate limit of each account.

    Returns:
        The accounts.

    Raises:
        UsageError: It cannot be read, or is something else.
    """
    name = f"--accounts {file}"
    try:
        content = tomllib.loads(read_text(file, name, context.stdin))
    except (ValueError, RecursionError) as error:  # of a number that is too long, too
        reason = f" ({error})" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise UsageError(f"{name}: expected TOML{reason}") from None
    example = 'tables such as [accounts.shop] with token = "SHOP_TOKEN" and zones = ["…"], and nothing else'
    accounts = content.get("accounts")
    if not isinstance(accounts, dict) or not accounts or len(content) > 1:
        raise UsageError(f"{name}: expected {example}")
    if context.profile is not None:
        raise UsageError("--profile: expected no profile with --accounts", "the file of accounts has the tokens")
    if context.proxy is not None and hide_passwords(with_scheme(context.proxy)) != with_scheme(context.proxy):
        raise UsageError("--proxy: expected no password in it with --accounts", "set HTTPS_PROXY where the workers are")
    if context.shared_limit.words():
        option = context.shared_limit.words()[0]
        raise UsageError(
            f"{option}: expected no such option with --accounts",
            f"give limit_file of an account its file, or set {LIMIT_URL} where the workers are, which have the name of"
            " the account for its limit",
        )
    clients: dict[str, MakeClient] = {}
    seen: set[str | None] = set()
    for account, settings in accounts.items():
        place = f"{name}: account {repeated_value(account)!r}"
        if not isinstance(settings, dict) or not _ACCOUNT.fullmatch(account):
            raise UsageError(f"{place}: expected {example}")
        unknown = [key for key in settings if key not in ("token", "zones", "limit_file")]
        if unknown:
            raise UsageError(f"{place}: expected token, zones and limit_file, got {repeated_value(unknown[0])!r} too")
        variable, zones, limit_file = settings.get("token"), settings.get("zones"), settings.get("limit_file")
        if not isinstance(variable, str) or not VARIABLE.fullmatch(variable):
            raise UsageError(
                f"{place}: token: expected the name, in capitals, of the environment variable that holds it",
                "put the token into a variable, and its name here",
            )
        if variable in seen or (limit_file is not None and limit_file in seen):
            raise UsageError(f"{place}: expected a token, and a limit_file, that no other account has")
        seen |= {variable, limit_file}
        if not isinstance(zones, list) or not zones:
            raise UsageError(f"{place}: zones: expected a list of the identifiers of zones")
        if limit_file is not None and not isinstance(limit_file, str):
            raise UsageError(f"{place}: limit_file: expected the path of a file")
        open_client = partial(_open_client, account, variable, limit_file, limit, context.proxy)
        for zone in zones:
            zone_id = check_zone(zone if isinstance(zone, str) else str(zone), f"{place}: zones").lower()
            if zone_id in clients:
                raise UsageError(f"{place}: zones: expected each zone once, got {zone_id} twice")
            clients[zone_id] = open_client
    return Accounts(clients=clients, count=len(accounts))


@asynccontextmanager
async def _open_client(
    account: str, variable: str, limit_file: str | None, limit: RateLimit, proxy: str | None
) -> AsyncIterator[Client]:
    """Open the client of an account by the environment of the process that calls over it."""
    environ = os.environ
    token = environ.get(variable, "").strip()
    if not token:
        raise CredentialsError(f"account {account}: the environment variable that its token= names is not set there")
    name = account if limit_file is None and environ.get(LIMIT_URL, "").strip() else None
    limiter = SharedLimit(file=limit_file, name=name).make(limit, environ)
    base_url = environ.get("CLOUDFLARE_BASE_URL", "").strip() or DEFAULT_BASE_URL
    _, url = find_proxy(proxy, environ, base_url) or ("", None)
    client = Client(
        api_token=token,
        base_url=base_url,
        rate_limit=limiter,
        connector_limit=limit.in_flight,
        proxy=url,
        user_agent="cli",
    )
    async with opened(client, limiter) as open_client:
        yield open_client


@contextmanager
def executor_of(options: AccountOptions, accounts: Accounts) -> Iterator[tuple[Executor, int]]:
    """Start processes, or connect to a Dask cluster, during the block.

    Args:
        options: The options.
        accounts: The accounts.

    Yields:
        The executor, and how many parts it is to have.

    Raises:
        UsageError: There is no such cluster, or what it needs is not installed.
    """
    if options.dask is None:
        count = min(options.processes or os.cpu_count() or 1, accounts.count)
        # Not forked, as this process has threads.
        with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_leave_signals_to_parent) as pool:
            yield pool, count
        return
    try:
        distributed = import_extra("distributed", extra="dask", purpose="pull --dask")
    except ImportError as error:
        raise UsageError(str(error), "") from None
    try:
        client = distributed.Client(options.dask, timeout=_DASK_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"--dask {options.dask}: there is no scheduler ({error})") from None
    with client:
        count = min(options.processes or len(client.nthreads()), accounts.count)
        if count == 0:
            raise UsageError(f"--dask {options.dask}: the cluster has no workers")
        yield client.get_executor(retries=3, pure=False), count


def _leave_signals_to_parent() -> None:
    """Let the parent end this process, which gets the same signals where they go to all; and end with it."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGTERM, lambda *_: signal.alarm(_GRACE))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # as after a kill: what is durable stays, and the next pull resumes
