"""Where private keys live: sealed in the database, or in a PKCS#11 token, as is configured for
their purpose. A key stays where it was made; its successor is made where the settings say then."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.jose import thumbprint
from keys.pkcs11 import Token, TokenLost, TokenSigner
from keys.ring import KeyRecord, Purpose
from keys.sealing import Sealer
from keys.signer import (
    RSA_BITS,
    RSA_TOKEN_BITS,
    Algorithm,
    PublicKey,
    Signer,
    SoftwareSigner,
    load_public_key,
)

_IN_TOKEN: Final = b"pkcs11:"
"""Begins what stands in the place of a private key (DER begins with 0x30). It is sealed like one,
so that a row says nothing that another could have written."""


class Custody:
    """Makes private keys and opens them."""

    def __init__(self, sealer: Sealer, tokens: Mapping[Purpose, Token] | None = None) -> None:
        self._sealer = sealer
        self._tokens = dict(tokens or {})
        self._by_label = {token.address.label: token for token in self._tokens.values()}

    def generate(
        self, purpose: Purpose, algorithm: Algorithm, now: int, owner: str = ""
    ) -> KeyRecord:
        """A fresh key, active at once. Not stored yet; raises TokenLost."""
        bits = RSA_TOKEN_BITS if purpose is Purpose.TOKEN else RSA_BITS
        token = self._tokens.get(purpose)
        if token is None:
            signer = SoftwareSigner.generate(algorithm, bits)
            return self._seal(
                _record(purpose, owner, algorithm, signer.public_key, now), signer.export()
            )
        key_id, public_key = token.generate(algorithm, bits, f"{purpose} {owner}".strip())
        return self._seal(
            _record(purpose, owner, algorithm, public_key, now),
            _IN_TOKEN + key_id + token.address.label.encode(),
        )

    def open(self, record: KeyRecord) -> Signer:
        """The private key of a record; raises SealBroken, TokenLost."""
        opened = self._sealer.open(record.sealed, record.context)
        if not opened.startswith(_IN_TOKEN):
            return SoftwareSigner.load(opened, record.algorithm)
        key_id, label = opened[7:23], opened[23:].decode()
        if label not in self._by_label:
            raise TokenLost(f"{record.context} is in token {label}, which is not configured")
        public_key = load_public_key(record.public)
        return TokenSigner(self._by_label[label], key_id, record.algorithm, public_key)

    def _seal(self, record: KeyRecord, secret: bytes) -> KeyRecord:
        return replace(record, sealed=self._sealer.seal(secret, record.context))


def _record(
    purpose: Purpose, owner: str, algorithm: Algorithm, public_key: PublicKey, now: int
) -> KeyRecord:
    public = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return KeyRecord(thumbprint(public_key), purpose, owner, algorithm, public, b"", now, now)
