"""Settings: what the user may choose, from the environment and the command line.

This is where the bot reads the environment. What else does, and why: ``retrieval.paths`` (the
folder of all data, which retrieval needs without the bot), ``bot.cli.pictures`` (what the terminal
can show), and ``training`` (rank and size of a distributed run, which torchrun sets).
``bot.page.launch`` only writes: Chainlit takes its options from there.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bot.errors import SettingsInvalid

ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "library": ("PHOTOPAL_LIBRARY",),
    "encoder": ("PHOTOPAL_ENCODER",),
    "api_key": ("PHOTOPAL_API_KEY", "OPENAI_API_KEY"),
    "base_url": ("PHOTOPAL_BASE_URL", "OPENAI_BASE_URL"),
    "model": ("PHOTOPAL_MODEL", "OPENAI_MODEL"),
    "llm_mode": ("PHOTOPAL_LLM",),
    "describer": ("PHOTOPAL_DESCRIBER",),
    "timeout": ("PHOTOPAL_TIMEOUT",),
    "max_retries": ("PHOTOPAL_MAX_RETRIES",),
    "max_tokens": ("PHOTOPAL_MAX_TOKENS",),
    "photos": ("PHOTOPAL_PHOTOS",),
    "always_on": ("PHOTOPAL_ALWAYS_ON",),
    "host": ("PHOTOPAL_HOST",),
    "port": ("PHOTOPAL_PORT",),
    "password": ("PHOTOPAL_PASSWORD",),
    "replay": ("PHOTOPAL_REPLAY_DIR",),
    "history": ("PHOTOPAL_HISTORY",),
    "api_token": ("PHOTOPAL_API_TOKEN",),
    "public_url": ("PHOTOPAL_PUBLIC_URL",),
    "oauth": ("PHOTOPAL_OAUTH",),
    "login_header": ("PHOTOPAL_LOGIN_HEADER",),
    "trusted_proxies": ("PHOTOPAL_TRUSTED_PROXIES",),
    "vectors": ("PHOTOPAL_VECTORS",),
    "milvus_token": ("PHOTOPAL_MILVUS_TOKEN",),
}
"""The environment variables of each setting; the first one that is set wins."""

CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
PROXY_VARIABLES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")

DEFAULT_MODEL = "gpt-4o-mini"
POSTGRES_SCHEMES = ("postgresql://", "postgres://")
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def network_variables(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The proxies and certificates that the environment names for every HTTP client."""
    environment = os.environ if environment is None else environment
    names = (*CERTIFICATE_VARIABLES, *PROXY_VARIABLES, *map(str.lower, PROXY_VARIABLES))
    return {name: environment[name] for name in names if environment.get(name, "").strip()}


def _header_safe(value: SecretStr) -> bool:
    text = value.get_secret_value()
    return text.isascii() and text.isprintable() and " " not in text


class Settings(BaseModel):
    """Everything that can be chosen. Secrets never show in ``repr``, messages or JSON.

    Attributes:
        library: the library database; None means the default one under ``PHOTOPAL_HOME``.
        encoder: ``starter``, a preset, a hub name or a folder.
        api_key: the LLM's key; a local server usually needs none.
        base_url: an OpenAI-compatible server, such as ``http://localhost:11434/v1``.
        model: the LLM's name there.
        llm_mode: ``auto`` uses the LLM when a key or a base URL is set; ``off`` never does.
        describer: of dialogues without an LLM: ``phrases``, ``small_llm`` (a language model on this
            machine, about two seconds a dialogue), or ``auto``: the latter where its packages are
            installed, but phrases in a chat, which answers at once.
        timeout: seconds to wait for the LLM to connect, and between two pieces of an answer.
        max_retries: how many more times a failed request is sent.
        max_tokens: tokens that the LLM may spend on an answer, its thoughts included.
        photos: how many photos are shown.
        always_on: look for photos after every message, not only when one is wanted.
        host: where the page listens; anything but this machine demands a password.
        port: of the page.
        password: of the page.
        replay: a dialogue file, or a folder of them, that the page may replay.
        history: where chats are kept: a file, or ``postgresql://user:password@host/database``;
            None means a file under ``PHOTOPAL_HOME``.
        api_token: what other programs must show; None for the one in its file.
        public_url: the page's address where a reverse proxy shows it to the world.
        oauth: the login provider that is offered beside passwords, by Chainlit's name of it.
        login_header: in which a trusted proxy names the account that is logged in.
        trusted_proxies: addresses and networks of proxies, with commas between.
        vectors: which vector index is used: ``local`` or ``http://host:19530/name`` of a Milvus
            server; None for the one that the library remembers.
        milvus_token: of that server, a token or ``user:password``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    library: Path | None = None
    encoder: str = Field(default="starter", min_length=1)
    api_key: SecretStr | None = None
    base_url: str | None = Field(default=None, repr=False)
    model: str = Field(default=DEFAULT_MODEL, min_length=1, max_length=200)
    llm_mode: Literal["auto", "off"] = "auto"
    describer: Literal["auto", "phrases", "small_llm"] = "auto"
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0
    max_retries: Annotated[int, Field(ge=0, le=10)] = 3
    max_tokens: Annotated[int, Field(ge=64, le=131_072)] = 1_024
    photos: Annotated[int, Field(ge=1, le=50)] = 6
    always_on: bool = False
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    password: SecretStr | None = None
    replay: Path | None = None
    history: str | None = Field(default=None, repr=False)
    api_token: SecretStr | None = None
    public_url: str | None = None
    oauth: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = None
    login_header: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None
    trusted_proxies: str | None = None
    vectors: str | None = Field(default=None, repr=False)
    milvus_token: SecretStr | None = None

    @field_validator("api_key", "password", "api_token", "milvus_token", mode="before")
    @classmethod
    def _strip_secret(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip()
        return value or None

    @field_validator("api_key")
    @classmethod
    def _key_fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _header_safe(value):
            raise ValueError("holds a character that no key has; copy it again")
        return value

    @field_validator("base_url", "public_url")
    @classmethod
    def _http_only(cls, value: str | None) -> str | None:
        if value is None:
            return None
        value = value.strip()
        try:
            parts = urlsplit(value)
            # Reading the port is what checks it.
            valid = parts.scheme in ("http", "https") and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            valid = False
        if not valid:
            raise ValueError("must look like http://localhost:11434/v1")
        return value.rstrip("/")

    @field_validator("history")
    @classmethod
    def _file_or_postgres(cls, value: str | None) -> str | None:
        if value and "://" in value and not value.lower().startswith(POSTGRES_SCHEMES):
            raise ValueError("must be a file, or look like postgresql://user:password@host/name")
        return value

    @field_validator("vectors")
    @classmethod
    def _local_or_server(cls, value: str | None) -> str | None:
        from retrieval.errors import VectorServerRefused
        from retrieval.vectors import LOCAL
        from retrieval.vectors.milvus_address import MilvusAddress

        if not value or value == LOCAL:
            return value or None
        try:
            MilvusAddress.parse(value)
        except VectorServerRefused as error:
            raise ValueError(f"must be {LOCAL}, or a server: {error}") from None
        return value

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, **overrides: Any) -> "Settings":
        """Settings of the environment; ``overrides`` that are not None win over it.

        Raises:
            SettingsInvalid: one line that names the setting, never its value.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        origin: dict[str, str] = {}
        for name, variables in ENVIRONMENT.items():
            for variable in variables:
                if environment.get(variable, "").strip():
                    values[name], origin[name] = environment[variable].strip(), variable
                    break
        for name, value in overrides.items():
            if value is not None:
                values[name], origin[name] = value, f"--{name.replace('_', '-')}"
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            reason = first["msg"].removeprefix("Value error, ")
            reason = reason[:1].lower() + reason[1:]
            raise SettingsInvalid(f"{origin.get(name, name)}: {reason}") from None

    @property
    def uses_llm(self) -> bool:
        """Whether an LLM is configured and wanted."""
        return self.llm_mode == "auto" and (self.api_key is not None or self.base_url is not None)

    @property
    def is_local(self) -> bool:
        """Whether the page listens on this machine only."""
        return self.host in LOCAL_HOSTS

    @property
    def library_path(self) -> Path:
        """The library to use: the chosen one or the default."""
        if self.library is not None:
            return self.library
        from retrieval.paths import default_library_path

        return default_library_path()

    @property
    def vector_token(self) -> str:
        """The token of the vector server, empty where none was given."""
        return self.milvus_token.get_secret_value() if self.milvus_token else ""

    @property
    def endpoint(self) -> str | None:
        """The base URL without user name, password, query and fragment: safe to show and log."""
        if self.base_url is None:
            return None
        parts = urlsplit(self.base_url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    @property
    def basic_auth(self) -> tuple[str, str] | None:
        """User name and password when the base URL holds them, else None."""
        if self.base_url is None:
            return None
        parts = urlsplit(self.base_url)
        if parts.username is None:
            return None
        return unquote(parts.username), unquote(parts.password or "")
