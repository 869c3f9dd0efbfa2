"""Addons are told of events as mitmproxy's own manager tells them."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import command, options
from mitmproxy.addonmanager import AddonManager
from mitmproxy.exceptions import AddonHalt
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook, HttpResponseHook
from mitmproxy.test import tflow

from recorder.capture.proxy.hooks import Hooks


class Addon:
    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self.told = told


class Waits(Addon):
    async def request(self, _flow: object) -> None:
        self.told.append(f"{self.name} request")


class Raises(Addon):
    def request(self, _flow: object) -> None:
        self.told.append(f"{self.name} raises")
        raise ValueError(self.name)


class Halts(Addon):
    def response(self, _flow: object) -> None:
        self.told.append(f"{self.name} halts")
        raise AddonHalt


class Parent(Addon):
    def __init__(self, name: str, told: list[str]) -> None:
        super().__init__(name, told)
        self.addons = [Waits(f"{name}'s child", told)]


class Both(Waits):
    def response(self, _flow: object) -> None:
        self.told.append(f"{self.name} response")

    def update(self, _flows: object) -> None:
        self.told.append(f"{self.name} update")


@pytest.mark.parametrize("kind", [AddonManager, Hooks])
async def test_who_takes_an_event_is_told_in_order_whatever_others_do(
    kind: type[AddonManager], caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    master: Any = SimpleNamespace(options=options.Options())
    master.commands = command.CommandManager(master)  # type: ignore[no-untyped-call]
    addons: Any = kind(master)
    flow = tflow.tflow(resp=True)
    addons.add(Addon("idle", told), Raises("first", told), Parent("parent", told))
    with caplog.at_level(logging.ERROR):
        await addons.handle_lifecycle(HttpRequestHook(flow))
    assert told == ["first raises", "parent's child request"]
    assert "Addon error: first" in caplog.text
    told.clear()
    addons.add(Both("both", told), Halts("halt", told), Both("late", told))
    await addons.handle_lifecycle(HttpRequestHook(flow))
    await addons.handle_lifecycle(HttpResponseHook(flow))
    assert told == [
        *("first raises", "parent's child request", "both request", "late request"),
        *("both update", "late update"),
        *("both response", "halt halts", "both update", "late update"),
    ]
