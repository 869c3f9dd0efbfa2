"""Transcripts of agents that nobody recorded: each format, as records."""
