"""Rules for every test."""

import os
from collections.abc import Generator

import pytest

MAY_BE_SKIPPED_IN_CI = ("this machine has CUDA",)
"""Reasons that lie in the machine and are not mended by installing something."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where all is meant to be installed (``CI=true``), a test that is skipped has failed.

    A missing browser or model server would otherwise hide the tests that need it for ever.
    """
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if not str(reason).endswith(MAY_BE_SKIPPED_IN_CI):
            report.outcome = "failed"
            report.longrepr = f"nothing may be skipped in CI: {reason}"
    return report


# Before pytest-xdist reads the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests stay in one process, and all that open a browser in the same one.

    Two browsers with a page's server each would be too much for two cores.
    """
    for item in items:
        file = item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group("page" if "/e2e/test_page" in file else file))


def pytest_configure(config: pytest.Config) -> None:
    """Several processes of tests share the cores: each of them, and what it starts, takes one."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
