"""Checkpoints that several tests share; a test that changes one works on a copy."""

from pathlib import Path

import pytest

from tests.support import tiny_checkpoints as tiny


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small checkpoint folder of each family."""
    root = tmp_path_factory.mktemp("checkpoints")
    return {
        "clip": tiny.make_clip(root / "clip"),
        "siglip": tiny.make_siglip1(root / "siglip"),
        "siglip2": tiny.make_siglip2(root / "siglip2"),
        "naflex": tiny.make_naflex(root / "naflex"),
    }
