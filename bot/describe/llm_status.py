"""Whether the LLM answers: for ``photopal status``."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.conversation import Conversation, Turn
from bot.errors import LLMAnswerUnusable
from bot.settings import Settings

SHORT_TIMEOUT = 3.0


@dataclass(frozen=True)
class LLMStatus:
    """The LLM as the settings have it.

    Attributes:
        configured: whether an LLM is to be used at all.
        model: its name, None when not configured.
        base_url: where it is, without credentials, None when not configured.
        answers: whether its server answered just now.
        reason: one line that explains the rest.
    """

    configured: bool
    model: str | None
    base_url: str | None
    answers: bool
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return asdict(self)


def check_llm(settings: Settings, timeout: float = SHORT_TIMEOUT) -> LLMStatus:
    """Ask the server for its models, then for an answer as the chat does; never raises.

    The list costs nothing and tells a server that is not there from one that is slow; servers that
    keep none are asked for an answer at once. The answer is asked for with the chat's own limits,
    schema and instructions, as a server may take a plainer request and refuse those.

    Args:
        settings: the server, its key and model.
        timeout: seconds for the list; an answer may take as long as in the chat.
    """
    if not settings.uses_llm:
        off = settings.llm_mode == "off"
        reason = "turned off" if off else "no key and no base URL is set; all is done offline"
        return LLMStatus(False, None, None, False, reason)

    from bot.llm.client import as_llm_error, endpoint_of, make_chat_model
    from bot.llm.retries import status_of

    endpoint = endpoint_of(settings)
    quick = settings.model_copy(update={"timeout": min(timeout, settings.timeout)})
    try:
        try:
            listed = _model_names(make_chat_model(quick).root_client.models.list())
        except Exception as error:
            if status_of(error) not in (400, 404, 405, 501):
                raise
            listed = []
        _ask_as_the_chat_does(settings)
    except LLMAnswerUnusable as error:
        return LLMStatus(True, settings.model, endpoint, True, f"answers, but {error}")
    except Exception as error:
        reason = str(as_llm_error(error, endpoint, settings.model))
        return LLMStatus(True, settings.model, endpoint, False, reason)
    known = not listed or settings.model in listed
    reason = "answers" if known else f"answers, but does not list the model {settings.model!r}"
    return LLMStatus(True, settings.model, endpoint, True, reason)


def _ask_as_the_chat_does(settings: Settings) -> None:
    """One small conversation through the describer. Raises what the describer would hand over."""
    from bot.describe.llm import LLMDescriber
    from bot.describe.rules import RuleDescriber
    from bot.llm.client import make_chat_model
    from bot.llm.retries import RetryPolicy
    from prompts.loader import load_prompt

    describer = LLMDescriber(
        make_chat_model(settings),
        RuleDescriber(),
        RetryPolicy(retries=0),
        # The shots would cost a slow server more than they tell here.
        prompt=replace(load_prompt("describe"), examples=()),
    )
    describer.ask(Conversation((Turn("user", "show me my cat on the sofa"),)))


def _model_names(page: Any) -> list[str]:
    """Names in the server's answer; servers differ in what else they put there."""
    entries = getattr(page, "data", None) or []
    return [name for entry in entries if isinstance(name := getattr(entry, "id", None), str)]
