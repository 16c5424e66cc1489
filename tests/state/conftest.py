"""A state database of each kind."""

from tests.databases import base, clock, ledger, server

__all__ = ["base", "clock", "ledger", "server"]
