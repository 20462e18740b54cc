"""What the tools take and give, as the models that their schemas are made from."""

from mcp.server.fastmcp.utilities.func_metadata import ArgModelBase
from pydantic import BaseModel, ConfigDict, Field

from bot.access.facts import FilterFacts, FoundPhoto, PhotoFacts, Sure
from bot.access.lookup import MAX_TEXT_CHARS, MAX_WORDS_CHARS

MAX_PHOTOS = 20
MAX_IMAGES = 4


class SearchArguments(ArgModelBase):
    """At least a text, a time, a place, favourites, or a photo that they are to be like."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    text: str = Field(
        default="",
        max_length=MAX_TEXT_CHARS,
        description="What the photo shows, in plain words: 'a dog running in the snow'.",
    )
    when: str = Field(
        default="",
        max_length=MAX_WORDS_CHARS,
        description="When it was taken: '2021', 'last summer', '2019-06-10', "
        "'2019-01-01/2019-12-31'.",
    )
    where: str = Field(
        default="",
        max_length=MAX_WORDS_CHARS,
        description="Where it was taken: 'Lisbon', 'Japan'. library_facts lists what there is.",
    )
    without: str = Field(
        default="",
        alias="not",
        max_length=MAX_WORDS_CHARS,
        description="What it must not show. Needs a text beside it.",
    )
    favourites: bool = Field(
        default=False, description="Only photos that the person marked as favourites."
    )
    like: int | None = Field(
        default=None,
        ge=1,
        le=2**63 - 1,
        description="Id of a photo that the photos are to be like; a text beside it adds to that.",
    )
    k: int = Field(default=8, ge=1, le=MAX_PHOTOS, description="How many photos at most.")
    images: int = Field(
        default=MAX_IMAGES,
        ge=0,
        le=MAX_IMAGES,
        description="How many of the first ones to send as pictures.",
    )


class PhotoArguments(ArgModelBase):
    """Which photo."""

    model_config = ConfigDict(extra="forbid")

    id: int = Field(ge=1, le=2**63 - 1, description="Of a photo that search_photos found.")


class NoArguments(ArgModelBase):
    """Nothing."""

    model_config = ConfigDict(extra="forbid")


class Found(BaseModel):
    """The photos, best first."""

    photos: list[FoundPhoto]
    sure: Sure = Field(
        description="'fits': the first is what was meant. 'closest': perhaps. 'none': nothing fits."
    )
    searched: int = Field(description="How many photos were compared.")
    filter: FilterFacts | None = Field(description="Time and place as they were understood.")
    pictures: list[int] = Field(description="Ids of the photos that are sent as pictures, in order")
    notice: str | None


class OnePhoto(PhotoFacts):
    """What is known of a photo; the picture itself is sent beside it."""
