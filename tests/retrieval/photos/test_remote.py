"""Addresses in object storage as paths."""

import pickle
from pathlib import Path

import pytest

from retrieval.errors import FolderNotFound, StorageError
from retrieval.library.connection import path_of, stored_path
from retrieval.photos.remote import RemotePath, path_from, real_path


def test_an_address_is_a_path_that_keeps_its_slashes() -> None:
    path = path_from("s3://bucket/Rome 2024/beach.final.JPG")
    assert isinstance(path, RemotePath)
    assert str(path) == "s3://bucket/Rome 2024/beach.final.JPG"
    assert (path.name, path.suffix, path.stem) == ("beach.final.JPG", ".JPG", "beach.final")
    assert str(path.parent) == "s3://bucket/Rome 2024"
    assert str(path.parent / "other.png") == "s3://bucket/Rome 2024/other.png"
    assert path.is_relative_to(path_from("s3://bucket/"))
    assert not path.is_relative_to(path_from("s3://other"))
    assert path.store == "s3://bucket"
    assert path.absolute() == path.resolve() == real_path(path) == path


def test_what_is_stored_comes_back() -> None:
    path = path_from("gs://bucket/ä/b.jpg")
    assert path_of(stored_path(path)) == path
    assert str(path_of(stored_path(path))) == "gs://bucket/ä/b.jpg"
    assert str(pickle.loads(pickle.dumps(path))) == str(path)
    assert {path: 1}[path_from("gs://bucket/ä/b.jpg")] == 1
    assert sorted([path, Path("/a")])[0] == Path("/a")


@pytest.mark.parametrize(
    ("text", "path"),
    [("file:///home/ann", "/home/ann"), ("/home/ann", "/home/ann"), ("C:/Photos", "C:/Photos")],
)
def test_paths_of_this_machine_stay_paths(text: str, path: str) -> None:
    found = path_from(text)
    assert found == Path(path)
    assert not isinstance(found, RemotePath)


def test_what_cannot_be_reached_is_told_in_one_line() -> None:
    with pytest.raises(StorageError, match="Protocol not known: nowhere"):
        RemotePath("nowhere://bucket/x").check_folder()
    with pytest.raises(FolderNotFound, match="password"):
        RemotePath("ftp://ann:secret@host/x").check_folder()
    assert not RemotePath("nowhere://bucket").is_dir()
