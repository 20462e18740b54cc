"""The page over photos that lie in object storage: shown, looked at closely, shared, gone."""

import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from retrieval.photos.samples import install_samples
from tests.e2e.conftest import DEMO, PageServer
from tests.e2e.test_page import Visitor, metadata_of, visit
from tests.support.object_storage import Storage, object_storage
from tests.support.waiting import eventually

__all__ = ["visit"]  # a fixture of that file

pytestmark = pytest.mark.timeout(300)

PHOTOPAL = DEMO[0]
NAMES = ("panda.jpg", "moose.jpg", "sunset.jpg")


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    with object_storage("photos") as storage:
        yield storage


@pytest.fixture(scope="module")
def server(
    storage: Storage,
    start_module_page: Callable[..., PageServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> PageServer:
    folder = tmp_path_factory.mktemp("samples")
    install_samples(folder)
    for name in NAMES:
        storage.put(f"trip/{name}", (folder / name).read_bytes())
    library = tmp_path_factory.mktemp("library") / "library.db"
    subprocess.run(
        [PHOTOPAL, "index", storage.address("trip"), "--library", str(library)],
        env={**os.environ, **storage.environment},
        check=True,
        capture_output=True,
        timeout=120,
    )
    command = (PHOTOPAL, "chat", "--library", str(library), "--no-browser", "--port")
    return start_module_page("storage", *command, **storage.environment)


def test_a_photo_in_storage_is_shown_looked_at_and_shared(
    server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(server).open()
    page = visitor.page
    visitor.say("a panda")
    assert visitor.alts()[0] == "panda"
    widths = "all => all.length > 0 && all.every(one => one.complete && one.naturalWidth > 100)"
    eventually(lambda: page.locator(".pp-tile img").evaluate_all(widths))
    visitor.tiles.first.locator(".pp-open").click()
    eventually(
        lambda: page.get_by_role("dialog").locator("img").first.evaluate("one => one.naturalWidth")
    )
    with page.expect_download() as download:
        page.locator(".pp-actions").get_by_role("button", name="Download").click()
    content = Path(download.value.path()).read_bytes()
    assert metadata_of(content) == ({}, set())
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.width > 300
    page.keyboard.press("Escape")
    visitor.say("share the first one")
    eventually(lambda: page.locator(".pp-shared img").count() == 1)
    assert visitor.problems == []
    assert "Traceback" not in server.log


def test_a_photo_that_is_gone_from_storage_cannot_be_shared(
    server: PageServer, visit: Callable[..., Visitor], storage: Storage
) -> None:
    visitor = visit(server).open()
    storage.delete("trip/moose.jpg")
    visitor.say("show me the moose")
    assert "gone" in visitor.say("share it").inner_text()
    assert not visitor.page.locator(".pp-shared").count()
    visitor.say("a panda")
    assert visitor.alts()[0] == "panda"
    assert "Traceback" not in server.log
