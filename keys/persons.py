"""Natural persons, as their certificates name them (ETSI EN 319 412-2 §4.2.4)."""

from dataclasses import dataclass

from cryptography.x509.oid import NameOID

from keys import der
from keys.certificates import attribute


@dataclass(frozen=True, slots=True)
class Person:
    """Surname and given name as registered, in Khmer; `common_name` in Latin; `identifier` after
    EN 319 412-1 §5.1.3, as `IDCKH-…`, or of a national scheme that `registry` gives."""

    common_name: str
    surname: str
    given_name: str
    identifier: str
    registry: str | None = None
    country: str = "KH"

    @property
    def name(self) -> bytes:
        """The Name, DER."""
        return der.sequence(
            attribute(NameOID.COUNTRY_NAME, der.printable(self.country)),
            attribute(NameOID.SURNAME, der.utf8(self.surname)),
            attribute(NameOID.GIVEN_NAME, der.utf8(self.given_name)),
            attribute(NameOID.SERIAL_NUMBER, der.printable(self.identifier)),
            attribute(NameOID.COMMON_NAME, der.utf8(self.common_name)),
        )
