"""From texts to token numbers, laid out as a CLIP or SigLIP text tower was trained.

The checkpoint's own vocabulary is used; special tokens, lower case, padding and length are added
here, because a hub's ``tokenizer_config.json`` leaves some of them out: SigLIP 2 was trained on
lower-case texts padded on the right, and its published tokenizer does neither by itself.
"""

import json
import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from retrieval.encoders.folder import fingerprint_of
from retrieval.errors import EncoderFolderInvalid

_PROBES = ("A photo of 2 cats, sleeping!", "naïve café — ¿qué?", "東京タワーの写真 🗼")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class Layout:
    """How a text tower wants its tokens.

    Attributes:
        prepare: what happens to a text before it is cut into tokens.
        start: number of the token put first; None for none.
        end: number of the token put last.
        pad: number that fills the rest.
        whole: whether every text is filled up to the tower's length, as SigLIP was trained.
    """

    prepare: Callable[[str], str]
    start: int | None
    end: int
    pad: int
    whole: bool


class Tokens:
    """Token numbers of texts for one text tower."""

    def __init__(
        self,
        pieces: Callable[[str], list[int]],
        vocabulary: Mapping[str, int],
        layout: Layout,
        max_tokens: int,
    ) -> None:
        """Use ``read_tokens`` to get one from a checkpoint folder."""
        self.max_tokens = max_tokens
        self._pieces = pieces
        self._vocabulary = vocabulary
        self._layout = layout
        self._special = {layout.start, layout.end, layout.pad} - {None}

    def count(self, text: str) -> int:
        """Tokens that a text takes up, special tokens included."""
        return len(self._numbers(text))

    def batch(self, texts: Sequence[str]) -> torch.Tensor:
        """Token numbers [n, length]; a text beyond ``max_tokens`` loses what is over."""
        rows = [self._fitted(self._numbers(text)) for text in texts]
        longest = max((len(row) for row in rows), default=0)
        length = self.max_tokens if self._layout.whole else longest
        padded = [row + [self._layout.pad] * (length - len(row)) for row in rows]
        return torch.tensor(padded, dtype=torch.long).reshape(len(rows), length)

    def fingerprint(self) -> str:
        """Hash of the vocabulary, and of how a few telling texts come out."""
        probes = [self._numbers(probe) for probe in _PROBES]
        return fingerprint_of(
            dict(self._vocabulary), probes, self._layout.pad, self._layout.whole, self.max_tokens
        )

    def _numbers(self, text: str) -> list[int]:
        pieces = self._pieces(self._layout.prepare(text))
        # A special token spelt out by a user would end the text early for the tower.
        inner = [piece for piece in pieces if piece not in self._special]
        start = [] if self._layout.start is None else [self._layout.start]
        return [*start, *inner, self._layout.end]

    def _fitted(self, row: list[int]) -> list[int]:
        if len(row) <= self.max_tokens:
            return row
        return [*row[: self.max_tokens - 1], self._layout.end]


def read_tokens(folder: Path, family: str, max_tokens: int, vocab_size: int) -> Tokens:
    """The tokens of a checkpoint folder.

    Args:
        folder: holds ``tokenizer.json``, or CLIP's ``vocab.json`` and ``merges.txt``, or SigLIP's
            ``spiece.model`` (for which the package sentencepiece must be installed).
        family: ``clip``, ``siglip`` or ``siglip2``.
        max_tokens: length of the tower's position table.
        vocab_size: size of the tower's token table.

    Raises:
        EncoderFolderInvalid: no vocabulary, a damaged one, or one larger than the tower's table.
    """
    try:
        pieces, vocabulary = _read_vocabulary(folder, family)
    except EncoderFolderInvalid:
        raise
    except Exception as error:  # tokenizers raises bare Exceptions
        raise EncoderFolderInvalid(f"{folder}: its tokenizer cannot be read: {error}") from error
    names = _special_names(folder)
    layout = _clip_layout(vocabulary, names) if family == "clip" else None
    layout = layout or _siglip_layout(vocabulary, names)
    if layout is None:
        raise EncoderFolderInvalid(f"{folder}: its tokenizer has no token that ends a text")
    if max(vocabulary.values()) >= vocab_size:
        raise EncoderFolderInvalid(
            f"{folder}: its tokenizer knows {max(vocabulary.values()) + 1} tokens, "
            f"its model only {vocab_size}"
        )
    return Tokens(pieces, vocabulary, layout, max_tokens)


def _read_vocabulary(
    folder: Path, family: str
) -> tuple[Callable[[str], list[int]], Mapping[str, int]]:
    if (folder / "tokenizer.json").is_file():
        from tokenizers import Tokenizer

        return _fast(Tokenizer.from_file(str(folder / "tokenizer.json")))
    if family == "clip" and (folder / "vocab.json").is_file():
        from transformers import CLIPTokenizer

        tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
        return _fast(tokenizer.backend_tokenizer)
    if family == "siglip" and (folder / "spiece.model").is_file():
        return _sentencepiece(folder)
    raise EncoderFolderInvalid(f"{folder} has no tokenizer.json")


def _fast(tokenizer: Any) -> tuple[Callable[[str], list[int]], Mapping[str, int]]:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    vocabulary: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids, vocabulary


def _sentencepiece(folder: Path) -> tuple[Callable[[str], list[int]], Mapping[str, int]]:
    try:
        from transformers import SiglipTokenizer

        tokenizer = SiglipTokenizer.from_pretrained(folder, local_files_only=True)
    except ImportError as error:
        raise EncoderFolderInvalid(
            f"{folder} has a spiece.model only: install the package sentencepiece to read it"
        ) from error
    return lambda text: tokenizer.encode(text, add_special_tokens=False), tokenizer.get_vocab()


def _special_names(folder: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for file in ("special_tokens_map.json", "tokenizer_config.json"):
        path = folder / file
        raw = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        for key in ("bos_token", "eos_token", "pad_token"):
            value = raw.get(key)
            name = value.get("content") if isinstance(value, dict) else value
            if isinstance(name, str):
                names[key] = name
    return names


def _clip_layout(vocabulary: Mapping[str, int], names: Mapping[str, str]) -> Layout | None:
    start = vocabulary.get(names.get("bos_token", "<|startoftext|>"))
    end = vocabulary.get(names.get("eos_token", "<|endoftext|>"))
    if end is None:
        return None
    # The tower looks no further than the first end token: what fills the rest does not matter.
    return Layout(prepare=str.strip, start=start, end=end, pad=end, whole=False)


def _siglip_layout(vocabulary: Mapping[str, int], names: Mapping[str, str]) -> Layout | None:
    gemma = "<eos>" in vocabulary
    end = vocabulary.get(names.get("eos_token", "<eos>" if gemma else "</s>"))
    if end is None:
        return None
    pad = vocabulary.get(names.get("pad_token", "<pad>" if gemma else "</s>"), end)
    return Layout(
        prepare=_lower if gemma else _lower_without_punctuation,
        start=None,
        end=end,
        pad=pad,
        whole=True,
    )


def _lower(text: str) -> str:
    return text.lower().strip()


def _lower_without_punctuation(text: str) -> str:
    return re.sub(r"\s+", " ", text.lower().translate(_NO_PUNCTUATION)).strip()
