"""What all tests share."""

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

COMPLETE = bool(os.environ.get("DEBUG_BOT_TESTS_COMPLETE"))


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the product does."""
    return "asyncio"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    """Fail what was skipped where every part is meant to be there."""
    report = yield
    if COMPLETE and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        report.longrepr = f"skipped, but every part is due here: {reason}"
    return report
