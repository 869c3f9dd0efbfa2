"""Live ways into a recording: the OpenTelemetry SDK and the recording proxy."""
