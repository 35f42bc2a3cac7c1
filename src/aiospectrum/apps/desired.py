"""What is wanted of an application: that it is there with a configuration, or that it is not there."""

import re
from typing import Final, Self

import attrs

from aiospectrum.apps.compare import plain_name
from aiospectrum.checks import Object, refuse
from aiospectrum.checks.formats import FORMATS
from aiospectrum.checks.plain import plain_text
from aiospectrum.models import DNS, AppRequest

__all__ = ["Desired", "is_zone", "is_zone_id", "key_of"]

_APP: Final = Object(model=AppRequest, fields={})
_DNS: Final = Object(model=DNS, fields={})
_ZONE_ID: Final = re.compile("[0-9a-fA-F]{32}")
_is_hostname = FORMATS["hostname"][0]


@attrs.frozen(kw_only=True)
class Desired:
    """An application that is to be there, or not to be there any more; DNS name and protocol say which one it is."""

    zone: str
    """Identifier of its zone, or the zone's name such as ``example.com``."""

    app: AppRequest
    """The whole configuration; of one that is absent, protocol and DNS name count alone."""

    absent: bool = False
    """Whether it is deleted if it is there."""

    place: str = attrs.field(default="", eq=False)
    """Where it comes from, such as ``apps.yaml, line 4``, for errors; empty when nobody says."""

    unknown_keys: tuple[str, ...] = attrs.field(default=(), eq=False)
    """Keys of an exported application that this version does not know: a replacement keeps them, a file lacks them."""

    def __attrs_post_init__(self) -> None:
        """Check the types.

        Raises:
            InvalidArgumentError: A field is something else.
        """
        if plain_text(self.zone) is None or not is_zone(self.zone):
            refuse("zone", self.zone, "the identifier of a zone, or its name such as example.com")
        _APP.check("app", self.app)
        if plain_text(self.app.protocol) is None:
            refuse("app.protocol", self.app.protocol, "a protocol and port or ports such as tcp/22")
        _DNS.check("app.dns", self.app.dns)
        if self.app.dns.name is not None and plain_text(self.app.dns.name) is None:
            refuse("app.dns.name", self.app.dns.name, "a host name such as www.example.com")
        if not isinstance(self.absent, bool):
            refuse("absent", self.absent, "True or False")

    @classmethod
    def to_delete(cls, zone: str, *, name: str, protocol: str) -> Self:
        """Want an application not to be there.

        Args:
            zone: Identifier or name of its zone.
            name: Its DNS name.
            protocol: Its protocol and ports, such as ``tcp/22``.

        Returns:
            That it is absent.

        Raises:
            InvalidArgumentError: The zone is neither.
        """
        return cls(zone=zone, app=AppRequest(protocol=protocol, dns=DNS(name=name)), absent=True)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other applications of its zone: DNS name and protocol, in small letters."""
        return key_of(self.app.dns.name, self.app.protocol)

    def __str__(self) -> str:
        named = f"{self.app.dns.name or 'without a name'} {self.app.protocol} of the zone {self.zone}"
        return f"{named} ({self.place})" if self.place else named


def key_of(name: str | None, protocol: str) -> tuple[str, str]:
    """The DNS name and the protocol of an application, in a form in which equal ones are equal."""
    return plain_name(name or ""), protocol.lower()


def is_zone_id(text: str) -> bool:
    """Whether a text is the identifier of a zone."""
    return _ZONE_ID.fullmatch(text) is not None


def is_zone(text: str) -> bool:
    """Whether a text is the identifier of a zone, or can be the name of one."""
    name = text.removesuffix(".")
    return is_zone_id(text) or ("." in name and _is_hostname(name))
