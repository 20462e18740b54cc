"""The secret that signs login cookies."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path


def cookie_secret(folder: Path, password: str) -> str:
    """The signing secret for this password, from a random file that only the user can read.

    The password is mixed in, so that changing it logs everybody out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cookie.secret"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        os.chmod(path, 0o600)
    else:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    key = path.read_text(encoding="ascii").strip()
    if len(key) < 64:
        # An empty key, left by a full disk, would let anyone sign cookies.
        path.unlink()
        return cookie_secret(folder, password)
    return hmac.new(key.encode("ascii"), password.encode("utf-8"), hashlib.sha256).hexdigest()
