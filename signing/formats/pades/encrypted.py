"""Documents that are encrypted and open without a password (ISO 32000-2 §7.6)."""

from typing import Any, Final

from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.crypt.standard import StandardAESCryptFilter
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader


class _Aes(StandardAESCryptFilter):
    """What is empty was left so by some (PDFBox, in the fields of EU DSS's time-stamps), where
    §7.6.3.1 wants an initialisation vector and padding."""

    def decrypt(self, key: Any, ciphertext: bytes, params: Any = None) -> bytes:
        found: bytes = super().decrypt(key, ciphertext, params) if ciphertext else b""
        return found


_REGISTER: Final = StandardSecurityHandler.register_crypt_filter
_REGISTER(pdf_name("/AESV2"), lambda _, __: _Aes(keylen=16))
_REGISTER(pdf_name("/AESV3"), lambda _, __: _Aes(keylen=32))


def opens(reader: PdfFileReader) -> bool:
    """Whether a file can be read: one that is encrypted may have no password to open it."""
    if not reader.encrypted:
        return True
    return isinstance(reader.security_handler, StandardSecurityHandler) and (
        reader.decrypt(b"").status is not AuthStatus.FAILED
    )
