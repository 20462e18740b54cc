"""Checkpoints from the model hub: what is cached first, else downloaded, told file by file."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retrieval.errors import EncoderUnavailable

OnDownload = Callable[[str, int, int], None]

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
    "merges.txt",
    "spiece.model",
)
_WEIGHTS = "model.safetensors"
_WEIGHTS_INDEX = "model.safetensors.index.json"
_CONVERTER = ("SFconvertbot", "Adding `safetensors` variant of this model")


def fetch(
    repo: str,
    *,
    on_download: OnDownload | None = None,
    endpoint: str | None = None,
    cache: Path | None = None,
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

    Raises:
        EncoderUnavailable: the hub is out of reach (``HF_HUB_OFFLINE`` counts as that) and the
            cache holds no complete copy; or there is no such model, or none with safetensors.
    """
    found = cached(repo, cache)
    if found is not None:
        return found
    with _explained(repo), _quiet_hub():
        revision, files = _choose_files(repo, endpoint)
        for name in files:
            path = _download(repo, name, revision, on_download, endpoint, cache)
        return Path(path).parent


def cached(repo: str, cache: Path | None = None) -> Path | None:
    """The folder of a complete copy in the hub's cache, None when there is none."""
    from huggingface_hub import constants

    root = (cache or Path(constants.HF_HUB_CACHE)) / f"models--{repo.replace('/', '--')}"
    snapshots = sorted(root.glob("snapshots/*/config.json"), key=_modified, reverse=True)
    main = root / "refs" / "main"
    current = main.read_text().strip() if main.is_file() else ""
    folders = sorted((path.parent for path in snapshots), key=lambda folder: folder.name != current)
    return next((folder for folder in folders if _is_complete(folder)), None)


def _modified(path: Path) -> float:
    return path.lstat().st_mtime


def _is_complete(folder: Path) -> bool:
    if (folder / _WEIGHTS).is_file():
        return True
    index = folder / _WEIGHTS_INDEX
    return index.is_file() and all((folder / name).is_file() for name in _shards(index))


def _shards(index: Path) -> list[str]:
    return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))


def _choose_files(repo: str, endpoint: str | None) -> tuple[str, list[str]]:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint)
    info = api.model_info(repo, timeout=CONNECT_SECONDS)
    names = {file.rfilename for file in info.siblings or ()}
    if not names & {_WEIGHTS, _WEIGHTS_INDEX}:
        revision = _converted_revision(api, repo)
        if revision is None:
            raise EncoderUnavailable(
                f"{repo} offers no safetensors weights on the hub, and pickles are never read: "
                "choose another model, or convert it and pass the folder with --encoder DIR"
            )
        info = api.model_info(repo, revision=revision, timeout=CONNECT_SECONDS)
        names = {file.rfilename for file in info.siblings or ()}
    # Weights come last: a copy that has them has everything.
    if _WEIGHTS in names:
        weights = [_WEIGHTS]
    else:
        shards = sorted(name for name in names if name.startswith("model-") and "/" not in name)
        weights = [*(name for name in shards if name.endswith(".safetensors")), _WEIGHTS_INDEX]
    small = [name for name in _SMALL_FILES if name in names]
    return info.sha or "main", [*small, *weights]


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
        raise EncoderUnavailable(
            f"the model hub has no {repo} (a private one needs `hf auth login`), "
            "and there is no folder of that name"
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        raise EncoderUnavailable(
            f"the model hub answers {status} for {repo}: {_elsewise('try again later')}"
        ) from error
    except Exception as error:
        if _is_disk_trouble(error):
            raise EncoderUnavailable(f"{repo} cannot be stored: {error}") from error
        # Whatever else goes wrong on the way to the hub comes from the network: its HTTP library
        # changed twice, and each has its own exceptions.
        raise EncoderUnavailable(
            f"cannot reach the model hub for {repo}: {_elsewise('connect once')}"
        ) from error


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
