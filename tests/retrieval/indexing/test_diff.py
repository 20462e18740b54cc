"""What changed, without a single file: unread, to be read, gone, and lost all at once."""

from pathlib import Path

from retrieval.indexing import Failed, Loss
from retrieval.indexing.diff import compare, losses, outermost, under
from retrieval.library import KnownFile
from retrieval.photos.scan import ScannedFile

ROOT = Path("/photos")


def file(name: str, size: int = 1, **more: object) -> ScannedFile:
    return ScannedFile(ROOT / name, size, 7, **more)  # type: ignore[arg-type]


def known(*names: str, **more: object) -> dict[Path, KnownFile]:
    fields = {"size": 1, "mtime_ns": 7, "content_hash": "aa", "status": "present", "reason": None}
    fields |= {"current": True, **more}
    return {
        ROOT / name: KnownFile(photo_id=number, **fields)  # type: ignore[arg-type]
        for number, name in enumerate(names)
    }


def test_each_file_is_sorted_out_once() -> None:
    files = [
        file("same.jpg"),
        file("new.jpg"),
        file("larger.jpg", 2),
        file("broken.jpg"),
        file("locked.jpg", problem="no permission to read"),
    ]
    before = known("same.jpg", "larger.jpg", "gone.jpg")
    before |= known("broken.jpg", status="failed", reason="truncated file")
    changes = compare(files, before, [ROOT])
    assert changes.unchanged == 1
    assert [one.path.name for one in changes.to_read] == ["new.jpg", "larger.jpg"]
    assert changes.failed_before == [Failed(ROOT / "broken.jpg", "truncated file")]
    assert [one.path.name for one in changes.problems] == ["locked.jpg"]
    assert [path.name for path in changes.gone] == ["gone.jpg"]


def test_vectors_of_another_encoder_and_a_rebuild_read_again() -> None:
    files = [file("a.jpg")]
    assert compare(files, known("a.jpg", current=False), [ROOT]).to_read == files
    assert compare(files, known("a.jpg"), [ROOT], read_all=True).to_read == files


def test_only_what_was_looked_through_can_be_gone() -> None:
    before = known("a.jpg", "sub/b.jpg", "locked/c.jpg")
    assert compare([], before, [ROOT / "sub"]).gone.keys() == {ROOT / "sub/b.jpg"}
    assert compare([], before, [ROOT], [ROOT / "locked"]).gone.keys() == {
        ROOT / "a.jpg",
        ROOT / "sub/b.jpg",
    }


def lost(gone: int, held: int, folder: str = "", roots: tuple[Path, ...] = (ROOT,), empty=False):
    before = known(*(f"{folder}{number}.jpg" for number in range(held)))
    missing = dict(list(before.items())[:gone])
    return losses(missing, before, roots, lambda _: empty)


def test_most_of_an_indexed_folder_is_a_loss() -> None:
    assert lost(6, 11) == [Loss(ROOT, 6, 11)]
    assert lost(6, 12) == []
    assert lost(5, 5) == []
    assert lost(0, 5) == []
    assert lost(100, 100) == [Loss(ROOT, 100, 100)]


def test_a_folder_that_is_there_but_empty_is_a_loss() -> None:
    assert lost(1, 1, empty=True) == [Loss(ROOT, 1, 1)]
    assert lost(1, 2, empty=True) == []


def test_an_empty_folder_below_counts_when_it_held_more_than_a_handful() -> None:
    more = known(*(f"other/{number}.jpg" for number in range(50)))
    before = more | known(*(f"drive/{number}.jpg" for number in range(6)))
    missing = {path: one for path, one in before.items() if "drive" in str(path)}
    assert losses(missing, before, [ROOT], lambda _: True) == [Loss(ROOT / "drive", 6, 6)]
    assert losses(missing, before, [ROOT], lambda _: False) == []


def test_a_loss_says_what_to_do() -> None:
    assert str(Loss(ROOT, 6, 11)).startswith("6 of 11 photos of /photos are gone at once")
    assert str(Loss(ROOT, 6, 6)).startswith("all 6 photos of /photos are gone at once")


def test_folders() -> None:
    assert outermost([ROOT / "a", ROOT, ROOT / "b", Path("/other"), ROOT]) == [ROOT, Path("/other")]
    assert under(ROOT / "a" / "b.jpg", [ROOT / "a"])
    assert not under(ROOT / "ab.jpg", [ROOT / "a"])
    assert under(Path("/x.jpg"), [Path("/")])
