"""Moments that tests of the demo share."""

from datetime import UTC, datetime

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
