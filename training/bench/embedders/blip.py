"""BLIP (Li et al. 2022, arXiv 2201.12086): contrastive features, image-text matching, captions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.pixels import Pixels, read_pixels
from retrieval.encoders.quiet import quiet_transformers
from retrieval.errors import EncoderFolderInvalid
from training.bench.base import BenchPhoto, BenchQuery
from training.bench.embedders.checkpoints import Checkpoint, loading_errors
from training.bench.embedders.networks import count_weights
from training.bench.embedders.photos import photo_batches
from training.bench.embedders.specs import CaptionerSpec
from training.bench.embedders.vectors import memory_errors
from training.errors import QueryUnsuitable, VectorsInvalid

_MOST_TOKENS = 35
"""Of a text, as the published figures were measured."""


class BlipTowers:
    """The two towers of a ``BlipForImageTextRetrieval``, and its matching head."""

    def __init__(self, parts: "_Parts") -> None:
        """Use :meth:`load`."""
        self._parts = parts
        self._model = parts.model
        self.side = parts.pixels.side
        self.image_dim = self.text_dim = int(self._model.text_proj.out_features)

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: torch.device) -> Self:
        """Load a checkpoint of transformers.

        Raises:
            EncoderFolderInvalid: it is incomplete, damaged, or no BLIP.
        """
        return cls(_Parts.load(checkpoint, "BlipForImageTextRetrieval", device))

    def image_vectors(self, images: Sequence[Image.Image]) -> Any:
        """Array [n, dim]: the projected first token of the image tower."""
        with torch.inference_mode():
            states = self._parts.image_states(images)
            return self._model.vision_proj(states[:, 0]).float().cpu().numpy()

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Array [n, dim]: the projected first token of the text tower, which sees no photo."""
        with torch.inference_mode():
            states = self._model.text_encoder(**self._parts.tokens(texts)).last_hidden_state
            return self._model.text_proj(states[:, 0]).float().cpu().numpy()

    def match(self, text: str, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Logits [n] of "this text belongs to that picture" over "it does not"."""
        with torch.inference_mode():
            seen = self._parts.image_states(images)
            tokens = self._parts.tokens([text] * len(images))
            states = self._model.text_encoder(
                **tokens,
                encoder_hidden_states=seen,
                encoder_attention_mask=seen.new_ones(seen.shape[:2], dtype=torch.long),
            ).last_hidden_state
            no, yes = self._model.itm_head(states[:, 0]).float().unbind(dim=1)
            logits: NDArray[np.float32] = (yes - no).cpu().numpy()
            return logits

    def count_parameters(self) -> int:
        """Numbers that make up the towers and the matching head."""
        return count_weights(self._model)


class BlipReranker:
    """Orders a query's first photos anew, by looking at text and photo together.

    Attributes:
        first: how many photos of each ranking are meant to be ordered anew.
        fingerprint: of the weights.
        parameters: numbers that make up the network.
    """

    def __init__(
        self, checkpoint: Checkpoint, first: int, device: torch.device, batch_size: int
    ) -> None:
        """Load a checkpoint.

        Raises:
            EncoderFolderInvalid: it is incomplete, damaged, or no BLIP.
        """
        self.name = checkpoint.name
        self.first = first
        self.fingerprint = checkpoint.fingerprint
        self.batch_size = batch_size
        self._towers = BlipTowers.load(checkpoint, device)
        self.parameters = self._towers.count_parameters()

    def rerank(self, query: BenchQuery, photos: Sequence[BenchPhoto]) -> NDArray[np.float32]:
        """Scores [n] of photos, higher for a better fit; they compare with each other alone.

        Raises:
            QueryUnsuitable: the query has no text.
            PhotoUnreadable: a photo cannot be read.
            OutOfMemory: a batch is too large.
            VectorsInvalid: the network gives no number.
        """
        if not query.text.strip():
            raise QueryUnsuitable(f"{self.name} matches texts; query {query.id} has none")
        scores = [np.zeros(0, dtype=np.float32)]
        with memory_errors(f"{min(self.batch_size, len(photos))} photos at a time by {self.name}"):
            for images in photo_batches(photos, self._towers.side, self.batch_size):
                scores.append(self._towers.match(query.text, images))
        found = np.concatenate(scores)
        if not np.isfinite(found).all():
            raise VectorsInvalid(f"{self.name} gives scores that are no numbers: damaged weights")
        return found


class BlipCaptioner:
    """Writes captions with a ``BlipForConditionalGeneration``."""

    def __init__(self, checkpoint: Checkpoint, spec: CaptionerSpec, device: torch.device) -> None:
        """Load a checkpoint.

        Raises:
            EncoderFolderInvalid: it is incomplete, damaged, or no captioning BLIP.
        """
        self._parts = _Parts.load(checkpoint, "BlipForConditionalGeneration", device)
        self._spec = spec
        self.side = self._parts.pixels.side

    def captions(self, images: Sequence[Image.Image]) -> list[str]:
        """One caption a picture; the likeliest that a beam search finds."""
        with torch.inference_mode(), quiet_transformers():
            numbers = self._parts.model.generate(
                pixel_values=self._parts.pixel_values(images),
                num_beams=self._spec.beams,
                max_new_tokens=self._spec.max_tokens,
                do_sample=False,
            )
        texts = self._parts.tokenizer.batch_decode(numbers, skip_special_tokens=True)
        return [" ".join(text.split()) for text in texts]

    def count_parameters(self) -> int:
        """Numbers that make up the network."""
        return count_weights(self._parts.model)


class _Parts:
    """A BLIP model with its tokens and pixels."""

    def __init__(self, model: Any, tokenizer: Any, pixels: Pixels, device: torch.device) -> None:
        self.model = model.to(device).eval()
        self.tokenizer = tokenizer
        self.pixels = pixels
        self._device = device

    @classmethod
    def load(cls, checkpoint: Checkpoint, architecture: str, device: torch.device) -> Self:
        import transformers

        folder = checkpoint.folder
        with loading_errors(checkpoint.name), quiet_transformers():
            config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
            if config.model_type != "blip":
                raise EncoderFolderInvalid(f"{checkpoint.name} is a {config.model_type}, no BLIP")
            model, report = getattr(transformers, architecture).from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
            if missing := sorted(report["missing_keys"]):
                raise EncoderFolderInvalid(
                    f"{checkpoint.name} is no {architecture}: its weights lack {missing[0]}"
                )
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            # Squeezed to the square, as SigLIP's are.
            pixels = read_pixels(Path(folder), "siglip", int(config.vision_config.image_size))
        return cls(model, tokenizer, pixels, device)

    def pixel_values(self, images: Sequence[Image.Image]) -> torch.Tensor:
        return self.pixels.batch(images)["pixel_values"].to(self._device)

    def image_states(self, images: Sequence[Image.Image]) -> torch.Tensor:
        states: torch.Tensor = self.model.vision_model(
            pixel_values=self.pixel_values(images)
        ).last_hidden_state
        return states

    def tokens(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        numbers = self.tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=_MOST_TOKENS,
            return_tensors="pt",
        )
        return {name: numbers[name].to(self._device) for name in ("input_ids", "attention_mask")}
