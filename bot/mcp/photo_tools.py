"""The three tools: search, one photo, what the library holds."""

import base64
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date

from mcp.types import CallToolResult, ContentBlock, ImageContent, TextContent
from pydantic import BaseModel

from bot.access.facts import filter_facts, found_photos, library_facts, photo_facts
from bot.access.lookup import Question, look_up
from bot.access.pictures import Pictures
from bot.assistant.loading import LoadedAssistant
from bot.mcp.arguments import Found, OnePhoto, PhotoArguments, SearchArguments
from retrieval.errors import RetrievalError
from retrieval.paths import home

MAX_IMAGE_BYTES = 95_000
"""Of each picture of a search: four of them, in base64, stay below 510 kB."""

PHOTO_SIDE = 1024
MAX_PHOTO_BYTES = 400_000
"""Of the one picture of ``get_photo``."""


@dataclass(frozen=True)
class _Loaded:
    assistant: LoadedAssistant
    pictures: Pictures


class PhotoTools:
    """What the tools do. Safe to use from several threads.

    The encoder takes its time to load, and a client that connects does not wait for long: it is
    loaded in a thread of its own while the two introduce themselves, and the first tool waits.
    """

    def __init__(self, load: Callable[[], LoadedAssistant]) -> None:
        """``load`` is called once, by :meth:`warm_up` or the first tool."""
        self._load = load
        self._guard = threading.Lock()
        self._loaded: Future[_Loaded] | None = None

    def warm_up(self) -> None:
        """Begin to load, without waiting for it."""
        with self._guard:
            if self._loaded is None:
                self._loaded = Future()
                threading.Thread(target=self._fill, args=(self._loaded,), daemon=True).start()

    def search(self, asked: SearchArguments) -> CallToolResult:
        """The photos that fit, the first ones as pictures.

        Raises:
            QuestionUnclear, EmptyQuery, RetrievalError: one line each.
        """
        ready = self._ready()
        question = Question(
            text=asked.text,
            when=asked.when,
            where=asked.where,
            without=asked.without,
            favourites=asked.favourites,
            like=asked.like,
            k=asked.k,
            fitting=True,
        )
        answer = look_up(ready.assistant.assistant, question, today=date.today())
        pictures: dict[int, bytes] = {}
        for photo in answer.photos[: asked.images]:
            try:
                pictures[photo.photo_id] = ready.pictures.small(photo.photo_id, MAX_IMAGE_BYTES)
            except RetrievalError:
                # Its facts are there all the same; "pictures" tells which ones came.
                continue
        found = Found(
            photos=found_photos(answer.photos),
            sure=answer.sure,
            searched=answer.searched,
            filter=filter_facts(answer.filter),
            pictures=list(pictures),
            notice=answer.notice,
        )
        return _result(found, *pictures.values())

    def photo(self, asked: PhotoArguments) -> CallToolResult:
        """One photo, larger.

        Raises:
            PhotoNotFound, UnreadableImage: it is gone, or cannot be shown.
        """
        pictures = self._ready().pictures
        facts = photo_facts(pictures.photo(asked.id))
        picture = pictures.bounded_copy(asked.id, PHOTO_SIDE, MAX_PHOTO_BYTES)
        return _result(OnePhoto(**facts.model_dump()), picture)

    def library(self) -> CallToolResult:
        """What the library holds."""
        loaded = self._ready().assistant
        name = loaded.settings.library_path.stem
        return _result(library_facts(name, loaded.assistant.galleries.facts()))

    def _ready(self) -> _Loaded:
        self.warm_up()
        assert self._loaded is not None
        return self._loaded.result()

    def _fill(self, future: "Future[_Loaded]") -> None:
        try:
            loaded = self._load()
            future.set_result(_Loaded(loaded, Pictures(loaded.library, home() / "thumbnails")))
        except BaseException as error:
            future.set_exception(error)


def _result(value: BaseModel, *pictures: bytes) -> CallToolResult:
    """The value as structured JSON, as text for clients that know no better, and the pictures."""
    content: list[ContentBlock] = [TextContent(type="text", text=value.model_dump_json())]
    content += [
        ImageContent(
            type="image", data=base64.b64encode(picture).decode("ascii"), mimeType="image/jpeg"
        )
        for picture in pictures
    ]
    return CallToolResult(content=content, structuredContent=value.model_dump(mode="json"))
