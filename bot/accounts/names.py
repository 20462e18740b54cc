"""The names of accounts: folded, so that one person has one name, and safe as the name of a folder.

A name may be an e-mail address, since that is what many login providers call a person.
"""

import unicodedata

from bot.errors import AccountNameInvalid

MAX_CHARS = 64
MAX_BYTES = 200
"""File systems allow 255 for the name of a folder."""

JOINTS = "._-@+"
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{kind}{n}" for kind in ("com", "lpt") for n in range(10)
}
RESERVED = {"owner"} | _DEVICES
"""``owner`` is who chats on a page without accounts; the others are devices on Windows."""


def account_name(text: str) -> str:
    """The one spelling of a name: compatibility forms and letter case do not count.

    Raises:
        AccountNameInvalid: it is empty, too long, reserved, or holds a character that no name has.
    """
    name = unicodedata.normalize("NFKC", text.strip())
    name = unicodedata.normalize("NFKC", name.casefold())
    if not name or len(name) > MAX_CHARS or len(name.encode("utf-8", "replace")) > MAX_BYTES:
        raise AccountNameInvalid(f"a name of an account has 1 to {MAX_CHARS} characters")
    if name in RESERVED or name.partition(".")[0] in _DEVICES:
        raise AccountNameInvalid(f"the name {name} is reserved: choose another one")
    fine = all(_letter(one) or one in JOINTS for one in name)
    if not fine or not name[0].isalnum() or not _letter(name[-1]):
        raise AccountNameInvalid(
            "a name of an account holds letters, digits and . _ - @ + between them, as in anna or "
            "anna@example.org"
        )
    return name


def _letter(character: str) -> bool:
    """Whether it is a letter or a digit, or a mark upon one."""
    return unicodedata.category(character)[0] in "LMN"
