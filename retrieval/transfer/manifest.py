"""The format of an export: ``manifest.json`` and the files that it names.

==========================  ====================================================================
``manifest.json``           versions, encoder, folders, and size and checksum of each other file
``TABLE.jsonl``             a row of the table a line, as a JSON object by column
``TABLE-00000.safetensors`` vectors: ``photo_id`` [n] int64 and ``data`` [n, dim] float32; the
                            encoder's fingerprint stands in the metadata
==========================  ====================================================================

Paths below an indexed folder are ``{"root": 0, "path": "2019/a.jpg"}``: the folder's place in the
manifest, and what follows, with "/" on every system. All others are ``{"outside": PATH}``. Bytes
are ``{"base64": …}``. All lie in one folder, or in one .zip.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retrieval.errors import ExportInvalid

FORMAT = "photopal-library"
VERSION = 1
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 16 << 20
MAX_LINE = 16 << 20

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}(-\d{5})?\.(jsonl|safetensors)")


@dataclass(frozen=True)
class ExportedRoot:
    """An indexed folder.

    Attributes:
        path: where it was.
        near: where it was as seen from the export, "" where that cannot be said.
        photos: present ones below it.
        samples: paths of some of them below it.
    """

    path: str
    near: str = ""
    photos: int = 0
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExportedFile:
    """A file of an export.

    Attributes:
        table: whose rows or vectors it holds.
        size: in bytes.
        checksum: see :func:`retrieval.files.content_hash`.
        rows: how many.
    """

    table: str
    size: int
    checksum: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """What an export says of itself.

    Attributes:
        schema: of the library.
        encoder: "name", "fingerprint" and "dim" of its encoder.
        photos: present ones.
        roots: its indexed folders.
        files: by name.
        photopal: version of the program.
        exported_at: ISO 8601 in UTC.
    """

    schema: int
    encoder: Mapping[str, Any]
    photos: int
    roots: Sequence[ExportedRoot] = ()
    files: Mapping[str, ExportedFile] = field(default_factory=dict)
    photopal: str = ""
    exported_at: str = ""

    def to_json(self) -> str:
        """The text of ``manifest.json``."""
        return json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "photopal": self.photopal,
                "schema": self.schema,
                "exported_at": self.exported_at,
                "encoder": dict(self.encoder),
                "photos": self.photos,
                "roots": [
                    {
                        "path": one.path,
                        "near": one.near,
                        "photos": one.photos,
                        "samples": list(one.samples),
                    }
                    for one in self.roots
                ],
                "files": {
                    name: {
                        "table": one.table,
                        "bytes": one.size,
                        "blake2b": one.checksum,
                        "rows": one.rows,
                    }
                    for name, one in self.files.items()
                },
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str, *, newest_schema: int) -> "Manifest":
        """Read it.

        Raises:
            ExportInvalid: it is none, or of a newer version.
        """
        try:
            told = json.loads(text)
            if told["format"] != FORMAT:
                raise ValueError(told["format"])
            version, schema = _number(told["version"]), _number(told["schema"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ExportInvalid("its manifest.json is none of Photopal's") from error
        if version > VERSION or schema > newest_schema:
            raise ExportInvalid(
                f"a newer version of Photopal wrote it ({str(told.get('photopal', ''))[:20]}): "
                "upgrade Photopal"
            )
        try:
            return cls(
                schema=schema,
                encoder=_encoder(told["encoder"]),
                photos=_number(told["photos"]),
                roots=[_root(one) for one in told["roots"]],
                files={name: _file(name, one) for name, one in told["files"].items()},
                photopal=str(told.get("photopal", "")),
                exported_at=str(told.get("exported_at", "")),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ExportInvalid("its manifest.json is damaged") from error


def is_below(relative: object) -> bool:
    """Whether a relative path stays below the folder that it is relative to."""
    if not isinstance(relative, str) or not relative or "\0" in relative:
        return False
    return relative == "." or not (
        relative.startswith("/")
        or "\\" in relative
        or re.match(r"[A-Za-z]:", relative)
        or any(part in ("", ".", "..") for part in relative.split("/"))
    )


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(value)
    return value


def _encoder(told: Mapping[str, Any]) -> dict[str, Any]:
    name, fingerprint, dim = told["name"], told["fingerprint"], told["dim"]
    if any(not isinstance(one, str | None) for one in (name, fingerprint)):
        raise ValueError(told)
    return {"name": name, "fingerprint": fingerprint, "dim": None if dim is None else _number(dim)}


def _root(told: Mapping[str, Any]) -> ExportedRoot:
    samples = tuple(one for one in told.get("samples", []) if is_below(one))
    path, near = told["path"], told.get("near", "")
    if not isinstance(path, str) or not isinstance(near, str) or "\0" in path + near:
        raise ValueError(told)
    return ExportedRoot(path, near, _number(told["photos"]), samples)


def _file(name: str, told: Mapping[str, Any]) -> ExportedFile:
    table = told["table"]
    if not _NAME.fullmatch(name) or not re.fullmatch(r"[a-z][a-z0-9_]*", table):
        raise ValueError(name)
    return ExportedFile(table, _number(told["bytes"]), str(told["blake2b"]), _number(told["rows"]))
