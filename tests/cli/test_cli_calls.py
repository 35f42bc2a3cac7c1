"""The commands that call the API, against a sandbox on a real socket."""

import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import run_process

NEW = ("--protocol", "tcp/2222", "--dns-name", "new.zone1.example", "--dns-type", "CNAME")
DIRECT = (*NEW, "--origin-direct", "tcp://192.0.2.9:2222")
BY_NAME = [*NEW, "--origin-dns-name", "origin.example"]
STRANGER = "0" * 32


@pytest.mark.parametrize(
    ("options", "count"),
    [
        pytest.param([], 5, id="all"),
        pytest.param(["--per-page", "2"], 5, id="all over several pages"),
        pytest.param(["--page", "2", "--per-page", "2"], 2, id="one page"),
        pytest.param(["--order", "protocol", "--direction", "desc"], 5, id="ordered"),
    ],
)
def test_apps_are_listed(cli: Any, sandbox: Sandbox, options: list[str], count: int) -> None:
    """Every page is fetched unless one is requested; the table and the JSON hold the same applications."""
    zone = sandbox.zones[0]
    table, machine = cli("apps", "list", zone, *options), cli("apps", "list", zone, *options, "--json")
    apps = json.loads(machine.out)
    assert (table.status, machine.status, table.err, machine.err) == (0, 0, "", "")
    assert len(apps) == count
    assert [app["id"] in table.out for app in apps] == [True] * count
    assert table.out.count("zone1.example") >= count


@pytest.mark.parametrize("command", [("apps", "list"), ("current",)], ids=["apps", "current"])
def test_identifiers_can_be_copied_from_a_terminal(cli: Any, sandbox: Sandbox, command: tuple[str, ...]) -> None:
    """They are whole with 120 columns, in a pipe, and with `--wide`; else shortened, which is said."""
    zone = sandbox.zones[0]
    app_id = sandbox.app_ids(zone)[0]
    note = "… is cut: whole with --wide or --json\n"
    for outcome in (cli(*command, zone, width=120), cli(*command, zone, "--wide", width=50)):
        assert app_id in outcome.out
        assert note not in outcome.out
    narrow = cli(*command, zone, width=80).out
    assert f"{app_id[:4]}…{app_id[-4:]}" in narrow
    assert narrow.endswith(note)
    assert max(map(len, narrow.splitlines())) <= 80


def test_a_pipe_has_everything_on_one_line(cli: Any, sandbox: Sandbox) -> None:
    """Where nobody says how wide the output is, nothing is shortened for programs that read it."""
    zone = sandbox.zones[0]
    finished = run_process("-m", "aiospectrum", "apps", "list", zone, **cli.environ, COLUMNS="")
    assert (finished.returncode, finished.stderr) == (0, "")
    lines = finished.stdout.splitlines()[2:]
    assert sorted(line.split()[0] for line in lines) == sorted(sandbox.app_ids(zone))


def test_numbers_are_never_cut_off(cli: Any, sandbox: Sandbox) -> None:
    """Where there are too many of them for the terminal, they come below each other."""
    metrics = "bytesIngress,bytesEgress,durationAvg,durationMedian,duration90th,duration99th,count"
    argv = ("summary", sandbox.zones[0], "--metrics", metrics)
    wide, narrow = (cli(*argv, width=width).out.splitlines()[:-1] for width in (200, 50))
    numbers = wide[2].split()
    assert len(numbers) == 13
    assert [word for line in narrow for word in line.split()[1:]] == numbers


def test_an_app_lives_and_dies(cli: Any, sandbox: Sandbox) -> None:
    """Create, get, update and delete change what the sandbox holds."""
    zone = sandbox.zones[0]
    created = json.loads(cli("apps", "create", zone, *DIRECT, "--json").out)
    assert created["origin_direct"] == ["tcp://192.0.2.9:2222"]
    assert "new.zone1.example" in cli("apps", "get", zone, created["id"]).out
    updated = cli("apps", "update", zone, created["id"], *DIRECT, "--ip-firewall", "--json")
    assert json.loads(updated.out) == {
        **created,
        "ip_firewall": True,
        "modified_on": json.loads(updated.out)["modified_on"],
    }
    deleted = cli("apps", "delete", zone, created["id"], "--yes")
    assert (deleted.status, deleted.out) == (0, f"deleted new.zone1.example (tcp/2222, {created['id']})\n")
    assert created["id"] not in sandbox.app_ids(zone)


def test_every_option_of_an_app_reaches_the_api(cli: Any, sandbox: Sandbox) -> None:
    """Options become the fields of the body, in their types."""
    options = [
        *NEW,
        *("--origin-dns-name", "o.zone1.example", "--origin-dns-type", "A", "--origin-dns-ttl", "600"),
        *("--origin-port", "22", "--traffic-type", "direct", "--tls", "full", "--proxy-protocol", "v1"),
        *("--no-ip-firewall", "--argo-smart-routing", "--edge-ip-connectivity", "ipv4"),
    ]
    created = json.loads(cli("apps", "create", sandbox.zones[0], *options, "--json").out)
    assert created["origin_dns"] == {"name": "o.zone1.example", "type": "A", "ttl": 600}
    assert created["origin_port"] == 22
    assert created["edge_ips"] == {"type": "dynamic", "connectivity": "ipv4"}
    assert (created["tls"], created["proxy_protocol"], created["ip_firewall"]) == ("full", "v1", False)
    assert created["argo_smart_routing"] is True


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (["--protocol", "tcp/8884"], {"protocol": "tcp/8884"}),
        (["--dns-name", "b.zone1.example"], {"dns": {"name": "b.zone1.example", "type": "CNAME"}}),
        (["--origin-dns-ttl", "900"], {"origin_dns": {"name": "broker.zone1.example", "type": "A", "ttl": 900}}),
        (["--origin-port", "1884", "--no-ip-firewall"], {"origin_port": 1884}),
        (["--reset", "tls"], {"tls": "off"}),
        (["--reset", "tls,edge-ips", "--argo-smart-routing"], {"tls": "off", "argo_smart_routing": True}),
        (
            ["--origin-direct", "tcp://192.0.2.1:1883"],
            {"origin_direct": ["tcp://192.0.2.1:1883"], "origin_dns": None, "origin_port": None},
        ),
        (["--edge-ip-connectivity", "ipv6"], {"edge_ips": {"type": "dynamic", "connectivity": "ipv6"}}),
    ],
    ids=" ".join,
)
def test_an_option_changes_what_it_says_and_no_more(
    cli: Any, sandbox: Sandbox, options: list[str], changed: dict[str, Any]
) -> None:
    """All else stays as it is, inside of the same object too."""
    zone = sandbox.zones[0]
    apps = json.loads(cli("apps", "list", zone, "--json").out)
    before = next(app for app in apps if "origin_dns" in app)
    outcome = cli("apps", "update", zone, before["id"], *options, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    after = json.loads(outcome.out)
    dates = {"modified_on": after["modified_on"]}
    assert after == {key: value for key, value in {**before, **changed, **dates}.items() if value is not None}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--tls", "ful"], "--tls: expected one of off, flexible, full, strict"),
        (["--origin-dns-ttl", "5"], "--origin-dns-ttl: expected an integer of 600 or more"),
        (["--edge-ips", "192.0.2.1", "--edge-ip-connectivity", "all"], "expected either --edge-ips or"),
    ],
    ids=["choice", "number", "both"],
)
def test_a_wrong_change_is_refused_before_anything_is_sent(
    cli: Any, sandbox: Sandbox, options: list[str], text: str
) -> None:
    """Not even the application is read for it."""
    outcome = cli("apps", "update", sandbox.zones[0], sandbox.app_ids(sandbox.zones[0])[0], *options)
    assert outcome.status == 2
    assert text in outcome.err
    assert sandbox.requests == []


def test_a_newer_value_is_sent_by_a_change_on_request(cli: Any, sandbox: Sandbox) -> None:
    """`--unchecked` leaves it to the API."""
    zone = sandbox.zones[0]
    outcome = cli("apps", "update", zone, sandbox.app_ids(zone)[0], "--tls", "quantum", "--unchecked")
    assert outcome.status == 1
    assert "tls is 'quantum'" in outcome.err


def test_fields_that_are_not_known_are_named(cli: Any, sandbox: Sandbox) -> None:
    """Where the API refuses them: by the option that leaves them out, which then works."""
    zone = sandbox.zones[0]
    app = {"protocol": "tcp/2222", "dns": {"name": "odd.zone1.example"}, "origin_direct": ["tcp://192.0.2.1:22"]}
    app_id = sandbox.hold_app(zone, {**app, "odd": 1})
    refused = cli("apps", "update", zone, app_id, "--tls", "full")
    assert refused.status == 1
    assert refused.err.endswith("; --drop-unknown leaves out odd\n")
    assert cli("apps", "update", zone, app_id, "--tls", "full", "--drop-unknown").status == 0


def test_an_app_is_ensured(cli: Any, sandbox: Sandbox) -> None:
    """Created, left alone, replaced; several are refused with their identifiers."""
    zone = sandbox.zones[0]
    assert cli("apps", "ensure", zone, *DIRECT).out.endswith("created\n")
    assert json.loads(cli("apps", "ensure", zone, *DIRECT, "--json").out)["done"] == "unchanged"
    replaced = json.loads(cli("apps", "ensure", zone, *DIRECT, "--tls", "full", "--json").out)
    assert (replaced["done"], replaced["app"]["tls"]) == ("replaced", "full")
    body = {"protocol": "tcp/2222", "dns": {"name": "new.zone1.example"}, "origin_direct": ["tcp://192.0.2.9:2222"]}
    other = sandbox.hold_app(zone, body)
    refused = cli("apps", "ensure", zone, "--file", "-", stdin=json.dumps(body))
    assert refused.status == 1
    assert other in refused.err
    assert refused.err.endswith("; `aiospectrum apps list` shows them\n")


def test_static_addresses_are_split_at_commas(cli: Any, sandbox: Sandbox) -> None:
    """`--edge-ips` makes static addresses."""
    options = ["--protocol", "tcp/22-23", "--dns-name", "s.zone1.example", "--dns-type", "ADDRESS"]
    options += ["--origin-dns-name", "o.zone1.example", "--origin-port", "22-23", "--edge-ips", "192.0.2.1, 192.0.2.2"]
    created = json.loads(cli("apps", "create", sandbox.zones[0], *options, "--json").out)
    assert created["edge_ips"] == {"type": "static", "ips": ["192.0.2.1", "192.0.2.2"]}


def test_what_breaks_a_rule_is_refused_or_explained(cli: Any, sandbox: Sandbox) -> None:
    """Before it is sent, all that is wrong at once; with `--unchecked` by the API, whose code is explained."""
    options = ["--protocol", "udp/53", "--dns-name", "d.zone1.example", "--origin-direct", "udp://192.0.2.1:53-54"]
    options += ["--tls", "full"]
    outcome = cli("apps", "create", sandbox.zones[0], *options)
    assert outcome.status == 2
    assert "aiospectrum: --tls: expected off" in outcome.err
    assert "; also --origin-direct: expected 1 port at the origin" in outcome.err
    outcome = cli("apps", "create", sandbox.zones[0], *options, "--unchecked")
    assert outcome.status == 1
    assert "answered 400" in outcome.err
    assert "an origin's address is not valid or not permitted: write tcp://192.0.2.1:22" in outcome.err


def test_what_get_prints_update_takes(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """The JSON of an application is a configuration, from a file and from the standard input."""
    zone = sandbox.zones[0]
    app_id = sandbox.app_ids(zone)[0]
    printed = cli("apps", "get", zone, app_id, "--json").out
    file = tmp_path / "app.json"
    file.write_text(printed)
    for outcome in (
        cli("apps", "update", zone, app_id, "--file", str(file), "--json"),
        cli("apps", "update", zone, app_id, "--file", "-", "--json", stdin=printed),
    ):
        assert (outcome.status, outcome.err) == (0, "")
        assert json.loads(outcome.out)["dns"] == json.loads(printed)["dns"]


@pytest.mark.parametrize("by_file", [False, True], ids=["options", "file"])
def test_values_newer_than_this_version_are_sent_on_request(cli: Any, sandbox: Sandbox, by_file: bool) -> None:
    """`--unchecked` leaves them to the API, which the sandbox answers for."""
    body = {"protocol": "tcp/2222", "dns": {"name": "new.zone1.example"}, "origin_direct": ["tcp://192.0.2.9:2222"]}
    options = ("--file", "-") if by_file else (*DIRECT, "--tls", "quantum")
    outcome = cli(
        *("apps", "create", sandbox.zones[0], *options, "--unchecked"), stdin=json.dumps({**body, "tls": "quantum"})
    )
    assert outcome.status == 1
    assert "tls is 'quantum'" in outcome.err
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("options", "stdin", "message"),
    [
        pytest.param(["--file", "-", "--tls", "off"], "{}", "either --file or options", id="both"),
        pytest.param([], None, "expected --protocol and --dns-name, or", id="neither"),
        pytest.param(["--protocol", "tcp/22"], None, "expected --protocol and --dns-name, or", id="no hostname"),
        pytest.param([*DIRECT, "--edge-ips", "x", "--edge-ip-connectivity", "all"], None, "got both", id="two edges"),
        pytest.param(NEW, None, "expected one origin: --origin-direct", id="no origin"),
        pytest.param(["--file", "-"], None, "standard input: expected JSON", id="no input"),
        pytest.param(["--file", "-"], "{", "standard input: expected JSON", id="no JSON"),
        pytest.param(["--file", "-"], "[" * 100_000, "standard input: expected JSON", id="too deep"),
        pytest.param(["--file", "-"], "[]", "expected an object", id="no object"),
        pytest.param(["--file", "-"], '{"protocol": 3, "dns": {}}', "protocol: expected a string, got 3", id="type"),
        pytest.param(
            ["--file", "-"],
            '{"protocol": "tcp/22", "dns": {}, "tsl": "full"}',
            "standard input: tsl: expected a key of AppRequest, got 'tsl'; did you mean 'tls'?",
            id="unknown key",
        ),
        pytest.param(
            ["--file", "-"],
            '{"protocol": "tcp/22", "dns": {"nmae": "a"}}',
            "standard input: dns.nmae: expected a key of DNS, got 'nmae'; did you mean 'name'?",
            id="unknown inner key",
        ),
        pytest.param(
            ["--file", "-"],
            '{"tls": "full", "tls": "off"}',
            "input: expected each key once, got 'tls' twice",
            id="twice",
        ),
        pytest.param(["--file", "-"], '{"origin_port": NaN}', "expected JSON, got NaN;", id="no number"),
        pytest.param([*DIRECT, "--tls", "ful"], None, "--tls: expected one of off, flexible, full,", id="enum"),
        pytest.param(
            [*DIRECT, "--edge-ip-connectivity", "v4"], None, "--edge-ip-connectivity: expect", id="inner enum"
        ),
        pytest.param([*BY_NAME, "--origin-port", "9" * 5000], None, "--origin-port: expected an int", id="long port"),
        pytest.param([*BY_NAME, "--origin-port", "022"], None, "--origin-port: expected an integer", id="octal port"),
        pytest.param(["--file", "a\0b"], None, "a\\x00b: embedded null byte", id="no name of a file"),
        pytest.param(["--file", "missing/app.json"], None, "missing/app.json: No such file", id="no file"),
    ],
)
def test_unusable_configurations_are_bad_usage(
    cli: Any, sandbox: Sandbox, options: list[str], stdin: str | None, message: str
) -> None:
    """What cannot become a body is refused in a line, and nothing is sent."""
    outcome = cli("apps", "create", sandbox.zones[0], *options, stdin=stdin)
    assert (outcome.status, outcome.out) == (2, "")
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("answer", "status", "left"),
    [("y\n", 0, 4), (" YES \n", 0, 4), ("n\n", 1, 5), ("\n", 1, 5), ("", 1, 5)],
    ids=["y", "yes", "n", "enter", "end of input"],
)
def test_delete_asks_on_a_terminal(cli: Any, sandbox: Sandbox, answer: str, status: int, left: int) -> None:
    """Only a yes deletes."""
    zone = sandbox.zones[0]
    outcome = cli("apps", "delete", zone, sandbox.app_ids(zone)[0], answer=answer)
    assert outcome.status == status
    assert outcome.err.startswith("Delete the application ")
    assert len(sandbox.app_ids(zone)) == left


@pytest.mark.parametrize("stdin", [None, "y\n"], ids=["no input", "a pipe"])
def test_delete_needs_yes_without_a_terminal(cli: Any, sandbox: Sandbox, stdin: str | None) -> None:
    """Nobody can be asked, so nothing is deleted."""
    zone = sandbox.zones[0]
    outcome = cli("apps", "delete", zone, sandbox.app_ids(zone)[0], stdin=stdin)
    assert outcome.status == 2
    assert "--yes" in outcome.err
    assert len(sandbox.app_ids(zone)) == 5


def test_protocols_are_listed(cli: Any, sandbox: Sandbox) -> None:
    """Well-known protocols come as a table and as JSON."""
    zone = sandbox.zones[0]
    assert "Secure Shell" in cli("protocols", zone).out
    assert {each["name"] for each in json.loads(cli("protocols", zone, "--json").out)} >= {"ssh", "minecraft"}


def test_current_traffic_can_be_limited(cli: Any, sandbox: Sandbox) -> None:
    """Applications are named between commas or one by one."""
    zone = sandbox.zones[0]
    first, second, third, *_ = sandbox.app_ids(zone)
    outcome = cli("current", zone, "--app-ids", f"{first},{second}", "--app-ids", third, "--colo-name", "SFO", "--json")
    assert {each["appID"] for each in json.loads(outcome.out)} == {first, second, third}
    assert first in cli("current", zone).out


def test_reports_take_every_option(cli: Any, sandbox: Sandbox) -> None:
    """Options travel as the API documents them, and JSON comes back in its form."""
    options = ["--metrics", "count,bytesIngress", "--dimensions", "event", "--dimensions", "coloName", "--limit", "3"]
    options += ["--filters", "event==disconnect", "--sort", "-count", "--since", "-24h", "--until", "2024-05-08"]
    outcome = cli("summary", sandbox.zones[0], *options, "--json")
    report = json.loads(outcome.out)
    assert (report["rows"], outcome.out.count("\n")) == (3, 1)
    assert sandbox.requests[0].query == (
        "metrics=count,bytesIngress&dimensions=event,coloName&since=2024-05-07T12:30:45Z&until=2024-05-07T23:59:59Z"
        "&filters=event%3D%3Ddisconnect&sort=-count&limit=3"
    )


def test_missing_numbers_are_empty_cells_and_nulls(serve_results: Any) -> None:
    """One number that is null loses neither the report nor the traffic of now."""
    report = {"data_lag": None, "max": {}, "min": {}, "query": {"metrics": ["count", "bytesIngress"]}, "rows": 2}
    by_time = {
        **report,
        "data": [{"dimensions": [], "metrics": [[1, None], [None, 2000]]}],
        "totals": {"count": None, "bytesIngress": 2000},
        "time_intervals": [["2024-05-08T10:00:00Z", "2024-05-08T10:59:59Z"], []],
    }
    summary = {**report, "data": [{"dimensions": [], "metrics": [None, 5]}], "totals": {}}
    now = {"appID": "a" * 32, "connections": 1.5, "bytesIngress": None, "bytesEgress": 0, "durationAvg": None}
    zone = f"/zones/{STRANGER}/spectrum/analytics"
    cli = serve_results(
        {
            f"{zone}/events/bytime": by_time,
            f"{zone}/events/summary": summary,
            f"{zone}/aggregate/current": [now],
        }
    )
    lines = [line.split() for line in cli("bytime", STRANGER).out.splitlines() if line.strip(" ─")]
    assert lines[1:] == [
        ["2024-05-08", "10:00", "1"],
        ["2.0", "kB"],
        ["total", "2.0", "kB"],
        ["1", "row", "of", "2", "intervals;", "data", "lag:", "unknown"],
    ]
    assert cli("summary", STRANGER).out.splitlines()[2].split() == ["5", "B"]
    unnamed = cli("current", STRANGER)
    assert unnamed.out.splitlines()[2].split() == ["a" * 32, "1.5", "0", "B"]
    assert (unnamed.status, unnamed.err.startswith("without host names: GET ")) == (0, True)
    printed = json.loads(cli("bytime", STRANGER, "--json").out)
    assert printed["data"][0]["metrics"] == [[1, None], [None, 2000]]
    assert (printed["totals"]["count"], printed["data_lag"]) == (None, None)
    assert json.loads(cli("current", STRANGER, "--json").out) == [now]


def test_apps_of_a_pay_as_you_go_plan_are_listed_too(cli: Any, sandbox: Sandbox) -> None:
    """They say so in place of a type of traffic."""
    apps = cli("apps", "list", sandbox.zones[2]).out.splitlines()[2:]
    assert len(apps) == 5
    assert all("pay as you go" in line for line in apps)
    assert "pay as you go" not in cli("apps", "list", sandbox.zones[0]).out


def test_reports_have_tables(cli: Any, sandbox: Sandbox) -> None:
    """A summary has a line for each row; by time, each interval has one."""
    zone = sandbox.zones[0]
    assert "1 row; data lag: 0 s" in cli("summary", zone).out
    by_time = cli("bytime", zone, "--since", "2024-05-08T10:00:00+00:00", "--until", "-1h", "--metrics", "durationAvg")
    assert by_time.out.count("2024-05-08 1") == 2
    assert cli("bytime", zone, "--time-delta", "day", "--since", "-7d").out.count("2024-05-") == 8


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["summary", "{zone}", "--metrics", "x"], "--metrics: expected one of count", id="metric"),
        pytest.param(["summary", "{zone}", "--since", "soon"], "--since: expected a time", id="since"),
        pytest.param(["bytime", "{zone}", "--until", "-5"], "--until: expected a time", id="until"),
        pytest.param(["bytime", "{zone}", "--time-delta", "century"], "time-delta", id="time delta"),
        pytest.param(["current", "../accounts"], "ZONE: expected the identifier of a zone, of 32", id="zone"),
        pytest.param(["apps", "list", "{zone}", "--per-page", "0"], "--per-page: expected", id="per page"),
        pytest.param(["apps", "list"], "parameter ZONE requires", id="no zone"),
        pytest.param(["apps", "lsit", "{zone}"], "lsit", id="no such command"),
        pytest.param(["protocols", "{zone}", "--nope"], "--nope", id="no such option"),
        pytest.param(["protocols", "{zone}", "more"], "more", id="too much"),
        pytest.param(["\x1b[31mred"], "\\x1b[31mred", id="control characters"),
    ],
)
def test_bad_usage_is_a_line_and_2(cli: Any, sandbox: Sandbox, argv: list[str], message: str) -> None:
    """Bad arguments are refused in one line, and nothing is sent."""
    outcome = cli(*[word.format(zone=sandbox.zones[0]) for word in argv])
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("aiospectrum: ")
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert "\x1b" not in outcome.err
    assert sandbox.requests == []


def test_a_failed_call_is_a_line_and_1(cli: Any, sandbox: Sandbox) -> None:
    """What the API refuses is one line without a credential."""
    secret = "s3cr3t" * 8
    for outcome in (cli("current", STRANGER), cli("current", sandbox.zones[0], CLOUDFLARE_API_TOKEN=secret)):
        assert (outcome.status, outcome.out) == (1, "")
        assert outcome.err.count("\n") == 1
        assert "answered 403: 9109" in outcome.err
        assert sandbox.api_token not in outcome.err
        assert secret not in outcome.err


def test_missing_credentials_are_named(bare_cli: Any) -> None:
    """Without credentials the line names the variables to set."""
    outcome = bare_cli("protocols", STRANGER)
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert "CLOUDFLARE_API_TOKEN" in outcome.err


def test_an_empty_list_says_so(cli: Any, sandbox: Sandbox) -> None:
    """And how to create what is missing, with options that the command takes."""
    zone = sandbox.zones[0]
    for app_id in sandbox.app_ids(zone):
        cli("apps", "delete", zone, app_id, "--yes")
    outcome = cli("apps", "list", zone)
    assert outcome.out.startswith("no applications in this zone; create one with `aiospectrum apps create ")
    words = shlex.split(outcome.out.split("`")[1].replace("ssh.example.com", "ssh.zone1.example"))[1:]
    assert cli(*words, "--dns-type", "CNAME").status == 0
    assert (cli("apps", "list", sandbox.zones[1], "--page", "9").out.count("\n"), outcome.err) == (1, "")
    assert cli("current", zone, "--app-ids", "a" * 32).out == f"nothing of {'a' * 32}: no applications of this zone\n"


def test_a_zone_without_applications_has_no_traffic(serve_results: Any) -> None:
    """Each empty table is a line that says why."""
    zone = f"/zones/{STRANGER}/spectrum"
    cli = serve_results({f"{zone}/analytics/aggregate/current": [], f"{zone}/protocols": [], f"{zone}/apps": []})
    assert cli("current", STRANGER).out == "no traffic, as this zone has no applications\n"
    assert cli("protocols", STRANGER).out == "the API names no protocols\n"
    assert cli("apps", "list", STRANGER).out.startswith("no applications in this zone; ")


def test_a_page_says_what_it_leaves_out(cli: Any, sandbox: Sandbox) -> None:
    """Where it is not all that there is."""
    zone = sandbox.zones[0]
    outcome = cli("apps", "list", zone, "--page", "2", "--per-page", "2")
    assert outcome.out.splitlines()[-1] == "page 2: 2 of 5 applications"
    assert "page" not in cli("apps", "list", zone, "--page", "1").out


def test_delete_names_what_it_deletes(cli: Any, sandbox: Sandbox) -> None:
    """The question has host name and protocol; what is not there is not asked for."""
    zone = sandbox.zones[0]
    app_id = sandbox.app_ids(zone)[0]
    outcome = cli("apps", "delete", zone, app_id, answer="n")
    assert outcome.err.startswith(f"Delete the application ssh.zone1.example (tcp/22, {app_id}) of the zone {zone}? ")
    for words in ([], ["--yes"]):
        missing = cli("apps", "delete", zone, "f" * 32, *words, answer="y")
        assert (missing.status, missing.out) == (1, "")
        assert "404" in missing.err
    assert {request.method for request in sandbox.requests} == {"GET"}


@pytest.mark.parametrize(
    ("words", "has_names"),
    [
        (["current"], True),
        (["summary", "--dimensions", "event,appID"], True),
        (["bytime", "--dimensions", "appID"], True),
        (["summary", "--dimensions", "event"], False),
        (["bytime"], False),
    ],
    ids=["current", "summary", "bytime", "no appID", "nothing"],
)
def test_host_names_are_beside_identifiers(cli: Any, sandbox: Sandbox, words: list[str], has_names: bool) -> None:
    """For one more request, which is not made where no identifier is shown."""
    zone = sandbox.zones[0]
    outcome = cli(words[0], zone, *words[1:])
    assert ("ssh.zone1.example" in outcome.out) == has_names
    assert len(sandbox.requests) == 1 + has_names
    line = next((line for line in outcome.out.splitlines() if "ssh.zone1.example" in line), "")
    assert not has_names or f"ssh.zone1.example   {sandbox.app_ids(zone)[0]}" in line
    sandbox.requests.clear()
    assert "ssh.zone1" not in cli(words[0], zone, *words[1:], "--json").out
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("options", "others", "note"),
    [
        (["--limit", "2"], True, "2 rows, as --limit says; others are left out; data lag: 0 s"),
        (["--limit", "5"], False, "5 rows; data lag: 0 s"),
        ([], False, "5 rows; data lag: 0 s"),
        (["--limit", "2", "--metrics", "durationAvg"], False, "2 rows, as --limit says; there may be more; data lag"),
    ],
    ids=["cut off", "just all", "no limit", "nobody can say"],
)
def test_what_a_limit_leaves_out_is_said(
    cli: Any, sandbox: Sandbox, options: list[str], others: bool, note: str
) -> None:
    """The rest of the totals is a line of its own; rows, others and total add up."""
    argv = ["summary", sandbox.zones[0], "--dimensions", "appID", *options]
    lines = cli(*argv).out.splitlines()
    assert lines[-1].startswith(note)
    assert any(line.startswith("others") for line in lines) == others
    if others:
        *shown, left_out, total = [int(line.split()[-1].replace(",", "")) for line in lines[2:-1]]
        assert sum(shown) + left_out == total


def test_rows_and_lag_mean_what_they_say(sandbox: Sandbox, cli: Any, serve_results: Any) -> None:
    """Lines of a report by time are rows times intervals; a lag is explained where there is one."""
    outcome = cli("bytime", sandbox.zones[0], "--dimensions", "appID")
    lines = outcome.out.splitlines()
    assert lines[-1] == "5 rows of 7 intervals each; data lag: 0 s"
    assert len(lines) == 2 + 5 * 7 + 1 + 1
    assert cli("bytime", sandbox.zones[0]).out.splitlines()[-1] == "1 row of 7 intervals; data lag: 0 s"
    nothing = cli("bytime", sandbox.zones[0], "--filters", "event==nothing")
    assert nothing.out == "no events match; data lag: 0 s\n"
    late = {"data": [], "data_lag": 1500, "max": {}, "min": {}, "query": {}, "rows": 0, "totals": {}}
    lagging = serve_results({f"/zones/{STRANGER}/spectrum/analytics/events/summary": late})
    note = "no events match; data lag: 1,500 s since the last event that is counted; newer ones may be missing"
    assert lagging("summary", STRANGER).out.strip() == note


@pytest.mark.parametrize("command", ["bytime", "summary"])
@pytest.mark.parametrize(
    ("options", "times"),
    [
        (["--until", "2024-05-08"], ("2024-05-07T18:00:00Z", "2024-05-07T23:59:59Z")),
        (["--since", "2024-05-07", "--until", "2024-05-08"], ("2024-05-07T00:00:00Z", "2024-05-07T23:59:59Z")),
        (["--until", "2024-05-08T00:00:00.5Z"], ("2024-05-07T18:00:00", "2024-05-08T00:00:00Z")),
        (["--since", "-1h", "--until", "now"], ("2024-05-08T11:30:45Z", "2024-05-08T12:30:44Z")),
    ],
    ids=["default start", "a day", "half a second", "now"],
)
def test_until_is_not_part_of_the_time(
    cli: Any, sandbox: Sandbox, command: str, options: list[str], times: tuple[str, str]
) -> None:
    """The API includes it, so that it is sent the second before; as of a pull, two days that touch share nothing."""
    assert cli(command, sandbox.zones[0], *options).status == 0
    sent = dict(parse_qsl(sandbox.requests[0].query))
    assert sent["since"].startswith(times[0])
    assert sent["until"] == times[1]


def test_days_add_up(cli: Any, sandbox: Sandbox) -> None:
    """The sum of two days is that of both, and each has 24 hours."""
    zone = sandbox.zones[0]
    days = [("2024-05-06", "2024-05-07"), ("2024-05-07", "2024-05-08"), ("2024-05-06", "2024-05-08")]
    sums = [
        json.loads(cli("summary", zone, "--since", since, "--until", until, "--json").out)["totals"]["count"]
        for since, until in days
    ]
    assert sums[0] + sums[1] == sums[2]
    hours = json.loads(cli("bytime", zone, "--since", "2024-05-06", "--until", "2024-05-07", "--json").out)
    assert len(hours["time_intervals"]) == 24


@pytest.mark.parametrize("since", ["2024-05-08", "2024-05-09"])
def test_an_empty_time_is_refused(cli: Any, sandbox: Sandbox, since: str) -> None:
    """Before anything is sent."""
    outcome = cli("summary", sandbox.zones[0], "--since", since, "--until", "2024-05-08")
    assert (outcome.status, sandbox.requests) == (2, [])
    assert "--since: expected a time before --until, 2024-05-08T00:00:00Z, got" in outcome.err


def test_usage_of_all_zones(cli: Any, sandbox: Sandbox) -> None:
    """The busiest comes first, with its name; the total is that of the lines, and the times are said."""
    outcome = cli("usage", "--since", "2024-05-07", "--until", "2024-05-08")
    lines = [line.split() for line in outcome.out.splitlines()]
    names = [sandbox.zone_name(zone) for zone in sandbox.zones]
    assert (outcome.status, lines[0]) == (0, ["zone", "zone", "id", "in", "out", "both"])
    assert sorted(line[0] for line in lines[2 : 2 + len(names)]) == sorted(names)
    assert lines[-2][0] == "total"
    assert " ".join(lines[-1]) == f"{len(names)} zones, 2024-05-07T00:00:00Z to 2024-05-08T00:00:00Z"
    sent = dict(parse_qsl(sandbox.requests[0].query))
    assert sent == {"since": "2024-05-07T00:00:00Z", "until": "2024-05-07T23:59:59Z"}

    printed = json.loads(cli("usage", "--since", "2024-05-07", "--until", "2024-05-08", "--cdn-traffic", "--json").out)
    sizes = [each["totals"]["bandwidth"]["all"] for each in printed]
    assert sizes == sorted(sizes, reverse=True)
    assert sandbox.requests[-1].query.endswith("&cdn_traffic=true")


def test_usage_without_names(serve_results: Any) -> None:
    """A token that may not list zones has the identifiers; a number that is null is an empty cell, and in no total."""
    sizes = {"all": 3000, "egress": 1000, "ingress": 2000}
    found = [
        {"zone_id": "a" * 32, "totals": {"bandwidth": {**sizes, "all": None}}},
        {"zone_id": "b" * 32, "totals": {"bandwidth": sizes}},
    ]
    cli = serve_results({"/user/spectrum_analytics/zones/report": found})
    outcome = cli("usage")
    lines = [line.split() for line in outcome.out.splitlines()]
    assert (outcome.status, outcome.err.startswith("without names of zones: GET ")) == (0, True)
    assert lines[2:4] == [["b" * 32, "2.0", "kB", "1.0", "kB", "3.0", "kB"], ["a" * 32, "2.0", "kB", "1.0", "kB"]]
    assert [line for line in lines if line[:1] == ["total"]] == [["total", "4.0", "kB", "2.0", "kB", "3.0", "kB"]]
    assert [each["totals"]["bandwidth"]["all"] for each in json.loads(cli("usage", "--json").out)] == [3000, None]


def test_usage_of_no_zones(serve_results: Any) -> None:
    """It says so."""
    outcome = serve_results({"/user/spectrum_analytics/zones/report": []})("usage", "--until", "2024-05-08T12:00:00Z")
    assert (outcome.status, outcome.out) == (0, "0 zones, 2024-05-08T06:00:00Z to 2024-05-08T12:00:00Z\n")
