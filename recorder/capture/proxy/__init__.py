"""The recording proxy: every HTTP request of an agent's children, seen on the wire.

`launch` starts it as a child process and is all that the launching process loads; the rest runs in
that child on mitmproxy. It observes and never decides: when recording fails the traffic goes on.
"""

from __future__ import annotations

from recorder.capture.proxy.launch import ProxyOptions, ProxyProcess, start_proxy

__all__ = ["ProxyOptions", "ProxyProcess", "start_proxy"]
