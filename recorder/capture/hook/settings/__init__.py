"""Agents' own settings files: what `flightlog install` writes into them, and its exact undo."""
