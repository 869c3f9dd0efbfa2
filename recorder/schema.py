"""The tables of a recording, as SQL, and which formats this release can handle.

The statements stand here as text so that the recorder, which lives inside other people's processes,
begins a recording with nothing but the standard library. The views are the interface for ad-hoc
questions (`flightlog query`) and stay stable; the tables may change from format to format.
"""

from __future__ import annotations

FORMAT_VERSION = 1
READ_COMPATIBLE = frozenset({1})
APPLICATION_ID = 0x464C4F47
"""`PRAGMA application_id` of a recording: the bytes "FLOG"."""
PAGE_SIZE = 16384

# One table for the evidence; the columns beside `body` are an index of it: verify compares them.
CREATE_TABLES = """
CREATE TABLE meta (
  format_version INTEGER NOT NULL,
  log_id TEXT NOT NULL,
  created_ns INTEGER NOT NULL,
  recorder_version TEXT NOT NULL,
  origin TEXT NOT NULL,
  verifier_key TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  agent TEXT NOT NULL,
  agent_version TEXT NOT NULL,
  model TEXT NOT NULL,
  cwd TEXT NOT NULL,
  host TEXT NOT NULL,
  user TEXT NOT NULL,
  witness TEXT NOT NULL,
  run TEXT NOT NULL,
  first_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE records (
  seq INTEGER PRIMARY KEY,
  leaf BLOB NOT NULL,
  body BLOB,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL,
  witness TEXT NOT NULL,
  phase TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  ref TEXT NOT NULL,
  t_ns INTEGER,
  observed_ns INTEGER NOT NULL,
  status TEXT NOT NULL
) STRICT;
CREATE INDEX records_by_session ON records(session_id, seq);
CREATE TABLE blobs (
  digest BLOB PRIMARY KEY,
  size INTEGER NOT NULL,
  encoding TEXT NOT NULL,
  data BLOB
) STRICT;
CREATE TABLE credentials (
  fingerprint TEXT PRIMARY KEY,
  class TEXT NOT NULL,
  hint TEXT NOT NULL,
  first_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sightings (
  seq INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  role TEXT NOT NULL,
  place TEXT NOT NULL,
  detector TEXT NOT NULL
) STRICT;
CREATE INDEX sightings_by_fingerprint ON sightings(fingerprint, seq);
CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL
) STRICT;
CREATE TABLE frontier (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  size INTEGER NOT NULL,
  stack BLOB NOT NULL
) STRICT;
"""

# What sealing needs to find again what it cannot keep, and where the recording's keys are kept: no
# evidence. Recordings of former releases get it when they are next appended to.
CREATE_RECALL = """
CREATE TABLE IF NOT EXISTS marks (
  seq INTEGER PRIMARY KEY,
  marks BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS forms (
  fingerprint TEXT NOT NULL,
  mark BLOB NOT NULL,
  at INTEGER NOT NULL,
  length INTEGER NOT NULL,
  encoding TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS keys_kept (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  folder TEXT NOT NULL
) STRICT;
"""

CREATE_VIEWS = """
CREATE VIEW v_records AS
  SELECT seq, session_id, witness, phase, kind, name, ref, t_ns, observed_ns, status,
         CAST(body AS TEXT) AS body
  FROM records;
CREATE VIEW v_sessions AS
  SELECT s.*, (SELECT max(seq) FROM records r WHERE r.session_id = s.id) AS last_seq
  FROM sessions s;
CREATE VIEW v_sightings AS
  SELECT g.seq, g.fingerprint, c.class, c.hint, g.role, g.place, g.detector,
         r.session_id, r.kind, r.name
  FROM sightings g JOIN credentials c USING (fingerprint) JOIN records r USING (seq);
"""
