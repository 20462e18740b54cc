"""Networks that read texts: sentence encoders, and BERTs whose token states are averaged."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import torch

from retrieval.encoders.folder import fingerprint_of, hash_files
from retrieval.encoders.quiet import quiet_transformers
from retrieval.encoders.starter.layout import STATE_DIM
from retrieval.encoders.starter.packages import text_folder
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable
from training.bench.embedders.checkpoints import Checkpoint, find_checkpoint, loading_errors
from training.bench.embedders.networks import TextNetwork, count_weights

MINILM = "minilm"
_MOST_TOKENS = 512
_UNUSED = "pooler."


class MiniLM:
    """all-MiniLM-L6-v2 as it comes with Photopal: token states averaged."""

    text_dim = STATE_DIM

    def __init__(self) -> None:
        """Load it from its package."""
        from retrieval.encoders.starter.bases import load_text_base

        self._base = load_text_base()

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Array [n, 384]; of each text the first 128 tokens."""
        return self._base.sentence_vectors(texts)

    def count_parameters(self) -> int:
        """Numbers that make up the network."""
        return count_weights(self._base.network)


class SentenceNetwork:
    """A model of sentence-transformers, by its own loader."""

    def __init__(self, model: Any) -> None:
        """Use :meth:`load`."""
        self._model = model.eval()
        self.text_dim = int(self.text_vectors(["a photo"]).shape[1])

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: torch.device) -> Self:
        """Load a folder of its layout, or a plain transformer, whose token states it averages.

        Raises:
            EncoderUnavailable: its package is missing.
            EncoderFolderInvalid: the folder is incomplete or damaged.
        """
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise EncoderUnavailable(
                "sentence encoders need the package sentence-transformers: "
                "pip install 'photopal[bench]'"
            ) from error
        with loading_errors(checkpoint.name), quiet_transformers():
            model = SentenceTransformer(
                str(checkpoint.folder),
                device=str(device),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True, "dtype": torch.float32},
            )
            return cls(model)

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Array [n, text_dim]."""
        return self._model.encode(
            list(texts), batch_size=len(texts), show_progress_bar=False, convert_to_numpy=True
        )

    def count_parameters(self) -> int:
        """Numbers that make up all its modules."""
        return count_weights(self._model)


class AveragedStates:
    """A BERT or its like: the mean of a text's token states in the last layer."""

    def __init__(self, model: Any, tokenizer: Any, device: torch.device) -> None:
        """Use :meth:`load`."""
        self._model = model.to(device).eval()
        self._tokenizer = tokenizer
        self._device = device
        self._longest = min(
            tokenizer.model_max_length,
            getattr(model.config, "max_position_embeddings", _MOST_TOKENS),
            _MOST_TOKENS,
        )
        self.text_dim = int(model.config.hidden_size)

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: torch.device) -> Self:
        """Load a checkpoint of transformers.

        Raises:
            EncoderFolderInvalid: it is incomplete or damaged, or reads no texts.
        """
        from transformers import AutoModel, AutoTokenizer

        folder = checkpoint.folder
        with loading_errors(checkpoint.name), quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model, report = AutoModel.from_pretrained(
                folder,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
            missing = sorted(name for name in report["missing_keys"] if _UNUSED not in name)
            if missing:
                raise EncoderFolderInvalid(f"{checkpoint.name}: its weights lack {missing[0]}")
            network = cls(model, tokenizer, device)
            network.text_vectors(["a photo"])
        return network

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Array [n, text_dim]."""
        batch = self._tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self._longest,
            return_tensors="pt",
        ).to(self._device)
        with torch.inference_mode():
            states = self._model(**batch).last_hidden_state.float()
            weights = batch["attention_mask"][..., None].float()
            return ((states * weights).sum(1) / weights.sum(1)).cpu().numpy()

    def count_parameters(self) -> int:
        """Numbers that make up the network."""
        return count_weights(self._model)


def find_sentence_network(
    name: str, root: Path | None, device: torch.device
) -> tuple[str, Callable[[], TextNetwork]]:
    """The fingerprint of a sentence encoder, and what loads it.

    Args:
        name: :data:`MINILM`, a folder or a hub name.
        root: that a relative folder is looked for in.
        device: that computes.

    Raises:
        NeedsHub, EncoderUnavailable, EncoderFolderInvalid: there is no such model, none within
            reach, or its weights are not safetensors.
    """
    return _find(name, root, device, SentenceNetwork.load)


def find_averaged_states(
    name: str, root: Path | None, device: torch.device
) -> tuple[str, Callable[[], TextNetwork]]:
    """The same for a BERT; see :func:`find_sentence_network`."""
    return _find(name, root, device, AveragedStates.load)


def _find(
    name: str,
    root: Path | None,
    device: torch.device,
    load: Callable[[Checkpoint, torch.device], TextNetwork],
) -> tuple[str, Callable[[], TextNetwork]]:
    if name == MINILM:
        return fingerprint_of(MINILM, hash_files([text_folder() / "model.safetensors"])), MiniLM
    checkpoint = find_checkpoint(name, root)
    return fingerprint_of(load.__qualname__, checkpoint.fingerprint), partial(
        load, checkpoint, device
    )
