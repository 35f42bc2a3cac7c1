"""Apps over HTTP: create, list, get, replace, delete, and the rules between them."""

from typing import Any

import pytest

MISSING = "f" * 32
SSH = {
    "protocol": "tcp/22",
    "dns": {"type": "CNAME", "name": "SSH.Example.com"},
    "origin_direct": ["tcp://192.0.2.1:22"],
}


async def test_an_app_lives_from_create_to_delete(connect: Any) -> None:
    """What is created can be read, replaced and deleted, and is gone then."""
    async with connect() as api:
        created = (await api.create(SSH)).result
        assert created == {
            "id": created["id"],
            "created_on": "2024-05-08T12:30:45.678901Z",
            "modified_on": "2024-05-08T12:30:45.678901Z",
            "protocol": "tcp/22",
            "dns": {"type": "CNAME", "name": "ssh.example.com"},
            "traffic_type": "direct",
            "argo_smart_routing": False,
            "edge_ips": {"type": "dynamic", "connectivity": "all"},
            "ip_firewall": False,
            "origin_direct": ["tcp://192.0.2.1:22"],
            "proxy_protocol": "off",
            "tls": "off",
        }
        path = api.path(f"apps/{created['id']}")
        assert (await api.call("GET", path)).result == created

        api.clock.advance(10)
        replacement = {**SSH, "protocol": "tcp/2222", "tls": "full"}
        updated = (await api.call("PUT", path, json=replacement)).result
        assert updated == {
            **created,
            "protocol": "tcp/2222",
            "tls": "full",
            "modified_on": "2024-05-08T12:30:55.678901Z",
        }
        assert (await api.call("DELETE", path)).result == {"id": created["id"]}
        for method, body in (("GET", None), ("PUT", SSH), ("DELETE", None)):
            reply = await api.call(method, path, json=body)
            assert (reply.status, reply.errors) == (404, [(10404, None)])
        assert created["id"] not in api.sandbox.app_ids(api.sandbox.zones[0])


async def test_a_replacement_forgets_what_it_does_not_name(connect: Any) -> None:
    """PUT replaces the whole app, so that fields left out return to their defaults."""
    async with connect() as api:
        app = (await api.create({**SSH, "argo_smart_routing": True, "ip_firewall": True})).result
        assert app["argo_smart_routing"]
        app = (await api.call("PUT", api.path(f"apps/{app['id']}"), json=SSH)).result
        assert not app["argo_smart_routing"]
        assert not app["ip_firewall"]


async def test_without_page_every_app_comes_at_once(connect: Any) -> None:
    """Without ``page`` the other paging parameters have no effect, and there is no result_info."""
    async with connect(apps_per_zone=25) as api:
        plain = await api.get("apps")
        names = [app["dns"]["name"] for app in plain.result]
        assert names == sorted(names)
        assert len(names) == 25
        assert "result_info" not in plain.body
        assert (await api.get("apps", "per_page=0&order=x&direction=desc")).body == plain.body


@pytest.mark.parametrize(
    ("query", "sizes"),
    [
        ("per_page=10", [10, 10, 5, 0]),
        ("per_page=100", [25, 0]),
        ("", [20, 5, 0]),
    ],
)
async def test_pages_partition_the_list(connect: Any, query: str, sizes: list[int]) -> None:
    """Pages hold every app once, and the page after the last is empty."""
    async with connect(apps_per_zone=25) as api:
        seen = []
        for page, size in enumerate(sizes, 1):
            reply = await api.get("apps", f"page={page}&{query}".rstrip("&"))
            per_page = int(query.removeprefix("per_page=") or 20)
            assert reply.body["result_info"] == {
                "page": page,
                "per_page": per_page,
                "count": size,
                "total_count": 25,
                "total_pages": -(-25 // per_page),
            }
            seen += [app["id"] for app in reply.result]
        assert sorted(seen) == sorted(api.sandbox.app_ids(api.sandbox.zones[0]))


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("order", ["protocol", "app_id", "created_on", "modified_on", "dns"])
async def test_lists_are_ordered(connect: Any, order: str, direction: str) -> None:
    """Each order sorts by its field, and apps that are equal in it keep the order of their creation."""
    read = {"app_id": lambda app: app["id"], "dns": lambda app: app["dns"]["name"]}
    key = read.get(order, lambda app: app[order])
    async with connect(apps_per_zone=12) as api:
        by_age = list(api.sandbox.app_ids(api.sandbox.zones[0]))
        apps = (await api.get("apps", f"page=1&order={order}&direction={direction}")).result
        expected = sorted(apps, key=lambda app: by_age.index(app["id"]))
        expected.sort(key=key, reverse=direction == "desc")
        assert apps == expected


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=", "page"),
        ("page=1&page=2", "page"),
        ("page=1&per_page=0", "per_page"),
        ("page=1&per_page=101", "per_page"),
        ("page=1&order=name", "order"),
        ("page=1&direction=up", "direction"),
        ("pages=1", "pages"),
    ],
)
async def test_paging_out_of_bounds_is_refused(connect: Any, query: str, name: str) -> None:
    """A paging parameter that makes no sense gives 400, and the message names it."""
    async with connect() as api:
        reply = await api.get("apps", query)
        assert (reply.status, reply.errors) == (400, [(10400, None)])
        assert f"'{name}'" in reply.message


async def test_problems_are_reported_together(connect: Any) -> None:
    """One refusal names every rule that a body breaks, each with its pointer."""
    async with connect() as api:
        reply = await api.create({"id": MISSING, "created_on": "x", "protocol": "ftp", "dns": {"name": "a.b"}})
        assert reply.status == 400
        assert reply.errors == [
            (10012, "/id"),
            (10012, "/created_on"),
            (13002, "/protocol"),
            (11000, "/origin_direct"),
        ]


def _ssh(name: str, protocol: str = "tcp/22") -> dict[str, Any]:
    ports = protocol.removeprefix("tcp/")
    return {"protocol": protocol, "dns": {"type": "CNAME", "name": name}, "origin_direct": [f"tcp://192.0.2.1:{ports}"]}


@pytest.mark.parametrize(
    ("protocol", "status"),
    [("tcp/22", 409), ("tcp/20-30", 409), ("tcp/22-22", 409), ("tcp/23", 200)],
)
async def test_a_host_name_serves_a_port_once(connect: Any, protocol: str, status: int) -> None:
    """Two apps of a zone may share a host name unless their edge ports meet."""
    async with connect() as api:
        await api.create(_ssh("a.example.com"))
        reply = await api.create(_ssh("A.example.com", protocol))
        assert reply.status == status
        assert reply.errors == ([(13002, "/protocol")] if status == 409 else [])


async def test_an_app_does_not_stand_in_its_own_way(connect: Any) -> None:
    """Replacing an app by itself is no conflict."""
    async with connect() as api:
        app = (await api.create(_ssh("a.example.com"))).result
        assert (await api.call("PUT", api.path(f"apps/{app['id']}"), json=_ssh("a.example.com"))).status == 200


@pytest.mark.parametrize("name", ["zone2.example", "x.ZONE2.example", "used.example.com"])
async def test_host_names_of_other_zones_are_refused(connect: Any, name: str) -> None:
    """A name under another zone's domain, or in use there, gives 16001."""
    async with connect() as api:
        assert (await api.create(_ssh("used.example.com"), zone=1)).status == 200
        reply = await api.create(_ssh(name))
        assert (reply.status, reply.errors) == (400, [(16001, "/dns/name")])


async def test_origins_of_other_zones_are_refused(connect: Any) -> None:
    """A DNS origin under another zone's domain gives 11050, under one's own it is fine."""
    async with connect() as api:
        assert api.sandbox.zone_name(api.sandbox.zones[1]) == "zone2.example"
        for zone, faults in ((1, []), (0, [(11050, "/origin_dns/name")])):
            body = {
                "protocol": "tcp/99",
                "dns": {"name": "a.example.org"},
                "origin_dns": {"name": "o.zone2.example"},
                "origin_port": 1,
            }
            reply = await api.create(body, zone=zone)
            assert reply.errors == faults
            if not faults:
                await api.call("DELETE", api.path(f"apps/{reply.result['id']}", zone))


async def test_the_dns_type_of_an_app_stays(connect: Any) -> None:
    """A replacement cannot turn CNAME into ADDRESS."""
    async with connect() as api:
        app = (await api.create(_ssh("a.example.com"))).result
        body = _ssh("a.example.com") | {
            "dns": {"type": "ADDRESS", "name": "a.example.com"},
            "edge_ips": {"type": "static", "ips": ["192.0.2.9"]},
        }
        reply = await api.call("PUT", api.path(f"apps/{app['id']}"), json=body)
        assert (reply.status, reply.errors) == (400, [(11004, "/dns/type")])


async def test_pay_as_you_go_zones_have_the_short_form(connect: Any) -> None:
    """Such a zone shows six fields, and takes one app for each protocol, by name or by number."""
    zone = "a" * 32
    async with connect(zones=[zone], paygo_zones=[zone], apps_per_zone=4) as api:
        apps = (await api.get("apps")).result
        fields = {"id", "created_on", "modified_on", "protocol", "dns", "origin_direct"}
        assert all(set(app) == fields for app in apps)
        assert [app["protocol"] for app in apps] == ["ssh", "minecraft", "rdp", "tcp/10003"]
        body = _ssh("b.example.com")
        reply = await api.create(body)
        assert (reply.status, reply.errors) == (400, [(11034, "/protocol")])
        await api.call("DELETE", api.path(f"apps/{apps[0]['id']}"))
        assert (await api.create({**body, "protocol": "ssh"})).result["protocol"] == "ssh"


async def test_equal_sandboxes_make_equal_apps(connect: Any) -> None:
    """Ids depend on the seed and the order of creates alone."""
    seen = []
    for seed in (5, 5, 6):
        async with connect(seed=seed) as api:
            await api.create(SSH)
            seen.append((api.sandbox.zones, api.sandbox.app_ids(api.sandbox.zones[0])))
    assert seen[0] == seen[1]
    assert not set(seen[0][1]) & set(seen[2][1])


async def test_newer_fields_are_taken_and_shown(connect: Any) -> None:
    """With whatever values, until a replacement leaves them out; others are unknown as ever."""
    async with connect(newer_fields=["session", "tls"]) as api:
        created = (await api.create({**SSH, "session": {"affinity": [1, None]}})).result
        assert (created["session"], created["tls"]) == ({"affinity": [1, None]}, "off")
        path = api.path(f"apps/{created['id']}")
        assert "session" not in (await api.call("PUT", path, json=SSH)).result
        assert (await api.create({**SSH, "other": 1})).errors == [(10012, "/other")]


async def test_a_recorded_app_is_held_as_it_is(connect: Any) -> None:
    """Odd and old fields and values are shown until it is replaced, and its own id and dates are new ones."""
    recorded = {**SSH, "id": MISSING, "created_on": "", "ipv4": True, "proxy_protocol": False, "tls": "quantum"}
    async with connect() as api:
        app_id = api.sandbox.hold_app(api.sandbox.zones[0], recorded)
        path = api.path(f"apps/{app_id}")
        shown = (await api.call("GET", path)).result
        assert shown == {
            **recorded,
            "id": app_id,
            "created_on": shown["modified_on"],
            "modified_on": shown["modified_on"],
        }
        assert shown in (await api.call("GET", api.path("apps"))).result
        assert (await api.call("PUT", path, json={**SSH, "ipv4": True})).errors == [(10012, "/ipv4")]
        assert (await api.call("PUT", path, json=SSH)).result["tls"] == "off"


@pytest.mark.parametrize(
    ("changes", "name"), [({"protocol": "gopher"}, "protocol"), ({"protocol": 5}, "protocol"), ({"dns": {}}, "dns")]
)
async def test_what_cannot_be_held(connect: Any, changes: dict[str, Any], name: str) -> None:
    """An app needs a protocol and a host name."""
    async with connect() as api:
        with pytest.raises(ValueError, match=f"^{name} is "):
            api.sandbox.hold_app(api.sandbox.zones[0], {**SSH, **changes})
        with pytest.raises(ValueError, match="zone_id is"):
            api.sandbox.hold_app(MISSING, SSH)
