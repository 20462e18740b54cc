"""Recipes: what the bench measures, by name, in YAML files that are checked before anything runs.

A file is ``{title, about, recipes: {NAME: {...}}}``; a recipe is one :class:`Recipe`. Those in
:mod:`training.bench.recipes` ship with Photopal; a user's own stand in files of theirs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from training.bench.composed import FusionSpec
from training.bench.datasets import DatasetSpec
from training.bench.embedders import EmbedderSpec, RerankerSpec
from training.bench.measures import DEFAULTS, measure_of
from training.bench.nearest import did_you_mean
from training.bench.noise import Noise
from training.bench.spec_errors import in_one_line
from training.bench.yaml_file import read_yaml
from training.errors import RecipeInvalid

PACKAGED = "training.bench"
FOLDER = "recipes"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class Spec(BaseModel):
    """A part of a recipe: unknown keys are refused, and nothing is changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProductFusion(Spec):
    """The product's own search scores: the same query code, fusion and hubness correction."""

    kind: Literal["product"]


class Hubness(Spec):
    """Photos that are near to every query are put lower (:mod:`training.bench.hubness`)."""

    bank: str | DatasetSpec = Field(
        description="Queries that show which photos these are: a file of texts, one a line, or of "
        "captions (JSON Lines), or a data set whose queries are taken."
    )
    weight: float = Field(default=0.5, ge=0, le=10, description="Of what is subtracted.")
    first: int = Field(default=2_000, ge=10, description="Queries of the bank that are taken.")


class Expected(Spec):
    """A figure that is known, from a paper or from an earlier run."""

    value: float = Field(description="The measure's mean; of rank_score, the sum.")
    tolerance: float = Field(ge=0, description="How far from it is still the same.")
    source: str = Field(min_length=1, description="Where it comes from.")


class Recipe(Spec):
    """One way to embed and rank, on one data set."""

    about: str = Field(default="", description="What it is, in a sentence.")
    dataset: DatasetSpec
    embedder: EmbedderSpec | None = Field(default=None, description="Makes the vectors.")
    embedders: tuple[EmbedderSpec, ...] = Field(
        default=(), description="Several, whose vectors are put one behind the other."
    )
    concatenate: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(), description="Weight of each of the embedders."
    )
    fusion: Annotated[FusionSpec | ProductFusion, Field(discriminator="kind")] | None = Field(
        default=None, description="How the parts of a query become one."
    )
    rerank: RerankerSpec | None = Field(
        default=None, description="Puts the first photos of each ranking in a new order."
    )
    hubness: Hubness | None = None
    noise: Noise | None = Field(default=None, description="What is done to the queries' texts.")
    measures: tuple[str, ...] = Field(default=DEFAULTS, min_length=1)
    seed: int = 0
    expected: Mapping[str, Expected] = Field(default_factory=dict)

    @field_validator("measures")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            _measure(name)
        return tuple(dict.fromkeys(names))

    @field_validator("expected")
    @classmethod
    def _known_too(cls, expected: Mapping[str, Expected]) -> Mapping[str, Expected]:
        for name in expected:
            _measure(name)
        return expected

    @model_validator(mode="after")
    def _fits_together(self) -> "Recipe":
        if (self.embedder is None) == (not self.embedders):
            raise ValueError("give either 'embedder' or 'embedders'")
        if self.embedders and len(self.concatenate) != len(self.embedders):
            raise ValueError(
                f"'concatenate' has {len(self.concatenate)} weights for "
                f"{len(self.embedders)} embedders"
            )
        if self.concatenate and not self.embedders:
            raise ValueError("'concatenate' needs 'embedders'")
        if isinstance(self.fusion, ProductFusion):
            if self.embedder is None or self.embedder.kind not in ("starter", "encoder"):
                raise ValueError(
                    "the fusion 'product' needs one embedder of kind starter or encoder"
                )
            if getattr(self.embedder, "channel", None) or self.embedder.query != "auto":
                raise ValueError("the fusion 'product' takes the whole encoder, and texts alone")
            for name in ("hubness", "noise", "rerank"):
                if getattr(self, name) is not None:
                    raise ValueError(f"'{name}' cannot be combined with the fusion 'product'")
        missing = [name for name in self.expected if name not in self.measures]
        if missing:
            object.__setattr__(self, "measures", (*self.measures, *missing))
        return self


@dataclass(frozen=True)
class RecipeFile:
    """A file of recipes.

    Attributes:
        name: the file's, without its ending; ``run`` takes it for all that are in it.
        title: for people.
        about: what it is for.
        recipes: by name.
    """

    name: str
    title: str
    about: str
    recipes: Mapping[str, Recipe]


class _File(Spec):
    title: str = ""
    about: str = ""
    recipes: dict[str, Any] = Field(min_length=1)


def read_recipes(path: Path) -> RecipeFile:
    """The recipes of a file.

    Raises:
        RecipeInvalid: in one line, with recipe, field and the nearest name there is.
    """
    value = read_yaml(path)
    if not isinstance(value, dict):
        raise RecipeInvalid(f"{path} is no file of recipes: expected title, about and recipes")
    try:
        file = _File.model_validate(value)
    except ValidationError as error:
        raise RecipeInvalid(f"{path}: {in_one_line(error, _File)}") from None
    recipes = {}
    for name, one in file.recipes.items():
        if not _NAME.fullmatch(name):
            raise RecipeInvalid(
                f"{path}: the recipe {name!r} needs a name of letters, digits, '-', '_' and '.'"
            )
        try:
            recipes[name] = Recipe.model_validate(one)
        except ValidationError as error:
            raise RecipeInvalid(f"{path}: recipe {name}: {in_one_line(error, Recipe)}") from None
    return RecipeFile(path.stem, file.title or path.stem, file.about, recipes)


def all_recipes(more: Sequence[Path] = ()) -> list[RecipeFile]:
    """The recipes that ship with Photopal, and those of files of the user's.

    Raises:
        RecipeInvalid: a file cannot be read, or two of one name.
    """
    folder = Path(str(files(PACKAGED).joinpath(FOLDER)))
    found = [read_recipes(path) for path in [*sorted(folder.glob("*.yaml")), *more]]
    owner: dict[str, str] = {}
    for file in found:
        for name in (file.name, *file.recipes):
            if name in owner:
                raise RecipeInvalid(
                    f"{name!r} names something in {owner[name]} and in {file.name}: "
                    "give one of them another name"
                )
        owner |= dict.fromkeys((file.name, *file.recipes), file.name)
    return found


def chosen_recipes(found: Sequence[RecipeFile], names: Sequence[str]) -> dict[str, Recipe]:
    """The recipes of these names, each once; the name of a file stands for all that are in it.

    Raises:
        RecipeInvalid: there is none of a name; names the nearest.
    """
    by_file = {file.name: file.recipes for file in found}
    by_name = {name: recipe for file in found for name, recipe in file.recipes.items()}
    chosen: dict[str, Recipe] = {}
    for name in names:
        if name in by_file:
            chosen |= by_file[name]
        elif name in by_name:
            chosen[name] = by_name[name]
        else:
            raise RecipeInvalid(f"no recipe {name!r}{did_you_mean(name, [*by_file, *by_name])}")
    return chosen


def _measure(name: str) -> None:
    try:
        measure_of(name)
    except RecipeInvalid as error:
        # pydantic knows only its own errors.
        raise ValueError(str(error)) from None
