"""Where a collection of a Milvus server is, as a person writes it."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from retrieval.errors import VectorServerRefused

DEFAULT_PORT = 19530
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")


@dataclass(frozen=True)
class MilvusAddress:
    """A server and the collection on it.

    Attributes:
        uri: of the server, such as ``http://localhost:19530``, without any secret.
        collection: its name there.
        token: a token, or ``user:password``; empty for a server that asks for none.
    """

    uri: str
    collection: str
    token: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str, token: str = "") -> "MilvusAddress":
        """Read ``http[s]://[token@]host[:port]/collection``.

        Args:
            text: the address. What stands before an ``@`` is a token or ``user:password``, with
                ``%40`` for an ``@`` in it.
            token: used where the address holds none.

        Raises:
            VectorServerRefused: it is no such address. The message never repeats it: it may hold
                a secret.
        """
        try:
            parts = urlsplit(text.strip())
            port = parts.port or DEFAULT_PORT
            valid = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            valid, port = False, 0
        name = parts.path.strip("/") if valid else ""
        if not valid or parts.query or parts.fragment or not _NAME.fullmatch(name):
            raise VectorServerRefused(
                "a vector server is written as http://host:19530/name, with a name of letters, "
                "digits and _ for the collection"
            )
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        own = ":".join(
            unquote(part) for part in (parts.username, parts.password) if part is not None
        )
        return cls(f"{parts.scheme}://{host}:{port}", name, own or token)

    def __str__(self) -> str:
        """The address without its token: safe to show, log and keep."""
        return f"{self.uri}/{self.collection}"
