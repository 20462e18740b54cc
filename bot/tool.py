"""The photo search as a LangChain tool, for agents of other people's making."""

from typing import Annotated, Any

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, BeforeValidator, Field

from bot.describe.query import to_query
from bot.descriptors import FIELDS, MAX_FIELD_CHARS, Description, Descriptors
from bot.suggest import PhotoSearcher
from retrieval.errors import EmptyQuery, RetrievalError
from retrieval.search import Query, QueryText, SearchOptions
from retrieval.text import clean_text

MAX_PHOTOS = 30
MAX_TEXT_CHARS = 1_000


def _clean(value: Any) -> Any:
    return clean_text(value) if isinstance(value, str) else value


CleanText = Annotated[str, BeforeValidator(_clean)]
Phrase = Annotated[CleanText, Field(max_length=MAX_FIELD_CHARS)]


class PhotoSearchInput(BaseModel):
    """What to look for: a text, or the descriptors that are known, or both."""

    text: CleanText = Field(
        default="",
        max_length=MAX_TEXT_CHARS,
        description="The photo in plain words, as in 'a cat asleep on a chair'.",
    )
    main_subject: Phrase = Field(default="", description="Who or what the photo is about.")
    foreground_objects: Phrase = Field(default="", description="Things seen close by.")
    background_scene: Phrase = Field(default="", description="Where it is.")
    events: Phrase = Field(default="", description="What is going on.")
    materials_and_attributes: Phrase = Field(
        default="", description="Colours, materials, clothes, moods."
    )
    k: int = Field(default=6, ge=1, le=MAX_PHOTOS, description="How many photos to return.")


def photo_search_tool(
    searcher: PhotoSearcher, *, cutoff: bool = False, collapse: bool = False
) -> BaseTool:
    """A tool that finds photos in the searcher's library; works with ``invoke`` and ``ainvoke``.

    The model reads a short text with one line a photo; the tool message's ``artifact`` is a list
    of ``{"rank", "photo_id", "path", "score"}``, best first, ready for JSON.

    Example::

        tool = photo_search_tool(searcher)
        tool.invoke({"text": "a cat on a chair", "k": 3})
        create_agent(model, tools=[tool])
    """

    def search(k: int = 6, text: str = "", **fields: str) -> tuple[str, list[dict[str, Any]]]:
        query = _query(searcher, text, fields)
        if query is None:
            return "Say what to look for: give 'text' or at least one descriptor.", []
        try:
            result = searcher.search(query, SearchOptions(k, cutoff, collapse))
        except RetrievalError as error:
            return f"The search failed: {error}", []
        photos = [
            {
                "rank": hit.rank,
                "photo_id": hit.photo_id,
                "path": str(hit.path),
                "score": round(float(hit.score), 4),
            }
            for hit in result.hits
        ]
        if not photos:
            return "No photo in the library fits.", []
        lines = (f"{p['rank']}. {p['path']} (score {p['score']:.3f})" for p in photos)
        return "\n".join(lines), photos

    async def asearch(
        k: int = 6, text: str = "", **fields: str
    ) -> tuple[str, list[dict[str, Any]]]:
        import asyncio

        return await asyncio.to_thread(search, k, text, **fields)

    return StructuredTool.from_function(
        func=search,
        coroutine=asearch,
        name="photo_search",
        description=(
            "Find photos in the user's own photo library by what they show. Give 'text', or the "
            "descriptors that you know, and how many photos you want. Returns file paths with "
            "scores, best first."
        ),
        args_schema=PhotoSearchInput,
        response_format="content_and_artifact",
    )


def _query(searcher: PhotoSearcher, text: str, fields: dict[str, str]) -> Query | None:
    """The text, the descriptors, or both: then each side counts as much as the other."""
    descriptors = Descriptors(**{name: fields.get(name, "") for name in FIELDS})
    text = " ".join(text.split())
    try:
        described = to_query(Description(descriptors=descriptors), searcher.encoder).parts
    except EmptyQuery:
        described = ()
    weight = sum(part.weight for part in described) or 1.0
    said = (QueryText(text, weight),) if text else ()
    return Query((*said, *described)) if said or described else None
