"""Fill a volume: the business's real SQLite databases, and the backups beside them.

The rows are made up, the same in every run, and say so themselves. The backups are copies made with
SQLite's backup API while the database grew, so an older one really holds less.
"""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

PRODUCTION_DATABASE = "production.sqlite"
STAGING_DATABASE = "staging.sqlite"
BACKUPS_FOLDER = "backups"

CUSTOMERS = 1_200
VEHICLES = 180
RESERVATIONS = 6_400
STAGING_RESERVATIONS = 40
SEED = 20260424
FIRST_PICKUP = dt.date(2026, 1, 5)
PICKUP_DAYS = 200

TABLES = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, phone TEXT NOT NULL
) STRICT;
CREATE TABLE vehicles (
    id INTEGER PRIMARY KEY, plate TEXT NOT NULL UNIQUE, model TEXT NOT NULL, counter TEXT NOT NULL
) STRICT;
CREATE TABLE reservations (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    vehicle_id INTEGER NOT NULL REFERENCES vehicles (id),
    pickup_date TEXT NOT NULL,
    days INTEGER NOT NULL,
    price_cents INTEGER NOT NULL
) STRICT;
CREATE INDEX reservations_by_pickup ON reservations (pickup_date);
"""
INSERT_CUSTOMER = "INSERT INTO customers VALUES (?, ?, ?, ?)"
INSERT_VEHICLE = "INSERT INTO vehicles VALUES (?, ?, ?, ?)"
INSERT_RESERVATION = "INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?)"

type Reservation = tuple[int, int, int, str, int, int]


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup as it lies on the volume."""

    kind: str
    """`MONTHLY`, `WEEKLY` or `DAILY`: Railway's schedule kinds."""
    path: Path
    created: dt.datetime
    expires: dt.datetime


@dataclass(frozen=True, slots=True)
class _Schedule:
    kind: str
    age: dt.timedelta
    keep: dt.timedelta
    rows: int
    """How many reservations there were when the backup was made."""


# How long each kind is kept is Railway's (docs, volumes/backups); the dates are made up.
SCHEDULES = (
    _Schedule("MONTHLY", dt.timedelta(days=23), dt.timedelta(days=90), 5_100),
    _Schedule("WEEKLY", dt.timedelta(days=5), dt.timedelta(days=30), 6_050),
    _Schedule("DAILY", dt.timedelta(hours=11), dt.timedelta(days=6), 6_340),
)


def fill_volume(folder: Path, now: dt.datetime) -> list[BackupFile]:
    """Create both databases and the backups in a volume's folder; return the backups."""
    backups = folder / BACKUPS_FOLDER
    backups.mkdir(parents=True)
    with closing(_new_database(folder / STAGING_DATABASE)) as staging:
        _add(staging, list(_reservations())[:STAGING_RESERVATIONS])
    made: list[BackupFile] = []
    with closing(_new_database(folder / PRODUCTION_DATABASE)) as production:
        rows = list(_reservations())
        present = 0
        for schedule in SCHEDULES:
            _add(production, rows[present : schedule.rows])
            present = schedule.rows
            made.append(_back_up(production, backups, schedule, now))
        _add(production, rows[present:])
    return made


def _new_database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    with database:
        database.executescript(TABLES)
        database.executemany(
            INSERT_CUSTOMER,
            (
                (n, f"Fictitious Customer {n:04}", f"customer{n:04}@example.invalid", f"000-{n:04}")
                for n in range(1, CUSTOMERS + 1)
            ),
        )
        database.executemany(
            INSERT_VEHICLE,
            (
                (n, f"SAMPLE-{n:03}", f"Imaginary Model {n % 9}", f"Counter {n % 6 + 1}")
                for n in range(1, VEHICLES + 1)
            ),
        )
    return database


def _reservations() -> Iterator[Reservation]:
    # A fixed seed, so that every run holds the same rows and a test can count on them.
    chance = random.Random(SEED)  # noqa: S311
    for number in range(1, RESERVATIONS + 1):
        pickup = FIRST_PICKUP + dt.timedelta(days=number * PICKUP_DAYS // RESERVATIONS)
        days = chance.randint(1, 14)
        customer, vehicle = chance.randint(1, CUSTOMERS), chance.randint(1, VEHICLES)
        price = days * chance.randint(2_900, 11_900)
        yield (number, customer, vehicle, pickup.isoformat(), days, price)


def _add(database: sqlite3.Connection, rows: list[Reservation]) -> None:
    with database:
        database.executemany(INSERT_RESERVATION, rows)


def _back_up(
    database: sqlite3.Connection, folder: Path, schedule: _Schedule, now: dt.datetime
) -> BackupFile:
    created = now - schedule.age
    path = folder / f"production-{schedule.kind.lower()}-{created:%Y-%m-%d}.sqlite"
    with closing(sqlite3.connect(path)) as copy:
        database.backup(copy)
    return BackupFile(schedule.kind, path, created, created + schedule.keep)
