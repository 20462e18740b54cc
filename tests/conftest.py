"""Rules for every test."""

import getpass
import os
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

MAY_BE_SKIPPED_IN_CI = ("this machine has CUDA", "this process may not mount a disk")
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


class OneBrowser(LoadScopeScheduling):
    """A file's tests stay in one process, and nearly all that open a browser in the same one.

    Two browsers with a page's server each would be too much for two cores.
    """

    ALMOST_WITHOUT = ("security", "accounts", "load", "monitoring", "providers")
    """Files of tests that look at a page, most of them by HTTP alone."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        name = file.rpartition("/")[2]
        alone = name.removesuffix(".py").endswith(self.ALMOST_WITHOUT)
        return "page" if name.startswith("test_page") and not alone else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """How tests are given to processes."""
    return OneBrowser(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Several processes of tests share the cores: each of them, and what it starts, takes one.

    They share the converted networks, too: making them takes longer than most tests.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what it puts in the background so, and every program that a test starts
        # would be deaf to Ctrl-C, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    shared = Path(tempfile.gettempdir()) / f"photopal-tests-{getpass.getuser()}"
    os.environ.setdefault("PHOTOPAL_CACHE", str(shared))
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
