# mypy: ignore-errors
"""Loaded by each Python of a recorded run (`PYTHONPATH`): aiohttp takes the run's proxy.

aiohttp's sessions read no proxy variables unless they are told to, and told to they read `~/.netrc`
too. Here a request that has no proxy gets the environment's, and nothing else changes; where
anything is unusual aiohttp is left as it is. The sitecustomize that this one stands before is
loaded after it. Written for any Python 3, and for whatever an agent does: it never raises.
"""

import importlib.machinery
import importlib.util
import os
import sys

NAME = "aiohttp.client"
PLAIN = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


def _proxy_for(url):
    """Return the proxy that the environment names for a URL, or None."""
    from urllib.request import getproxies_environment, proxy_bypass_environment

    host = "%s:%s" % (url.host, url.port)
    if url.scheme not in PLAIN or not url.host or proxy_bypass_environment(host):
        return None
    return getproxies_environment().get(PLAIN[url.scheme])


def _patch(client):
    """Wrap the one method that all requests and WebSockets of a session go through."""
    original = client.ClientSession._request

    def _request(self, method, str_or_url, **said):
        try:
            is_told = said.get("proxy") or getattr(self, "_default_proxy", None)
            if not is_told and not self.trust_env and type(self.connector) is client.TCPConnector:
                proxy = _proxy_for(self._build_url(str_or_url))
                if proxy:
                    said["proxy"] = proxy
        except Exception:
            pass
        return original(self, method, str_or_url, **said)

    client.ClientSession._request = _request


class _Finder:
    """Stands before the importers until aiohttp is imported."""

    def find_spec(self, name, path=None, target=None):
        """Find aiohttp's client as anybody else would, and patch it once it is loaded."""
        if name != NAME:
            return None
        try:
            sys.meta_path.remove(self)
            spec = importlib.machinery.PathFinder.find_spec(name, path, target)
            loader = spec.loader
            execute = loader.exec_module

            def exec_module(module):
                execute(module)
                try:
                    _patch(module)
                except Exception:
                    pass

            loader.exec_module = exec_module
            return spec
        except Exception:
            return None


def _load_next():
    """Load the sitecustomize that would have been loaded without this one."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if os.path.abspath(p) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


sys.meta_path.insert(0, _Finder())
_load_next()
