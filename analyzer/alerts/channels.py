"""Ways to tell somebody: a command, a signed webhook, the desktop."""

from __future__ import annotations

import hashlib
import hmac
import os
import shlex
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from analyzer.alerts.alert import Alert

__all__ = ["Channel", "Command", "Desktop", "Webhook"]

TIMEOUT_SECONDS = 10
SIGNATURE = "X-Flightlog-Signature"
TIMESTAMP = "X-Flightlog-Timestamp"


class Channel(Protocol):
    """One way to tell of a finding."""

    @property
    def name(self) -> str:
        """What it is called where it fails."""
        ...

    def tell(self, alert: Alert) -> str:
        """Tell; return what went wrong in one line without content, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """Runs a command of the user's, the alert as JSON on its standard input."""

    words: tuple[str, ...]
    name: str = "--on-finding"

    @classmethod
    def of(cls, text: str) -> Command:
        """Return the command that a command line means; no shell reads it.

        Raises:
            ValueError: its quotes are not closed.
        """
        return cls(tuple(shlex.split(text)))

    def tell(self, alert: Alert) -> str:
        """Run it; the alert stands in variables too (`FLIGHTLOG_RULE`, `_SEVERITY`, `_SESSION`)."""
        told = {
            "FLIGHTLOG_RULE": alert.rule,
            "FLIGHTLOG_SEVERITY": alert.severity,
            "FLIGHTLOG_SESSION": alert.session,
            "FLIGHTLOG_LINE": alert.line,
        }
        try:
            done = subprocess.run(
                self.words,
                input=alert.as_json(),
                env={**os.environ, **told},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it did not end within {TIMEOUT_SECONDS} s"
        except (OSError, ValueError) as error:
            return f"it cannot be run: {getattr(error, 'strerror', None) or type(error).__name__}"
        return f"it ended with {done.returncode}" if done.returncode else ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts the alert as JSON, signed so that the receiver knows who sent it, and when.

    The signature is the hex HMAC-SHA256 of `<timestamp>.<body>` under the shared secret.
    """

    url: str
    secret: bytes = field(repr=False)
    name: str = "webhook"

    def tell(self, alert: Alert) -> str:
        """Post it."""
        body = alert.as_json()
        stamp = str(int(time.time()))
        signed = hmac.new(self.secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: stamp,
            SIGNATURE: f"sha256={signed}",
            "User-Agent": "flightlog",
        }
        if urlsplit(self.url).scheme not in {"http", "https"}:
            return "its address is no http or https"
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 - above
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return "" if answer.status < 300 else f"it answered {answer.status}"
        except urllib.error.HTTPError as error:
            with error:
                return f"it answered {error.code}"
        except (OSError, ValueError) as error:
            return f"it cannot be reached ({type(error).__name__})"


@dataclass(frozen=True, slots=True)
class Desktop:
    """Shows a notification with the tool that the desktop brings."""

    name: str = "desktop notification"

    def tell(self, alert: Alert) -> str:
        """Show it."""
        words = _notifier(alert)
        if not words:
            return "there is neither notify-send nor osascript here"
        try:
            done = subprocess.run(
                words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                timeout=TIMEOUT_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"it cannot be shown ({type(error).__name__})"
        return f"it ended with {done.returncode}" if done.returncode else ""


def _notifier(alert: Alert) -> list[str]:
    title = f"flightlog: {alert.severity} {alert.rule}"
    if shutil.which("notify-send"):
        urgency = "critical" if alert.severity in {"high", "critical"} else "normal"
        return ["notify-send", f"--urgency={urgency}", "--", title, alert.line]
    if shutil.which("osascript"):
        # The texts are arguments, never part of the script.
        script = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\n"
        return ["osascript", "-e", script + "end run", title, alert.line]
    return []
