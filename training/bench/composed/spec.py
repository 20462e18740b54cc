"""How a recipe says that the text, the photo and the minus terms of a query become one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from retrieval.search.query import PICTURE_SHARE


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LateFusion(_Spec):
    """Weighted sum of the photo's and the text's scores, as the product's search does."""

    kind: Literal["late"]
    photo: float = Field(
        default=PICTURE_SHARE, ge=0, le=1, description="Share of the photo; the rest is the text's."
    )
    standardise: bool = Field(
        default=True, description="Divide each part's scores by their deviation over the gallery."
    )


class SubtractFusion(_Spec):
    """Late fusion from which the scores of terms are taken away that must not be there."""

    kind: Literal["subtract"]
    photo: float = Field(
        default=PICTURE_SHARE, ge=0, le=1, description="Share of the photo; the rest is the text's."
    )
    minus: float = Field(default=0.25, ge=0, le=10, description="Weight of each term.")


class CombinerFusion(_Spec):
    """A small trained network (:mod:`training.bench.composed.combiner`)."""

    kind: Literal["combiner"]
    folder: str = Field(min_length=1, description="Made by python -m training.bench.composed.make.")


FusionSpec = Annotated[LateFusion | SubtractFusion | CombinerFusion, Field(discriminator="kind")]
