"""Tell people of findings while a session is under way: bell, command, webhook, desktop."""

from __future__ import annotations

from analyzer.alerts.alert import Alert, alert_of
from analyzer.alerts.channels import Channel, Command, Desktop, Webhook
from analyzer.alerts.sending import Sender

__all__ = ["Alert", "Channel", "Command", "Desktop", "Sender", "Webhook", "alert_of"]
