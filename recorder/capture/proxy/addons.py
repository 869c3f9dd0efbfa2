"""mitmproxy's addons one by one.

Their package loads them all, and a web framework and LDAP with them: a quarter of what the proxy,
and with it every `flightlog run`, takes to start, for the four that it has a use for.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

__all__ = ["load_one_by_one"]

PACKAGE = "mitmproxy.addons"


def load_one_by_one() -> None:
    """Let a module of the package be imported without the others, in a process of the proxy's own.

    Where the package cannot be told, or was loaded before, it stays as it is.
    """
    spec = find_spec(PACKAGE.partition(".")[0])
    if spec is None or not spec.submodule_search_locations or PACKAGE in sys.modules:
        return
    package = ModuleType(PACKAGE)
    package.__path__ = [str(Path(each, "addons")) for each in spec.submodule_search_locations]
    sys.modules[PACKAGE] = package
