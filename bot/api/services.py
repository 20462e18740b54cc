"""What the API works with: the assistant, the pictures, the sessions that it keeps."""

from dataclasses import dataclass
from datetime import date

from bot.access.facts import LibraryFacts, library_facts
from bot.access.pictures import Pictures
from bot.api.sessions import KeptSessions
from bot.assistant import Assistant
from bot.assistant.loading import LoadedAssistant
from bot.monitoring import Metrics
from bot.suggest import Suggester
from retrieval.paths import home


@dataclass(frozen=True)
class ApiServices:
    """Everything that the API needs, loaded once per process.

    Attributes:
        loaded: the assistant, its library and settings.
        pictures: of that library.
        sessions: those that are kept here rather than by the asking program.
        metrics: what is counted.
    """

    loaded: LoadedAssistant
    pictures: Pictures
    sessions: KeptSessions
    metrics: Metrics

    @classmethod
    def of(cls, loaded: LoadedAssistant) -> "ApiServices":
        """The services over a loaded assistant."""
        return cls(
            loaded=loaded,
            pictures=Pictures(loaded.library, home() / "thumbnails"),
            sessions=KeptSessions(),
            metrics=Metrics(loaded.library.searchable_count),
        )

    @property
    def assistant(self) -> Assistant:
        """Answers messages."""
        return self.loaded.assistant

    @property
    def suggester(self) -> Suggester:
        """Describes conversations of two people."""
        return self.loaded.suggester

    def library_facts(self) -> LibraryFacts:
        """What the library holds now."""
        facts = self.assistant.galleries.facts()
        return library_facts(self.loaded.settings.library_path.stem, facts)

    @staticmethod
    def today() -> date:
        """The day from which "last summer" is counted, unless a request names another."""
        return date.today()
