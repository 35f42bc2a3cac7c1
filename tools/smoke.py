"""What has to work wherever the package is installed: ``python -I tools/smoke.py VERSION``, in its environment."""

import asyncio
import sys
from importlib.metadata import version
from importlib.resources import files

import aiospectrum
from aiospectrum import Client, NotFoundError, make_converter
from aiospectrum.sandbox import Sandbox


async def main(expected: str) -> None:
    """Call a sandbox."""
    assert aiospectrum.__version__ == version("aiospectrum") == expected, aiospectrum.__version__
    assert "site-packages" in aiospectrum.__file__, aiospectrum.__file__
    assert files("aiospectrum").joinpath("py.typed").is_file()
    async with (
        Sandbox(zones=1) as sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url) as client,
    ):
        [zone] = sandbox.zones
        apps = [app async for app in client.apps.iterate(zone)]
        assert make_converter().unstructure(apps[0])["id"] == apps[0].id
        report = await client.analytics.events.summary(zone, metrics=["count"])
        try:
            await client.apps.get(zone, "0" * 32)
        except NotFoundError as error:
            print(f"{len(apps)} applications, {report.totals['count']} events, and: {error}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
