"""Files of wanted applications: what is read, and that all problems are said with their place."""

import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from aiospectrum import DNS, AppRequest, InvalidArgumentError
from aiospectrum.apps import Desired, read_file, to_yaml
from aiospectrum.apps.files import parse_text
from aiospectrum.models import OriginDNS

SSH = AppRequest(
    protocol="tcp/22",
    dns=DNS(name="ssh.example.com", type="CNAME"),
    origin_direct=["tcp://192.0.2.1:22"],
    tls="off",
)
BROKER = AppRequest(
    protocol="tcp/8883",
    dns=DNS(name="mqtt.example.org"),
    origin_dns=OriginDNS(name="origin.example.net", ttl=600),
    origin_port="1883",
    ip_firewall=True,
)
WANTED = [
    Desired(zone="example.com", app=SSH),
    Desired.to_delete("example.com", name="old.example.com", protocol="tcp/25"),
    Desired(zone="0123456789abcdef0123456789abcdef", app=BROKER),
]

YAML = """\
# Everything that we have.
zones:
  example.com:
    - dns: {type: CNAME, name: ssh.example.com}
      protocol: tcp/22
      origin_direct: [tcp://192.0.2.1:22]
      tls: off  # a text, as YAML 1.2 has it
      proxy_protocol: ~
    - dns: {name: old.example.com}
      protocol: tcp/25
      absent: true
  0123456789abcdef0123456789abcdef:
    - dns: {name: mqtt.example.org}
      protocol: tcp/8883
      origin_dns: {name: origin.example.net, ttl: 600}
      origin_port: "1883"
      ip_firewall: true
  empty.example: []
  nothing.example:
"""
TOML = """
[[zones."example.com"]]
dns = {type = "CNAME", name = "ssh.example.com"}
protocol = "tcp/22"
origin_direct = ["tcp://192.0.2.1:22"]
tls = "off"

[[zones."example.com"]]
dns = {name = "old.example.com"}
protocol = "tcp/25"
absent = true

[[zones.0123456789abcdef0123456789abcdef]]
dns = {name = "mqtt.example.org"}
protocol = "tcp/8883"
origin_dns = {name = "origin.example.net", ttl = 600}
origin_port = "1883"
ip_firewall = true
"""


@pytest.fixture
def needs_yaml() -> None:
    pytest.importorskip("ruamel.yaml")


@pytest.mark.usefixtures("needs_yaml")
def test_yaml_is_read(tmp_path: Path) -> None:
    """In the order of the file, with the place of each for errors; a mark at the beginning does no harm."""
    path = tmp_path / "apps.yaml"
    path.write_text(YAML, encoding="utf-8-sig")

    wanted = read_file(path)

    assert wanted == WANTED
    assert wanted[1].place == "apps.yaml, line 9, zone example.com, app 2 (old.example.com tcp/25)"


def test_toml_is_read(tmp_path: Path) -> None:
    """The same, without lines."""
    path = tmp_path / "apps.TOML"
    path.write_text(TOML, encoding="utf-8")

    wanted = read_file(str(path))

    assert wanted == WANTED
    assert wanted[0].place == "apps.TOML, zone example.com, app 1 (ssh.example.com tcp/22)"


@pytest.mark.usefixtures("needs_yaml")
def test_what_is_written_is_read() -> None:
    """Words that YAML 1.1 takes for true and false are quoted, and equal objects share no anchor."""
    twice = [*WANTED, Desired(zone="example.com", app=attrs.evolve(SSH, protocol="tcp/23"))]

    text = to_yaml(twice)

    assert "tls: 'off'" in text
    assert "&" not in text
    assert sorted(read_yaml(text), key=str) == sorted(twice, key=str)


@pytest.mark.usefixtures("needs_yaml")
def test_values_that_are_newer_pass_where_they_are_marked() -> None:
    """An entry that says unchecked is read with them, and written with the mark."""
    entry = "zones: {a.example: [{dns: {name: x.a.example}, protocol: tcp/1, tls: quantum, unchecked: true}]}"

    wanted = read_yaml(entry)

    assert wanted[0].app.tls == "quantum"
    assert read_yaml(to_yaml(wanted)) == wanted
    assert "unchecked: true" in to_yaml(wanted)


def read_yaml(text: str) -> list[Desired]:
    return parse_text(text, name="a.yaml", toml=False)


def problems_of(text: str, *, toml: bool = False) -> list[str]:
    """What is wrong with a text, a line each."""
    with pytest.raises(InvalidArgumentError) as raised:
        parse_text(text, name="a.toml" if toml else "a.yaml", toml=toml)
    return [str(error) for error in raised.value.others or [raised.value]]


def app_of(entry: str) -> str:
    return "zones:\n  a.example:\n    - dns: {name: x.a.example}\n      protocol: tcp/22\n" + entry


DIRECT = "      origin_direct: ['tcp://192.0.2.1:22']\n"
APP = "a.yaml, line {}, zone a.example, app 1 (x.a.example tcp/22): "

WRONG = {
    "nothing": ("", "a.yaml: expected zones, and below it a list of applications for each zone, got None"),
    "a list": ("- 1", "a.yaml, line 1: expected zones, and below it a list of applications for each zone, got [1]"),
    "other keys": ("zones: {}\nzonse: {}", "a.yaml, line 2: expected zones, and below it a list of applications for"),
    "no zone": ("zones: {word: []}", "a.yaml, line 1, zone word: expected the identifier or the name of a zone"),
    "no applications": ("zones: {a.example: 5}", "a.yaml, line 1, zone a.example: expected a list of applications"),
    "a zone twice": ("zones: {a.example: [], A.example.: []}", "a.yaml, line 1, zone A.example.: expected each zone o"),
    "no application": ("zones: {a.example: [x]}", "a.yaml, line 1, zone a.example, app 1: expected an application"),
    "misspelt key": (app_of(DIRECT + "      tsl: off"), APP.format(6) + "tsl: expected a key of an application, got"),
    "unlike any key": (app_of(DIRECT + "      zzz: 1"), APP.format(6) + "zzz: expected one of the keys protocol, dns,"),
    "merge key": (app_of(DIRECT + "      <<: {tls: off}"), "YAML 1.2 has no merge keys"),
    "unknown inner key": (
        "zones: {a.example: [{dns: {nam: x}, protocol: tcp/22, absent: true}]}",
        "dns.nam: expected a key of an application, got 'nam'; did you mean 'name'?",
    ),
    "key twice": (app_of(DIRECT + "      protocol: tcp/23"), APP.format(6) + "expected each key once, got 'protocol'"),
    "wrong value": (
        app_of(DIRECT + "      tls: on"),
        APP.format(6) + "tls: it is 'on'; expected one of off, flexible,",
    ),
    "wrong type": (
        app_of(DIRECT + "      ip_firewall: 1"),
        APP.format(6) + "ip_firewall: it is 1; expected True or Fa",
    ),
    "a text for an object": (
        app_of(DIRECT + "      edge_ips: x"),
        "edge_ips: expected type, connectivity, ips below it",
    ),
    "in a list": (
        app_of("      origin_direct: ['tcp://192.0.2.1:22', 5]"),
        "origin_direct[1]: it is 5; expected an add",
    ),
    "a rule": (
        app_of("      origin_direct: ['udp://192.0.2.1:22']"),
        "the protocol is over TCP; expected an origin such",
    ),
    "no origin": (
        app_of(""),
        APP.format(3) + "it has []; expected exactly one of origin_direct, origin_dns, origin_wor",
    ),
    "no protocol": (
        "zones: {a.example: [{dns: {name: b.a.example}, absent: true}]}",
        "protocol: it is None; expected a",
    ),
    "absent with more": (
        app_of("      absent: true\n      tls: off"),
        "tls: expected beside absent: true one of the ke",
    ),
    "absent is no flag": (app_of("      absent: 1"), "absent: expected true or false, got 1"),
    "wrong though unchecked": (app_of(DIRECT + "      unchecked: true\n      tls: 5"), "tls: expected a string, got 5"),
    "no yaml": ("zones: [", "a.yaml, line 1: expected YAML, got something else"),
    "two documents": (
        "zones: {}\n---\nzones: {}",
        "a.yaml, line 2: expected YAML, got something else (but found anoth",
    ),
    "control characters": ("zones: \x07", "a.yaml: expected YAML, got something else (unacceptable character"),
    "a tag": ("zones: !!python/object:os.system {}", "a.yaml, line 1: expected plain values, got the tag tag:yaml.org"),
    "a key that is a list": ("? [zones]\n: {}", "got the key 'a key that is no text'"),
    "deep": ("zones: {a.example: [" + "[" * 2000, "a.yaml: expected YAML, got something else (too deep)"),
    "deeper than the layout": ("zones: {a.example: [[[[[[[[[[1]]]]]]]]]]}", "got more than 8 levels"),
    "an anchor in itself": ("zones: {a.example: &a [*a]}", "got more than 8 levels"),
    "huge number": (app_of(f"      origin_direct: [{'9' * 5000}]"), "origin_direct[0]: it is '999"),
}


@pytest.mark.usefixtures("needs_yaml")
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(name: str) -> None:
    """With file, line, zone and application, what was expected and what came."""
    text, expected = WRONG[name]

    assert expected in "\n".join(problems_of(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zones = [", "a.toml: expected TOML, got something else (Invalid value (at end of document))"),
        ("zones = " + "[" * 5000, "a.toml: expected TOML, got something else ("),
        (
            "a = 2026-11-28",
            "a.toml: expected zones, and below it a list of applications for each zone, got the key 'a'",
        ),
        (
            '[[zones."a.example"]]\nprotocol = 2026-11-28',
            "a.toml, zone a.example, app 1: protocol: it is datetime.date",
        ),
    ],
)
def test_the_same_of_toml(text: str, expected: str) -> None:
    """There is no line, as the reader gives none."""
    assert problems_of(text, toml=True)[0].startswith(expected)


@pytest.mark.usefixtures("needs_yaml")
def test_all_problems_are_said_at_once() -> None:
    """Each has its field, and the text of the error the first twenty."""
    entries = "".join(f"    - {{dns: {{name: a{number}.a.example}}, protocol: x/1}}\n" for number in range(15))

    with pytest.raises(InvalidArgumentError, match=r"^30 problems: .*; and 10 more$") as raised:
        read_yaml("zones:\n  a.example:\n" + entries)

    assert len(raised.value.others) == 30
    assert raised.value.others[0].field == "zones.a.example[0].protocol"


@pytest.mark.usefixtures("needs_yaml")
@pytest.mark.parametrize("again", ["x.a.example", "X.A.example"])
def test_an_application_twice(again: str) -> None:
    """Names are equal without regard to case."""
    entry = f"    - dns: {{name: {again}}}\n      protocol: tcp/22\n      absent: true\n"

    (problem,) = problems_of(app_of(DIRECT + entry))

    assert problem.startswith("a.yaml, line 6, zone a.example, app 2")
    assert "expected each application once, got it again after a.yaml, line 3" in problem


@pytest.mark.usefixtures("needs_yaml")
@pytest.mark.parametrize("depth", [3, 9], ids=["wide", "deep"])
def test_a_bomb_of_aliases_does_not_blow_up(depth: int) -> None:
    """What aliases repeat counts each time, so that a few lines cannot make billions of values."""
    width = 10 if depth == 9 else 200
    lines = ["  a0.example: &a0 [x]"]
    lines += [f"  a{at}.example: &a{at} [{', '.join([f'*a{at - 1}'] * width)}]" for at in range(1, depth + 1)]

    (problem,) = problems_of("zones:\n" + "\n".join(lines))[-1:]

    assert "levels" in problem or "aliases counted each time" in problem or "expected an application" in problem


@pytest.mark.usefixtures("needs_yaml")
def test_a_bomb_of_keys_that_are_twice() -> None:
    """They count too, though nothing is made of them."""
    twice = "{" + "a: 1, " * 2000 + "}"
    aliases = "".join(f"  b{number}.example: *a\n" for number in range(1000))

    assert "aliases counted each time" in problems_of(f"zones:\n  a.example: &a {twice}\n{aliases}")[0]


@pytest.mark.usefixtures("needs_yaml")
@pytest.mark.parametrize("value", ["!!bool maybe", '!!int ""', '!!float ""', "!!int _"])
def test_a_tag_that_its_value_does_not_fit(value: str) -> None:
    """It is a wrong value like others."""
    (problem,) = problems_of(app_of(DIRECT + f"      tls: {value}\n"))

    assert "tls: it is '" in problem


@pytest.mark.usefixtures("needs_yaml")
@pytest.mark.parametrize("word", ["!" * 70_000, "1:1" * 30_000], ids=["tag", "number"])
def test_a_word_that_takes_long(word: str) -> None:
    """Of which the reader of YAML would take minutes for a million characters."""
    (problem,) = problems_of(f"%YAML 1.1\n---\nzones: {word}\n")

    assert problem == "a.yaml, line 3: expected words of up to 65,536 characters, got a longer one"


@pytest.mark.parametrize("part", ["a.", '"a" . ', "'a b'.", "é-1."])
def test_a_key_of_very_many_parts(part: str) -> None:
    """Of which the reader of TOML would take gigabytes for some 20,000."""
    with pytest.raises(InvalidArgumentError, match=r"^a\.toml: .*, got a key of 200 or more parts$"):
        parse_text(f"{part * 500}b = 1\n", name="a.toml", toml=True)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no file without an end")
def test_a_file_without_an_end() -> None:
    """It is read as far as the largest file would go."""
    with pytest.raises(InvalidArgumentError, match=r"^zero: expected up to 4,194,304 characters, got more$"):
        read_file("/dev/zero")


def test_a_file_that_is_too_large() -> None:
    """It is refused before it is parsed."""
    (problem,) = problems_of("#" * (4 << 20) + "##")

    assert problem == "a.yaml: expected up to 4,194,304 characters, got 4,194,306"


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """The error says where."""
    (tmp_path / "a.yaml").write_bytes(b"zones\xff")

    with pytest.raises(InvalidArgumentError, match=r"^a\.yaml: expected text in UTF-8, got byte 6 which is none$"):
        read_file(tmp_path / "a.yaml")


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how to install it; TOML needs none."""
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)

    with pytest.raises(
        ImportError, match=r"A file in YAML needs the package ruamel: pip install 'aiospectrum\[yaml\]'"
    ):
        read_yaml(YAML)
    with pytest.raises(ImportError, match=r"pip install"):
        to_yaml(WANTED)
    assert parse_text(TOML, name="a.toml", toml=True) == WANTED


@pytest.mark.parametrize(
    "arguments",
    [{"zone": "word"}, {"zone": 5}, {"app": SSH.dns}, {"absent": "yes"}],
    ids=["no name of a zone", "no text", "no request", "no flag"],
)
def test_what_is_wanted_is_checked(arguments: dict[str, Any]) -> None:
    """By the type of each field."""
    with pytest.raises(InvalidArgumentError, match=f"^{next(iter(arguments))}: expected"):
        Desired(**{"zone": "example.com", "app": SSH, **arguments})


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("app.protocol", {"protocol": None}),
        ("app.protocol", {"protocol": 22}),
        ("app.dns", {"dns": None}),
        ("app.dns.name", {"dns": DNS(name=5)}),  # type: ignore[arg-type]  # wrong on purpose
    ],
)
def test_what_tells_an_application_is_checked(field: str, changes: dict[str, Any]) -> None:
    """As it is looked for by that."""
    with pytest.raises(InvalidArgumentError, match=f"^{field}: expected"):
        Desired(zone="example.com", app=AppRequest(**{"protocol": "tcp/22", "dns": DNS(name="a.example"), **changes}))
