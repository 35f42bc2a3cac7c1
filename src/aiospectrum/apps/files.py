"""Files of applications of many zones, in YAML 1.2 or TOML: what is wanted, with all problems found at once.

::

    zones:
      example.com:
        - dns: {type: CNAME, name: ssh.example.com}
          protocol: tcp/22
          origin_direct: ["tcp://192.0.2.1:22"]
        - dns: {name: old.example.com}
          protocol: tcp/25
          absent: true
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import attrs

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.forms import as_read
from aiospectrum._generated.checks import APP_REQUEST
from aiospectrum.apps.desired import Desired, is_zone
from aiospectrum.apps.trees import LAYOUT, Place, make_problem, read_toml, read_yaml
from aiospectrum.checks.refusals import closest, shorten, show
from aiospectrum.errors import ConversionError, InvalidArgumentError
from aiospectrum.models import DNS, AppRequest, EdgeIPs, OriginDNS

__all__ = ["all_as_one", "is_toml", "parse_text", "read_file"]

_LARGEST: Final = 4 << 20
"""Characters of a file; the reader of YAML takes some four seconds for a million."""
_MOST_PROBLEMS: Final = 1000
"""Problems that are looked for."""
_SHOWN: Final = 20
"""Problems that an error's text has."""

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_PARTS: Final[Mapping[str, type[Any]]] = {"dns": DNS, "origin_dns": OriginDNS, "edge_ips": EdgeIPs}
_FIELDS: Final = tuple(field.name for field in attrs.fields(AppRequest))
_OWN: Final = ("absent", "unchecked")
_OF_ABSENT: Final = ("protocol", "dns", "absent")


def read_file(path: str | Path) -> list[Desired]:
    """Read what applications are wanted.

    The file is read in this thread: a large one in YAML takes seconds, so call it outside of an event loop or in
    ``asyncio.to_thread``.

    Args:
        path: A file in TOML if its name ends in ``.toml``, else in YAML 1.2, of which JSON is a part; up to four
            million characters.

    Returns:
        What is wanted, in the order of the file.

    Raises:
        InvalidArgumentError: The file is no such file, or what it wants is wrong: an unknown key, a value of another
            type or kind, an application twice, or what :func:`~aiospectrum.preflight` finds. The text has file, line
            (of YAML), zone and application of each problem, of which ``others`` has all when there are several.
        ImportError: YAML is read with the extra ``[yaml]``.
        OSError: The file cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read(4 * _LARGEST + 1)  # bytes of a character; some files, such as /dev/zero, have no end
    name = Path(path).name
    if len(content) > 4 * _LARGEST:
        raise make_problem(name, f"expected up to {_LARGEST:,} characters, got more")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise make_problem(name, f"expected text in UTF-8, got byte {error.start + 1:,} which is none") from None
    return parse_text(text, name=name, toml=is_toml(str(path)))


def is_toml(path: str) -> bool:
    """Whether the name of a file says that it is TOML."""
    return path.lower().endswith(".toml")


def parse_text(text: str, *, name: str, toml: bool) -> list[Desired]:
    """Read what applications are wanted from a text; see :func:`read_file`.

    Args:
        text: The text.
        name: What to call it in errors.
        toml: Whether it is TOML; else it is YAML.

    Returns:
        What is wanted.

    Raises:
        InvalidArgumentError: As :func:`read_file`.
        ImportError: As :func:`read_file`.
    """
    if len(text) > _LARGEST:
        raise make_problem(name, f"expected up to {_LARGEST:,} characters, got {len(text):,}")
    tree = read_toml(text, name) if toml else read_yaml(text, name)
    reader = _Reader(name, tree.lines, tree.problems)
    wanted = reader.read(tree.values)
    reader.raise_problems()
    return wanted


@attrs.define
class _Reader:
    """Reads what is wanted of plain values, and collects what is wrong with them."""

    name: str
    lines: Mapping[Place, int]
    twice: list[tuple[Place, str]]
    found: list[tuple[int, InvalidArgumentError]] = attrs.field(factory=list, init=False)
    names: dict[Place, str] = attrs.field(factory=dict, init=False)
    """What applications are called in errors, by their place."""

    def read(self, values: Any) -> list[Desired]:
        wanted: list[Desired] = []
        for zone, apps in self._read_zones(values):
            place: Place = ("zones", zone)
            if apps is None:
                continue
            if not isinstance(apps, list):
                self._report(place, "", f"expected a list of applications, got {_shown(apps)}")
                continue
            seen: dict[tuple[str, str], Place] = {}
            for index, values_of_app in enumerate(apps):
                at: Place = (*place, index)
                self._name(at, values_of_app)
                desired = self._read_app(zone, values_of_app, at)
                if desired is None:
                    continue
                if desired.key in seen:
                    first = self._at(seen[desired.key])
                    self._report(at, "", f"expected each application once, got it again after {first}")
                seen.setdefault(desired.key, at)
                wanted.append(desired)
        for at, text in self.twice:
            self._report(at, "", text)
        return wanted

    def _read_zones(self, values: Any) -> Iterator[tuple[str, Any]]:
        zones = values.get("zones") if isinstance(values, Mapping) else None
        for key in values if isinstance(values, Mapping) else ():
            if key != "zones":
                self._report((key,), "", f"expected {LAYOUT}, got the key {_shown(key)}")
        if not isinstance(zones, Mapping):
            if not self.found:
                self._report((), "", f"expected {LAYOUT}, got {_shown(values if zones is None else zones)}")
            return
        seen: set[str] = set()
        for zone, apps in zones.items():
            known = zone.lower().removesuffix(".")
            if not is_zone(zone):
                wanted = "expected the identifier or the name of a zone, such as example.com"
                self._report(("zones", zone), "", f"{wanted}, got {_shown(zone)}")
            elif known in seen:
                self._report(("zones", zone), "", f"expected each zone once, got {_shown(zone)} again")
            else:
                seen.add(known)
                yield zone, apps

    def _read_app(self, zone: str, values: Any, at: Place) -> Desired | None:
        before = len(self.found)
        if not isinstance(values, Mapping):
            self._report(at, "", f"expected an application with protocol, dns and an origin, got {_shown(values)}")
            return None
        for flag in _OWN:
            if not isinstance(values.get(flag, False), bool):
                self._report(at, flag, f"expected true or false, got {_shown(values[flag])}")
        is_absent = bool(values.get("absent"))
        known = _OF_ABSENT if is_absent else (*_FIELDS, *_OWN)
        self._refuse_unknown(values, known, at, "", "beside absent: true " if is_absent else "")
        fields = {key: value for key, value in values.items() if key in _FIELDS and value is not None}
        for part, model in _PARTS.items():
            inner = fields.get(part)
            if inner is None:
                continue
            names = [field.name for field in attrs.fields(model)]
            if not isinstance(inner, Mapping):
                self._report(at, part, f"expected {', '.join(names)} below it, got {_shown(inner)}")
                return None
            self._refuse_unknown(inner, names, at, part, "")
            fields[part] = {key: value for key, value in inner.items() if key in names}
        if values.get("unchecked") is True and not is_absent:
            app = self._read_unchecked(fields, at)
        else:
            app = self._read_checked(fields, at, is_absent=is_absent)
        if app is None or len(self.found) > before:
            return None
        return Desired(zone=zone, app=app, absent=is_absent, place=self._at(at))

    def _read_unchecked(self, fields: Mapping[str, Any], at: Place) -> AppRequest | None:
        try:
            app: AppRequest = shared_converter().structure(fields, AppRequest)
        except ConversionError as error:
            self._report(at, error.field, f"expected {error.expected}, got {error.value}")
            return None
        marked: AppRequest = as_read(app)
        return marked

    def _read_checked(self, fields: Mapping[str, Any], at: Place, *, is_absent: bool) -> AppRequest | None:
        parts = {part: model(**fields[part]) for part, model in _PARTS.items() if part in fields}
        given: dict[str, Any] = {"protocol": None, "dns": None, **fields, **parts}
        app = AppRequest(**given)
        is_wrong = False
        for problem in APP_REQUEST.find_problems("app", app):
            field = problem.field.removeprefix("app").removeprefix(".")
            is_of_key = field.partition(".")[0] in _OF_ABSENT
            if problem.severity == "error" and (is_of_key or not is_absent):
                self._report(at, field, f"{problem.problem}; expected {problem.remedy}")
                is_wrong = True
        return None if is_wrong else app

    def _refuse_unknown(self, values: Mapping[Any, Any], known: Any, at: Place, part: str, where: str) -> None:
        for key in values:
            if key in known:
                continue
            meant = closest(key, known)
            names = f"a key of an application, got {_shown(key)}; did you mean {meant!r}?"
            if meant is None:
                names = f"one of the keys {', '.join(known)}, got {_shown(key)}"
            hint = "; YAML 1.2 has no merge keys" if key == "<<" else ""
            self._report(at, f"{part}.{key}" if part else str(key), f"expected {where}{names}{hint}")

    def _name(self, at: Place, values: Any) -> None:
        """Note what an application is called, as far as that is known."""
        dns = values.get("dns") if isinstance(values, Mapping) else None
        words = [dns.get("name") if isinstance(dns, Mapping) else None]
        words.append(values.get("protocol") if isinstance(values, Mapping) else None)
        named = " ".join(shorten(word) for word in words if isinstance(word, str))
        self.names[at] = f"app {int(at[-1]) + 1}{f' ({named})' if named else ''}"

    def _at(self, place: Place) -> str:
        """Where something is: the file, the line if it is known, the zone and the application."""
        line = self._line(place)
        parts = [f"{self.name}, line {line}" if line else self.name]
        parts += [f"zone {shorten(str(place[1]))}"] if len(place) > 1 else []
        parts += [self.names[place[:3]]] if place[:3] in self.names else []
        return ", ".join(parts)

    def _line(self, place: Place) -> int:
        """The line of a value, or of what it is missing in; 0 for none."""
        known = (place[:size] for size in range(len(place), -1, -1) if place[:size] in self.lines)
        return next((self.lines[each] for each in known), 0)

    def _report(self, at: Place, field: str, text: str) -> None:
        steps: Place = tuple(word or int(index) for word, index in _STEP.findall(field))
        where = self._at((*at, *steps))
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at).removeprefix(".")
        whole = ".".join(filter(None, (path, field)))
        error = make_problem(where, f"{field}: {text}" if field else text, field=whole)
        self.found.append((self._line((*at, *steps)), error))
        if len(self.found) >= _MOST_PROBLEMS:
            self.raise_problems()

    def raise_problems(self) -> None:
        """Raise what was found, if there is anything, in the order of the lines."""
        if self.found:
            raise all_as_one([error for _, error in sorted(self.found, key=itemgetter(0))])


def all_as_one(errors: Sequence[InvalidArgumentError]) -> InvalidArgumentError:
    """Make one error of several, which it has as ``others``; the text has the first of them."""
    first = errors[0]
    if len(errors) == 1:
        return first
    shown = [f"{len(errors):,} problems: {first}", *map(str, errors[1:_SHOWN])]
    shown += [f"and {len(errors) - _SHOWN:,} more"] if len(errors) > _SHOWN else []
    error = InvalidArgumentError("; ".join(shown), field=first.field, expected=first.expected)
    error.others = tuple(errors)
    return error


def _shown(value: Any) -> str:
    return shorten(show(value))
