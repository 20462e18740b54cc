"""What a recipe says of the way photos and queries become vectors."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

QuerySide = Literal["auto", "text", "photo"]
"""What of a query is embedded: ``auto`` is its text, and its photo where it has no text."""

Name = Annotated[str, Field(min_length=1, max_length=500)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EncoderSpec(_Spec):
    """Any encoder of the product: CLIP, SigLIP, OpenCLIP's ViTs, the starter.

    Attributes:
        name: a preset, a folder or a hub name, as ``--encoder`` takes it.
        query: which side of a query is embedded.
    """

    kind: Literal["encoder"]
    name: Name
    query: QuerySide = "auto"


class StarterSpec(_Spec):
    """The starter, whole or one of its two channels.

    Attributes:
        channel: ``scene`` (learned from captions) or ``concept`` (class names); None for both.
        folder: another starter than the one that is shipped.
        query: which side of a query is embedded.
    """

    kind: Literal["starter"]
    channel: Literal["scene", "concept"] | None = None
    folder: Name | None = None
    query: QuerySide = "auto"


class OpenClipSpec(_Spec):
    """A model of open_clip, by its own loader.

    Attributes:
        name: an architecture (``RN50``, ``ViT-B-32``), a folder with ``open_clip_config.json``, or
            a hub name.
        pretrained: of an architecture: a tag (``openai``) or a ``.safetensors`` file.
        quick_gelu: whether the weights in a file were trained with QuickGELU; tags, folders and
            hub names say so themselves.
        query: which side of a query is embedded.
    """

    kind: Literal["open_clip"]
    name: Name
    pretrained: Name | None = None
    quick_gelu: bool = False
    query: QuerySide = "auto"


class BlipSpec(_Spec):
    """BLIP's contrastive features (Li et al. 2022, arXiv 2201.12086).

    Attributes:
        name: a folder or a hub name of a ``BlipForImageTextRetrieval``.
        query: which side of a query is embedded.
    """

    kind: Literal["blip"]
    name: Name = "Salesforce/blip-itm-base-coco"
    query: QuerySide = "auto"


class BackboneSpec(_Spec):
    """Features of an image network; a query's photo is embedded, its text is not read.

    Attributes:
        name: a model of timm (``tf_efficientnetv2_b0.in1k``), a folder, a hub name, or
            ``efficientnet-lite1``, which comes with Photopal.
    """

    kind: Literal["backbone"]
    name: Name


class CaptionerSpec(_Spec):
    """A model that writes a caption of each photo.

    Attributes:
        name: a folder or a hub name of a ``BlipForConditionalGeneration``.
        beams: of the beam search; 1 takes the likeliest word each time.
        max_tokens: of a caption.
    """

    name: Name = "Salesforce/blip-image-captioning-base"
    beams: int = Field(default=3, ge=1, le=16)
    max_tokens: int = Field(default=20, ge=1, le=200)


class SentencesSpec(_Spec):
    """A sentence encoder over the photos' captions.

    Attributes:
        name: ``minilm`` (all-MiniLM-L6-v2, which comes with Photopal), a folder or a hub name of
            sentence-transformers.
        captions: of a photo: ``one`` at random, ``all`` joined, or the one that a ``model`` writes.
        captioner: the model that writes captions.
        seed: of the choice of ``one``.
    """

    kind: Literal["sentences"]
    name: Name = "minilm"
    captions: Literal["one", "all", "model"] = "one"
    captioner: CaptionerSpec | None = None
    seed: Seed = 0

    @model_validator(mode="after")
    def _captioner_is_used(self) -> Self:
        if self.captioner is not None and self.captions != "model":
            raise ValueError("captioner is used with captions: model alone")
        return self


class ProjectionTraining(_Spec):
    """How a linear projection is trained: InfoNCE on captioned photos.

    Attributes:
        captions: lines of ``{"photo", "captions": [...]}``.
        photos: folder of the photos.
        epochs: over all captions; the one with the lowest loss on held-out photos is kept.
        batch_size: pairs in a step.
        learning_rate: of AdamW at its highest; it falls to nothing along a cosine.
        weight_decay: of AdamW.
        dropout: share of the features that are left out in a step.
        held_out: share of the photos that choose the epoch.
    """

    captions: Name
    photos: Name
    epochs: int = Field(default=20, ge=1, le=1000)
    batch_size: int = Field(default=512, ge=2, le=16384)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0, le=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    held_out: float = Field(default=0.1, gt=0, lt=1)


class BertResnetSpec(_Spec):
    """The weak baseline: a text network and an image network, joined by a linear projection each.

    Attributes:
        text: a folder or a hub name of a BERT, whose token states are averaged; or ``minilm``.
        image: an image network as in :class:`BackboneSpec`; ``starter`` is ``efficientnet-lite1``.
        dim: of the space that both are projected into.
        projection: ``random`` numbers, or ``trained``.
        train: how it is trained.
        seed: of random numbers and training.
        query: which side of a query is embedded.
    """

    kind: Literal["bert_resnet"]
    text: Name = "google-bert/bert-base-uncased"
    image: Name = "resnet50.tv_in1k"
    dim: int = Field(default=512, ge=1, le=8192)
    projection: Literal["random", "trained"] = "random"
    train: ProjectionTraining | None = None
    seed: Seed = 0
    query: QuerySide = "auto"

    @model_validator(mode="after")
    def _training_is_described(self) -> Self:
        if (self.projection == "trained") != (self.train is not None):
            raise ValueError("projection: trained goes with train: {captions, photos}")
        return self


EmbedderSpec = Annotated[
    EncoderSpec
    | StarterSpec
    | OpenClipSpec
    | BlipSpec
    | BackboneSpec
    | SentencesSpec
    | BertResnetSpec,
    Field(discriminator="kind"),
]
"""Any of them, told by ``kind``."""


class RerankerSpec(_Spec):
    """The first photos of each ranking in a new order, by BLIP's image-text matching head.

    Attributes:
        name: a folder or a hub name of a ``BlipForImageTextRetrieval``.
        first: how many photos of each ranking.
    """

    kind: Literal["blip"]
    name: Name = "Salesforce/blip-itm-base-coco"
    first: int = Field(default=20, ge=1, le=1000)
