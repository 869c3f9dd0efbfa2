"""A user's own proxy stays in the way: what it allows, sees and refuses is as ever."""

from __future__ import annotations

import base64
import contextlib
import http.server
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from recorder.model import Kind, Phase
from tests.recorder.launch.conftest import Ground
from tests.recorder.launch.user_proxies import old_socks_proxy, served, socks_proxy, user_proxy

PASSWORD = "hunter2-Zq81-swordfish"
BASIC = f"Basic {base64.b64encode(f'agent:{PASSWORD}'.encode()).decode()}"


@pytest.fixture
def ground(ground: Ground) -> Ground:
    """Without a receiver of telemetry: nobody sends any here."""
    return replace(ground, ways=("--no-otlp",))


class _Plain(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self.server.targets.append(self.path)  # type: ignore[attr-defined]
        shown = self.headers["Proxy-Authorization"]
        self.server.shown.append(shown)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"host {self.headers['Host']}".encode())


@contextlib.contextmanager
def plain_server() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Plain)
    server.targets, server.shown = [], []  # type: ignore[attr-defined]
    with served(server):
        yield server


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_tls_goes_on_by_connect_with_the_credentials_which_are_never_at_rest(
    ground: Ground,
) -> None:
    with user_proxy(BASIC) as proxy:
        address = proxy.address(f"agent:{PASSWORD}@")
        done = ground.run("curl", "-sS", ground.upstream.url("/things"), HTTPS_PROXY=address)
    port = ground.upstream.server_address[1]
    assert (done.returncode, proxy.asked) == (0, [f"CONNECT 127.0.0.1:{port}"]), done.stderr
    assert len(ground.requests("/things")) == 1
    at_rest = ground.bytes_at_rest()
    assert PASSWORD.encode() not in at_rest
    assert BASIC.removeprefix("Basic ").encode() not in at_rest


def test_a_plain_request_goes_on_in_absolute_form_and_its_record_has_no_credentials(
    ground: Ground,
) -> None:
    with user_proxy(BASIC) as proxy, plain_server() as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/plain"
        address = proxy.address(f"agent:{PASSWORD}@")
        done = ground.run("curl", "-sS", url, url, http_proxy=address)
    assert done.stdout == f"host 127.0.0.1:{server.server_address[1]}" * 2
    assert proxy.asked == [f"GET {url}"] * 2
    first, _second = ground.requests("/plain")
    assert first.attributes["url.full"] == url
    assert not any("authorization" in name for name in first.attributes)
    assert PASSWORD.encode() not in ground.bytes_at_rest()


def test_servers_in_no_proxy_are_spoken_to_directly_and_recorded(ground: Ground) -> None:
    with user_proxy() as proxy, plain_server() as server:
        address = proxy.address()
        url = f"http://127.0.0.1:{server.server_address[1]}/direct"
        done = ground.run(
            "curl",
            "-sS",
            ground.upstream.url("/things"),
            url,
            ALL_PROXY=address,
            no_proxy="example.org, 127.0.0.0/8",
        )
        targets = server.targets  # type: ignore[attr-defined]
    assert (done.returncode, proxy.asked, targets) == (0, [], ["/direct"]), done.stderr
    assert len(ground.requests("/things")) == len(ground.requests("/direct")) == 1


def test_what_the_users_proxy_refuses_does_not_arrive_and_is_recorded_as_refused(
    ground: Ground,
) -> None:
    with user_proxy(refused="127.0.0.1") as proxy:
        done = ground.run(
            "curl", "-sS", "--fail", ground.upstream.url("/things"), https_proxy=proxy.address()
        )
    assert done.returncode != 0
    (end,) = (
        record
        for record in ground.records()
        if record.attributes.get("url.path") == "/things" and record.phase is Phase.END
    )
    assert end.attributes["error.type"] == "refused_by_upstream_proxy"


def test_a_proxy_that_is_down_is_not_gone_around(ground: Ground) -> None:
    nobody = f"http://127.0.0.1:{closed_port()}"
    done = ground.run("curl", "-sS", "--fail", ground.upstream.url("/x"), https_proxy=nobody)
    assert done.returncode != 0
    (end,) = (r for r in ground.records(Kind.API_REQUEST) if r.phase is Phase.END)
    assert end.attributes["error.type"] == "connection_refused"


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_gone_through_with_the_credentials_which_are_never_at_rest(
    ground: Ground, scheme: str
) -> None:
    with socks_proxy(f"agent:{PASSWORD}") as proxy, plain_server() as server:
        plain = f"http://localhost:{server.server_address[1]}/plain"
        address = f"{scheme}://agent:{PASSWORD}@127.0.0.1:{proxy.port}"
        things = ground.upstream.url("/things")
        done = ground.run("curl", "-sS", "--fail", things, plain, plain, ALL_PROXY=address)
        targets, shown = server.targets, server.shown  # type: ignore[attr-defined]
        passed = proxy.said()
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"host localhost:{server.server_address[1]}" * 2)
    assert (targets, shown) == (["/plain"] * 2, [None] * 2), "as if it had come by itself"
    for port in (ground.upstream.server_address[1], server.server_address[1]):
        assert f":{port}" in passed
    assert len(ground.requests("/things")) == 1
    assert len(ground.requests("/plain")) == 2
    assert PASSWORD.encode() not in ground.bytes_at_rest()


@pytest.mark.parametrize("scheme", ["socks4", "socks4a"])
def test_an_old_socks_proxy_is_gone_through_and_looks_names_up_where_it_can(
    ground: Ground, scheme: str
) -> None:
    with old_socks_proxy("agent") as proxy, plain_server() as server:
        port = server.server_address[1]
        address = f"{scheme}://agent@127.0.0.1:{proxy.server_address[1]}"
        urls = [ground.upstream.url("/things"), f"http://localhost:{port}/plain"]
        done = ground.run("curl", "-sS", "--fail", *urls, ALL_PROXY=address)
        targets = server.targets  # type: ignore[attr-defined]
    assert (done.returncode, targets) == (0, ["/plain"]), done.stderr
    host = "localhost" if scheme == "socks4a" else "127.0.0.1"
    tls = f"127.0.0.1:{ground.upstream.server_address[1]}"
    assert proxy.asked == [("agent", tls), ("agent", f"{host}:{port}")]
    assert len(ground.requests("/things")) == len(ground.requests("/plain")) == 1


@pytest.mark.parametrize("scheme", ["socks4", "socks4a"])
def test_an_old_socks_proxy_that_refuses_is_not_gone_around(ground: Ground, scheme: str) -> None:
    with old_socks_proxy("another") as proxy, plain_server() as server:
        address = f"{scheme}://agent@127.0.0.1:{proxy.server_address[1]}"
        url = f"http://localhost:{server.server_address[1]}/x"
        done = ground.run("curl", "-sS", "--fail", url, all_proxy=address)
        assert server.targets == []  # type: ignore[attr-defined]
    assert done.returncode != 0
    (end,) = (r for r in ground.records(Kind.API_REQUEST) if r.phase is Phase.END)
    assert end.attributes["error.type"] == "refused_by_upstream_proxy"


def test_a_socks_proxy_that_refuses_or_is_down_is_not_gone_around(ground: Ground) -> None:
    with socks_proxy(f"agent:{PASSWORD}") as proxy, plain_server() as server:
        for number, port in enumerate((proxy.port, closed_port())):
            url = f"http://127.0.0.1:{server.server_address[1]}/{number}"
            address = f"socks5h://127.0.0.1:{port}"
            done = ground.run("curl", "-sS", "--fail", url, all_proxy=address)
            assert done.returncode != 0
        assert server.targets == []  # type: ignore[attr-defined]
    ends = [r for r in ground.records(Kind.API_REQUEST) if r.phase is Phase.END]
    assert [r.attributes["error.type"] for r in ends] == ["refused_by_upstream_proxy"] * 2


def test_a_proxy_of_another_kind_is_left_to_the_command_and_the_last_line_says_so(
    ground: Ground,
) -> None:
    nobody = f"quic://127.0.0.1:{closed_port()}"
    done = ground.run("sh", "-c", "echo $ALL_PROXY-$HTTPS_PROXY", ALL_PROXY=nobody)
    assert done.stdout == f"{nobody}-\n"
    assert "requests (ALL_PROXY names a proxy of another kind (quic); only HTTP" in done.stderr


def test_a_variable_that_holds_no_address_is_one_line_without_its_value(ground: Ground) -> None:
    done = ground.run("true", https_proxy=f"http://agent:{PASSWORD}@:port")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: https_proxy holds no proxy's address; expected")
    assert PASSWORD not in done.stderr
