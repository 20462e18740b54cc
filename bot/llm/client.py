"""The LLM: the chat model that the settings name, and its failures in our own words."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from bot.errors import (
    LLMAnswerUnusable,
    LLMError,
    LLMRateLimited,
    LLMRefusedKey,
    LLMRejectedRequest,
    LLMUnreachable,
)
from bot.llm.bounded_http import (
    AnswerTooLong,
    AnswerUnreadable,
    bounded_async_client,
    bounded_client,
)
from bot.llm.compat import Cures, cures_of
from bot.llm.retries import RetryPolicy, causes, status_of
from bot.settings import Settings

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

OPENAI_URL = "https://api.openai.com/v1"
MIN_SECRET_CHARS = 8
"""A shorter word, such as the ``ollama`` that stands in for a key, may be said by chance."""


def endpoint_of(settings: Settings) -> str:
    """Where the LLM is, without credentials: safe to show."""
    return settings.endpoint or OPENAI_URL


def request_url(settings: Settings) -> str:
    """Where to send requests: the base URL without user name and password, which go as a header."""
    if settings.base_url is None:
        return OPENAI_URL
    parts = urlsplit(settings.base_url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def policy_of(settings: Settings) -> RetryPolicy:
    """How often and how long the settings let us try."""
    return RetryPolicy(retries=settings.max_retries, patience=3 * settings.timeout)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What must never be shown, whoever writes it; too short to be a secret is left out."""
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    password = settings.basic_auth[1] if settings.basic_auth else ""
    return tuple(secret for secret in (key, password) if len(secret) >= MIN_SECRET_CHARS)


def cures_for(settings: Settings) -> Cures:
    """What this process knows of the server of the settings."""
    return cures_of(endpoint_of(settings))


def make_chat_model(settings: Settings, max_tokens: int | None = None) -> "ChatOpenAI":
    """The chat model of the settings, for any OpenAI-compatible server.

    It does not retry by itself (:class:`bot.llm.retries.RetryPolicy` does), follows no redirect,
    and reads a bounded answer only. Refusals that another request would cure are cured unseen
    (:mod:`bot.llm.compat`).

    Args:
        settings: server, key, model and limits.
        max_tokens: of an answer; by default those of the settings.

    Raises:
        NetworkSettingInvalid: a proxy or certificate variable of the environment cannot be used.
    """
    from langchain_openai import ChatOpenAI

    url = request_url(settings)
    wait, auth = settings.timeout, settings.basic_auth
    # OpenAI's reasoning models take no temperature; other servers know only the older name of
    # the token limit.
    temperature = None if re.match(r"(o\d|gpt-[5-9])", settings.model) else 0.0
    max_tokens = max_tokens or settings.max_tokens
    cures = cures_for(settings)
    is_openai = urlsplit(url).hostname == "api.openai.com"
    return ChatOpenAI(
        model=settings.model,
        # Without a key of its own it would take OPENAI_API_KEY, and send it to any server.
        api_key=settings.api_key or SecretStr("none"),
        base_url=url,
        temperature=temperature,
        max_completion_tokens=max_tokens if is_openai else None,
        extra_body=None if is_openai else {"max_tokens": max_tokens},
        timeout=wait,
        max_retries=0,
        use_responses_api=False,
        stream_usage=False,
        stream_chunk_timeout=wait,
        openai_proxy=None,
        http_client=bounded_client(url, cures, timeout=wait, auth=auth),
        http_async_client=bounded_async_client(url, cures, timeout=wait, auth=auth),
    )


def as_llm_error(
    error: Exception, endpoint: str | None = None, model: str | None = None
) -> LLMError:
    """The typed error, in one line, for whatever a chat model raised.

    The server's own words stay out of it: they can echo the key.
    """
    if isinstance(error, LLMError):
        return error
    import openai

    llm = f"the LLM at {endpoint}" if endpoint else "the LLM"
    chain = list(causes(error))
    if any(isinstance(cause, AnswerTooLong) for cause in chain):
        return LLMAnswerUnusable(f"{llm} sent an answer that is far too long")
    for cause in chain:
        if isinstance(cause, AnswerUnreadable):
            return LLMAnswerUnusable(f"{llm} sent something else: {cause}")
        if isinstance(cause, openai.LengthFinishReasonError):
            return LLMAnswerUnusable(
                f"{llm} spent all its tokens before it answered; set PHOTOPAL_MAX_TOKENS higher"
            )
    status = status_of(error)
    if status in (401, 403):
        return LLMRefusedKey(f"{llm} refused the key ({status}); check the API key")
    if status == 429:
        spent = getattr(error, "code", None) == "insufficient_quota"
        return LLMRateLimited(
            f"{llm} says that the quota is used up (429)"
            if spent
            else f"{llm} has too many requests (429); try again in a moment"
        )
    if status == 404:
        named = f"no model {model!r}, or " if model else "no such model, or "
        return LLMRejectedRequest(f"{llm} has {named}its base URL is wrong (404)")
    if status is not None and (status == 408 or status >= 500):
        return LLMUnreachable(f"{llm} failed ({status})")
    if status is not None:
        return LLMRejectedRequest(f"{llm} did not take the request ({status})")
    if any(isinstance(cause, (openai.APITimeoutError, TimeoutError)) for cause in chain):
        return LLMUnreachable(f"{llm} did not answer in time")
    if isinstance(error, (openai.APIConnectionError, ConnectionError)):
        return LLMUnreachable(f"{llm} cannot be reached")
    return LLMAnswerUnusable(f"{llm} sent an answer that cannot be read")
