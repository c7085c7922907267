"""A PKCS#11 token in software (SoftHSM, from Debian), which can be lost and found again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keys.pkcs11 import Address, module

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")


class SoftHsm:
    """A token named `tra`, in a folder of its own. SoftHSM reads its folder when it is started,
    so a process has one."""

    def __init__(self, folder: Path) -> None:
        self._tokens = folder / "tokens"
        self._tokens.mkdir()
        self._away = folder / "away"
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {self._tokens}\nobjectstore.backend = file\n", encoding="utf-8"
        )
        pin = folder / "pin"
        pin.write_text("1234\n", encoding="utf-8")
        self.address = Address("tra", MODULE, pin)
        os.environ["SOFTHSM2_CONF"] = str(self.configuration)
        subprocess.run(
            [
                "softhsm2-util",
                "--init-token",
                "--free",
                "--label",
                "tra",
                "--pin",
                "1234",
                "--so-pin",
                "12345678",
            ],
            check=True,
            capture_output=True,
        )

    @property
    def uri(self) -> str:
        address = self.address
        return f"pkcs11:token=tra?module-path={address.module}&pin-source=file:{address.pin_source}"

    def restart(self) -> None:
        """All sessions end, as when a token's server is started anew."""
        # Behind the back of those who use it, and while they don't.
        with module(MODULE)._state:
            module(MODULE)._start()

    @contextmanager
    def unplugged(self) -> Iterator[None]:
        """The token is away, and no session outlives that."""
        shutil.move(self._tokens, self._away)
        self._tokens.mkdir()
        self.restart()
        try:
            yield
        finally:
            self._tokens.rmdir()
            shutil.move(self._away, self._tokens)
