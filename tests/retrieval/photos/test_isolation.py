"""Decoding in processes: what dies or hangs costs one file; any bytes are a photo or a reason."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from retrieval.errors import UnreadableImage
from retrieval.photos import isolation
from retrieval.photos.decoding import Decoded, read_photo
from retrieval.photos.isolation import DIED, HUNG, Decoders
from retrieval.photos.plain import is_plain
from tests.support import camera_files as files
from tests.support.dying_decoder import DIE, HANG, HUNGRY
from tests.support.hostile import hostile_files, sound_files
from tests.support.pictures import bomb, halves

SOUND = sound_files()


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    with Decoders(2) as decoders:
        yield decoders


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[Decoders]:
    start = isolation._START.replace("retrieval.photos.worker", "tests.support.dying_decoder")
    monkeypatch.setattr(isolation, "_START", start)
    with Decoders(1, seconds=20) as decoders:
        yield decoders


def reason(decoders: Decoders, content: bytes) -> str:
    with pytest.raises(UnreadableImage) as caught:
        decoders.read_photo(content, 32)
    return str(caught.value)


@pytest.mark.parametrize("ending", SOUND)
def test_the_same_as_without(decoders: Decoders, ending: str) -> None:
    there, here = decoders.read_photo(SOUND[ending], 48), read_photo(SOUND[ending], 48)
    assert np.array_equal(np.asarray(there.image), np.asarray(here.image))
    assert (there.metadata, there.remark) == (here.metadata, here.remark)


def test_which_files_need_no_process() -> None:
    plain = {ending for ending, content in SOUND.items() if is_plain(content)}
    assert plain == {"jpg", "progressive.jpg", "png", "animated.png"}
    assert not is_plain(bomb())
    assert not is_plain(SOUND["jpg"][:100])
    assert not is_plain(files.with_segment(SOUND["jpg"], 0xE1, b"Exif", 60_000))
    scans = SOUND["progressive.jpg"][:-2] + b"\xff\xda\0\x08" * 50
    assert not is_plain(scans)


def test_a_reason_is_handed_on(decoders: Decoders) -> None:
    assert reason(decoders, b"II*\0nothing") == read_reason(b"II*\0nothing")
    assert reason(decoders, b"words") == "not an image"


def read_reason(content: bytes) -> str:
    with pytest.raises(UnreadableImage) as caught:
        read_photo(content)
    return str(caught.value)


def test_a_decoder_that_dies_costs_one_file(dying: Decoders) -> None:
    sound = SOUND["plain.tif"]
    assert reason(dying, sound + DIE) == DIED
    assert dying.read_photo(sound, 32).image.size
    assert reason(dying, sound + DIE) == DIED


def test_a_decoder_that_hangs_costs_one_file(dying: Decoders) -> None:
    sound = SOUND["plain.tif"]
    assert dying.read_photo(sound, 32).image.size
    dying.seconds = 0.5
    assert reason(dying, sound + HANG) == HUNG
    dying.seconds = 20
    assert dying.read_photo(sound, 32).image.size


def test_a_decoder_that_wants_all_memory_is_refused_it(dying: Decoders) -> None:
    pytest.importorskip("resource", reason="no limits on this system")
    assert reason(dying, SOUND["plain.tif"] + HUNGRY) == "too large for the memory"


def test_many_threads_share_the_processes(decoders: Decoders) -> None:
    contents = [content for content in SOUND.values() for _ in range(2)]
    with ThreadPoolExecutor(5) as pool:
        sizes = list(pool.map(lambda one: min(decoders.read_photo(one, 32).image.size), contents))
    assert sizes == [32] * len(contents)


def test_large_pictures_are_decoded_one_at_a_time(
    decoders: Decoders, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[int] = []
    most: list[int] = []

    class Watched:
        lock = threading.Lock()

        def __enter__(self) -> None:
            self.lock.acquire()
            inside.append(1)
            most.append(len(inside))

        def __exit__(self, *_: object) -> None:
            inside.pop()
            self.lock.release()

    monkeypatch.setattr(isolation, "one_large_picture", Watched)
    buffer = io.BytesIO()
    Image.new("L", (9000, 6000), 200).save(buffer, "TIFF", compression="tiff_lzw")
    with ThreadPoolExecutor(2) as pool:
        read = list(pool.map(lambda one: decoders.read_photo(one, 32), [buffer.getvalue()] * 2))
    assert [one.image.getpixel((5, 5)) for one in read] == [(200, 200, 200)] * 2
    assert most == [1, 1]


# -- any bytes at all ----------------------------------------------------------------------

CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(["set", "cut", "drop", "double"]), st.integers(0, 255)
    ),
    max_size=4,
)


def changed(content: bytes, changes: list[tuple[float, str, int]]) -> bytes:
    result = bytearray(content)
    for share, what, value in changes:
        place = int(share * (len(result) - 1)) if result else 0
        if what == "set" and result:
            result[place] = value
        elif what == "cut":
            del result[place:]
        elif what == "drop":
            del result[place : place + value]
        else:
            result[place:place] = result[place : place + value]
    return bytes(result)


def photo_or_reason(decoders: Decoders, content: bytes) -> None:
    try:
        read = decoders.read_photo(content, 32)
    except UnreadableImage as error:
        assert str(error)
        assert "\n" not in str(error)
    else:
        assert isinstance(read, Decoded)
        assert read.image.mode == "RGB"
        assert min(read.metadata.width, read.metadata.height) > 0


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(ending=st.sampled_from(sorted(SOUND)), changes=CHANGES)
def test_damaged_files_are_photos_or_have_a_reason(
    decoders: Decoders, ending: str, changes: list[tuple[float, str, int]]
) -> None:
    photo_or_reason(decoders, changed(SOUND[ending], changes))


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    head=st.sampled_from([content[:16] for content in SOUND.values()]), rest=st.binary(max_size=400)
)
def test_any_bytes_after_a_head(decoders: Decoders, head: bytes, rest: bytes) -> None:
    photo_or_reason(decoders, head + rest)


def test_hostile_files_are_the_same_every_time() -> None:
    assert list(hostile_files(40, seed=3)) == list(hostile_files(40, seed=3))
    assert len({content for _, content in hostile_files(40, seed=3)}) > 35


def test_a_photo_of_each_kind_is_found_by_its_ending(tmp_path: Path) -> None:
    from retrieval.photos.scan import scan_folder

    for ending, content in SOUND.items():
        (tmp_path / f"photo.{ending}").write_bytes(content)
    assert len(list(scan_folder(tmp_path))) == len(SOUND)
    assert halves().size == (96, 64)
