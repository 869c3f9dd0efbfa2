"""Starts the sample's programs as child processes, as the demo does."""

from __future__ import annotations

import http.client
import json
import os
import select
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

SAMPLE = Path(__file__).parents[2] / "samples" / "nine_second_wipe"
READY_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def messages(self) -> list[str]:
        return [error["message"] for error in self.body.get("errors", [])]


@dataclass(frozen=True)
class RunningCloud:
    process: subprocess.Popen[str]
    ready: dict[str, str]

    @property
    def account(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.ready['account_token']}"}

    @property
    def project(self) -> dict[str, str]:
        return {"Project-Access-Token": self.ready["project_token"]}

    @property
    def volume_folder(self) -> Path:
        return Path(self.ready["volume_folder"])

    def connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.ready["url"])
        assert parts.hostname
        assert parts.port
        if parts.scheme == "http":
            return http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        context = ssl.create_default_context(cafile=self.ready["ca"])
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=20, context=context)

    def send(
        self,
        body: bytes,
        headers: dict[str, str],
        *,
        path: str = "/graphql/v2",
        method: str = "POST",
    ) -> Answer:
        connection = self.connection()
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} | headers)
            response = connection.getresponse()
            return Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                json.loads(response.read()),
            )
        finally:
            connection.close()

    def ask(
        self, query: str, headers: dict[str, str], variables: dict[str, Any] | None = None
    ) -> Answer:
        body = json.dumps({"query": query, "variables": variables or {}})
        return self.send(body.encode(), headers)


type StartCloud = Callable[..., RunningCloud]


def read_line(process: subprocess.Popen[str]) -> str:
    """Read a child's first line, or fail with what it said instead."""
    assert process.stdout
    readable, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
    line = process.stdout.readline() if readable else ""
    if not line:
        process.kill()
        _, errors = process.communicate()
        pytest.fail(f"the cloud did not start: {errors}")
    return line


def launch(root: Path, *options: str) -> RunningCloud:
    process = subprocess.Popen(
        [sys.executable, str(SAMPLE / "cloud.py"), "--root", str(root), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # The script must find its siblings by itself, not through our import path.
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )
    return RunningCloud(process, json.loads(read_line(process)))


def end(cloud: RunningCloud) -> str:
    """End a cloud and return what it said on stderr: nothing, or a test fails."""
    if cloud.process.poll() is None:
        cloud.process.terminate()
    return cloud.process.communicate(timeout=20)[1]


@pytest.fixture
def start_cloud(tmp_path: Path) -> Iterator[StartCloud]:
    running: list[RunningCloud] = []

    def start(*options: str) -> RunningCloud:
        running.append(launch(tmp_path / f"cloud-{len(running)}", *options))
        return running[-1]

    yield start
    assert [end(cloud) for cloud in running] == [""] * len(running)


@pytest.fixture
def cloud(start_cloud: StartCloud) -> RunningCloud:
    """A cloud of its own, for a test that deletes."""
    return start_cloud("--tls", "--speed", "36")


@pytest.fixture(scope="module")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """One cloud for all tests of a module that leave it as they found it."""
    cloud = launch(tmp_path_factory.mktemp("shared") / "cloud", "--tls", "--speed", "36")
    yield cloud
    assert end(cloud) == ""
