"""Errors that a caller of the recorder may want to handle.

    FlightlogError
    ├── RecordingError
    │   ├── RecordingNotFoundError
    │   ├── NotARecordingError
    │   ├── NewerFormatError
    │   ├── DamagedRecordingError
    │   └── DamagedKeyError
    ├── SessionNotFoundError
    ├── RecorderBusyError
    ├── RecorderUnreachableError
    ├── SettingsError
    └── ProxyError

A message says what happened and what to do; `exit_code` is what the command line ends with.
"""

from __future__ import annotations


class FlightlogError(Exception):
    """Something that a person can mend; shown as one line, without a traceback."""

    exit_code = 2


class RecordingError(FlightlogError):
    """The recording cannot be used."""


class RecordingNotFoundError(RecordingError):
    """There is no file at the recording's path."""


class NotARecordingError(RecordingError):
    """The file is no flightlog recording."""


class NewerFormatError(RecordingError):
    """The recording was written by a newer flightlog whose format this one cannot read."""


class DamagedRecordingError(RecordingError):
    """The recording is truncated or its pages are damaged."""


class DamagedKeyError(RecordingError, ValueError):
    """A file that should hold a key holds none."""


class SessionNotFoundError(FlightlogError):
    """No session of the recording has that id."""


class RecorderBusyError(FlightlogError):
    """Another process is the recorder of this recording."""


class RecorderUnreachableError(FlightlogError):
    """No recorder answers at the recording's socket."""


class SettingsError(FlightlogError):
    """A settings file of the user's cannot be read."""


class ProxyError(FlightlogError):
    """The recording proxy cannot start or is gone."""
