"""A web service that lists and creates what a zone has and sums its traffic up, with FastAPI.

It has one client, which is open as long as the application is. Run it with

    pip install aiospectrum fastapi uvicorn
    CLOUDFLARE_API_TOKEN=… uvicorn --app-dir examples with_fastapi:app

and call it at http://127.0.0.1:8000/zones/ZONE_ID/apps, where a POST creates an application, and
http://127.0.0.1:8000/zones/ZONE_ID/summary.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypedDict

from fastapi import Body, Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse

from aiospectrum import (
    App,
    AppRequest,
    Client,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    SpectrumError,
)


class State(TypedDict):
    """What the application keeps while it runs; each request has it as its ``state``."""

    spectrum: Client


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[State, None]:
    """Open the client on the event loop of the application, and close it at the end."""
    async with Client.from_env() as client:
        yield {"spectrum": client}


app = FastAPI(title="Spectrum", lifespan=lifespan)


def get_client(request: Request) -> Client:
    """Give an endpoint the client."""
    client: Client = request.state.spectrum
    return client


Spectrum = Annotated[Client, Depends(get_client)]


@app.get("/zones/{zone_id}/apps")
async def list_apps(zone_id: str, client: Spectrum) -> list[App]:
    """List all applications of a zone, as Cloudflare writes them."""
    return [each async for each in client.apps.iterate(zone_id)]


@app.post("/zones/{zone_id}/apps")
async def create_app(zone_id: str, request: Annotated[AppRequest, Body()], client: Spectrum) -> App:
    """Create an application of the JSON that Cloudflare's documentation describes; a misspelt key is refused."""
    return await client.apps.create(zone_id, request)


Hours = Annotated[int, Query(gt=0, le=8784)]


@app.get("/zones/{zone_id}/summary")
async def summarize(zone_id: str, client: Spectrum, hours: Hours = 24) -> dict[str, float]:
    """Sum up the events and the bytes of a zone in the last hours."""
    since = datetime.now(UTC) - timedelta(hours=hours)
    metrics = client.analytics.events.summary(zone_id, metrics=["count", "bytesIngress", "bytesEgress"], since=since)
    return (await metrics).totals


@app.exception_handler(SpectrumError)
async def respond_to_error(_: Request, error: SpectrumError) -> JSONResponse:
    """Respond with what went wrong: the caller's mistake, a wait, or a failure of Cloudflare."""
    headers: dict[str, str] = {}
    match error:
        case InvalidArgumentError():
            status, detail = 422, str(error)
        case NotFoundError() | PermissionDeniedError():
            status, detail = 404, "no such zone, or not one of ours"
        case RateLimitError(wait=wait):
            status, detail = 503, "too many requests to Cloudflare"
            headers["Retry-After"] = f"{wait or 60:.0f}"
        case RequestTimeoutError():
            status, detail = 504, "Cloudflare took too long"
        case _:
            status, detail = 502, "the call to Cloudflare failed"
    return JSONResponse({"detail": detail}, status, headers)
