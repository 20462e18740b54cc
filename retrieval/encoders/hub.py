"""Checkpoints from the model hub: what is cached first, else downloaded, told file by file.

A download that was broken off is gone on with where it stopped. What arrived is compared with the
size and the SHA-256 that the hub tells of it, so that nothing damaged is ever taken for complete.
"""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from retrieval.errors import EncoderUnavailable

OnDownload = Callable[[str, int, int], None]
Layout = Literal["transformers", "open_clip"]

CONNECT_SECONDS = 5.0
"""How long the hub may take for its first answer before it counts as out of reach."""

_SMALL_FILES = (
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "generation_config.json",
    "open_clip_config.json",
    # Sentence encoders are chains of modules, with folders for those that have settings or weights.
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
    "2_Dense/config.json",
    "2_Dense/model.safetensors",
)
_WEIGHTS = "model.safetensors"
_WEIGHTS_INDEX = "model.safetensors.index.json"
_OPEN_CLIP = "open_clip_config.json"
_OPEN_CLIP_WEIGHTS = "open_clip_model.safetensors"
_PART = ".photopal-part"
_CONVERTER = ("SFconvertbot", "Adding `safetensors` variant of this model")


@dataclass(frozen=True)
class HubFile:
    """A file on the hub.

    Attributes:
        name: inside its repository.
        size: in bytes; None when the hub does not tell.
        sha256: of its content; None when the hub does not tell, as of small files.
    """

    name: str
    size: int | None = None
    sha256: str | None = None


def fetch(
    repo: str,
    *,
    on_download: OnDownload | None = None,
    endpoint: str | None = None,
    cache: Path | None = None,
    layout: Layout = "transformers",
) -> Path:
    """The local folder of a hub repository's checkpoint.

    A complete copy in the cache is used as it is, without asking the hub: an encoder must not
    change under a library that it has indexed, and starting must not need a network. Only files
    that a checkpoint needs are downloaded, of weights only safetensors. For a repository that
    has none, the copy converted by the hub's own bot (a pull request) is taken.

    Args:
        repo: ``owner/model``.
        on_download: told file name, bytes so far and bytes in all.
        endpoint: another hub than the usual one (``HF_ENDPOINT``).
        cache: another cache folder than the usual one (``HF_HUB_CACHE``).
        layout: which of its checkpoints is taken where a repository holds two.

    Raises:
        EncoderUnavailable: the hub is out of reach (``HF_HUB_OFFLINE`` counts as that) and the
            cache holds no complete copy; or there is no such model, or none with safetensors, or
            no room for it, or it arrived damaged.
    """
    found = cached(repo, cache, layout)
    if found is not None:
        return found
    endpoint = endpoint or os.environ.get("HF_ENDPOINT") or None
    with _explained(repo), _quiet_hub():
        revision, files = _choose_files(repo, endpoint, layout)
        _require_room(repo, files, _cache_root(cache))
        for file in files:
            if file.name.endswith(".safetensors"):
                _download_blob(repo, file.name, revision, on_download, endpoint, cache)
            path = Path(_download(repo, file.name, revision, on_download, endpoint, cache))
            _check(repo, file, path)
        return path.parent


def cached(repo: str, cache: Path | None = None, layout: Layout = "transformers") -> Path | None:
    """The folder of a complete copy in the hub's cache, None when there is none."""
    root = _repository(repo, cache)
    folders = [path for path in root.glob("snapshots/*") if _is_complete(path, layout)]
    main = root / "refs" / "main"
    current = main.read_text().strip() if main.is_file() else ""
    newest = sorted(folders, key=_modified, reverse=True)
    return next(iter(sorted(newest, key=lambda folder: folder.name != current)), None)


def bytes_begun(repo: str, cache: Path | None = None) -> int:
    """How much of a download that was broken off lies in the cache."""
    parts = _repository(repo, cache).glob(f"blobs/*{_PART}")
    return sum(path.stat().st_size for path in parts)


def _cache_root(cache: Path | None) -> Path:
    from huggingface_hub import constants

    return cache or Path(constants.HF_HUB_CACHE)


def _repository(repo: str, cache: Path | None) -> Path:
    return _cache_root(cache) / f"models--{repo.replace('/', '--')}"


def _modified(folder: Path) -> float:
    return max(path.lstat().st_mtime for path in folder.iterdir())


def _is_complete(folder: Path, layout: Layout) -> bool:
    if (folder / "config.json").is_file() and layout == "transformers":
        if (folder / _WEIGHTS).is_file():
            return True
        index = folder / _WEIGHTS_INDEX
        return index.is_file() and all((folder / name).is_file() for name in _shards(index))
    return (folder / _OPEN_CLIP).is_file() and (folder / _OPEN_CLIP_WEIGHTS).is_file()


def _shards(index: Path) -> list[str]:
    return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))


def _choose_files(repo: str, endpoint: str | None, layout: Layout) -> tuple[str, list[HubFile]]:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint)
    info = api.model_info(repo, timeout=CONNECT_SECONDS, files_metadata=True)
    found = _files_of(info)
    as_open_clip = {_OPEN_CLIP, _OPEN_CLIP_WEIGHTS} <= found.keys()
    if not found.keys() & {_WEIGHTS, _WEIGHTS_INDEX} and not as_open_clip:
        revision = _converted_revision(api, repo)
        if revision is None:
            raise EncoderUnavailable(
                f"{repo} offers no safetensors weights on the hub, and pickles are never read: "
                "choose another model, or convert it and pass the folder with --encoder DIR"
            )
        info = api.model_info(repo, revision=revision, timeout=CONNECT_SECONDS, files_metadata=True)
        found = _files_of(info)
    # Weights come last: a copy that has them has everything.
    if layout == "open_clip" and as_open_clip:
        weights = [_OPEN_CLIP_WEIGHTS]
    elif "config.json" in found and _WEIGHTS in found:
        weights = [_WEIGHTS]
    elif as_open_clip:
        weights = [_OPEN_CLIP_WEIGHTS]
    else:
        shards = sorted(name for name in found if name.startswith("model-") and "/" not in name)
        weights = [*(name for name in shards if name.endswith(".safetensors")), _WEIGHTS_INDEX]
    small = [name for name in _SMALL_FILES if name in found]
    return info.sha or "main", [found[name] for name in (*small, *weights) if name in found]


def _files_of(info: Any) -> dict[str, HubFile]:
    files = {}
    for one in info.siblings or ():
        sha256 = one.lfs.sha256 if one.lfs is not None else None
        files[one.rfilename] = HubFile(one.rfilename, one.size, sha256)
    return files


def _require_room(repo: str, files: Sequence[HubFile], cache: Path) -> None:
    """Say at once that a disk is too small, and not after an hour of downloading."""
    wanted = sum(file.size or 0 for file in files) - bytes_begun(repo, cache)
    folder = next(path for path in (cache, *cache.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise EncoderUnavailable(
            f"{repo} needs {wanted / 1e9:.1f} GB in {cache}, where {free / 1e9:.1f} GB are free: "
            "make room, or set HF_HOME to a folder on another disk"
        )


def _check(repo: str, file: HubFile, path: Path) -> None:
    """Compare what arrived with what the hub told of it; what differs is thrown away.

    Raises:
        EncoderUnavailable: it differs.
    """
    if file.size in (None, path.stat().st_size):
        if file.sha256 is None:
            return
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256:
                return
    blob = path.resolve()
    path.unlink(missing_ok=True)
    blob.unlink(missing_ok=True)
    raise EncoderUnavailable(_damaged(repo, file.name))


def _damaged(repo: str, name: str) -> str:
    return f"{name} of {repo} did not arrive as the hub describes it, and was deleted: try again"


def _converted_revision(api: Any, repo: str) -> str | None:
    author, title = _CONVERTER
    for pull in api.get_repo_discussions(repo, author=author, discussion_type="pull_request"):
        if pull.author == author and pull.title == title and pull.status == "open":
            return f"refs/pr/{pull.num}"
    return None


def _download(
    repo: str,
    name: str,
    revision: str,
    on_download: OnDownload | None,
    endpoint: str | None,
    cache: Path | None,
) -> str:
    from huggingface_hub import hf_hub_download

    return hf_hub_download(
        repo,
        name,
        revision=revision,
        cache_dir=cache,
        endpoint=endpoint,
        etag_timeout=CONNECT_SECONDS,
        tqdm_class=_reporter(name, on_download),
    )


def _download_blob(
    repo: str,
    name: str,
    revision: str,
    on_download: OnDownload | None,
    endpoint: str | None,
    cache: Path | None,
) -> None:
    """Bring a large file to where the hub's library looks for it before it downloads.

    That library begins anew whenever its process was ended; here what arrived is gone on with.
    """
    from filelock import FileLock, Timeout
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repo, name, revision=revision, endpoint=endpoint)
    told = get_hf_file_metadata(url, timeout=CONNECT_SECONDS, endpoint=endpoint)
    if not told.etag or told.size is None:
        return
    blob = _repository(repo, cache) / "blobs" / told.etag
    if blob.exists():
        return
    blob.parent.mkdir(parents=True, exist_ok=True)
    headers = build_hf_headers()
    if urlsplit(told.location).netloc != urlsplit(url).netloc:
        # A token is for the hub, not for the server that it sends us to.
        headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
    part = blob.with_name(blob.name + _PART)
    lock = part.with_name(part.name + ".lock")
    try:
        with FileLock(lock, timeout=0):
            with part.open("ab") as stream:
                if stream.tell() > told.size:
                    stream.truncate(0)
                http_get(
                    told.location,
                    stream,
                    resume_size=stream.tell(),
                    headers=headers,
                    expected_size=told.size,
                    tqdm_class=_reporter(name, on_download),
                )
            os.replace(part, blob)
    except Timeout:
        raise EncoderUnavailable(
            f"another process downloads {repo} at the moment: try again when it is done"
        ) from None
    except OSError as error:
        if "Consistency check failed" not in str(error):
            raise
        # Going on from there would end no better.
        part.unlink(missing_ok=True)
        raise EncoderUnavailable(_damaged(repo, name)) from error
    lock.unlink(missing_ok=True)


def _reporter(file: str, on_download: OnDownload | None) -> type:
    from tqdm import tqdm

    class Reporter(tqdm):
        """A progress bar that tells a function instead of drawing."""

        def __init__(self, *args: Any, **settings: Any) -> None:
            settings.pop("name", None)
            super().__init__(*args, **{**settings, "file": io.StringIO(), "disable": False})

        def update(self, n: float | None = 1) -> bool | None:
            shown = super().update(n)
            if on_download is not None:
                on_download(file, int(self.n), int(self.total or self.n))
            return shown

    return Reporter


@contextmanager
def _explained(repo: str) -> Iterator[None]:
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        RepositoryNotFoundError,
    )

    try:
        yield
    except EncoderUnavailable:
        raise
    except GatedRepoError as error:
        raise EncoderUnavailable(
            f"{repo} is gated: accept its terms on the hub, log in with `hf auth login`, try again"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise EncoderUnavailable(_unknown(repo)) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 404):
            raise EncoderUnavailable(_unknown(repo)) from error
        if status == 429:
            after = error.response.headers.get("Retry-After", "")
            when = f"in {after} seconds" if after.isdigit() else "in some minutes"
            raise EncoderUnavailable(
                f"the model hub asks to wait (429, too many requests) for {repo}: "
                f"try again {when}; what has arrived is kept"
            ) from error
        raise EncoderUnavailable(
            f"the model hub answers {status} for {repo}: {_elsewise('try again later')}"
        ) from error
    except Exception as error:
        if _is_disk_trouble(error):
            raise EncoderUnavailable(
                f"{repo} cannot be stored: {error}: make room and try again, or set HF_HOME to a "
                "folder on another disk; what has arrived is kept"
            ) from error
        # Whatever else goes wrong on the way to the hub comes from the network: its HTTP library
        # changed twice, and each has its own exceptions.
        raise EncoderUnavailable(
            f"cannot reach the model hub for {repo}: {_elsewise('connect once')}"
        ) from error


def _unknown(repo: str) -> str:
    return (
        f"the model hub has no {repo} (a private one needs `hf auth login`), "
        "and there is no folder of that name"
    )


@contextmanager
def _quiet_hub() -> Iterator[None]:
    # Its library logs every retry; the one line that counts is the error's.
    from huggingface_hub.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def _is_disk_trouble(error: Exception) -> bool:
    import errno

    return isinstance(error, OSError) and error.errno in {
        errno.ENOSPC,
        errno.EACCES,
        errno.EROFS,
        errno.EDQUOT,
    }


def _elsewise(first: str) -> str:
    return f"{first}, or pass a local folder with --encoder DIR, or use --encoder starter"
