"""Key records in the database, private keys sealed. Each service keeps its own."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    insert,
    select,
    update,
)

from core.database import Ledger, Transaction
from keys.custody import Custody
from keys.jose import TokenSigner, VerificationKey, verify
from keys.ring import KeyRecord, NoActiveKey, Purpose, Ring
from keys.rotation import RotationPolicy, overdue, succeed
from keys.signer import Algorithm, load_public_key

_REMEMBERED_AT_MOST: Final = 10_000

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("public", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("active_from", BigInteger, nullable=False),
    Column("retired_from", BigInteger),
    Column("gone_from", BigInteger),
)


def save(transaction: Transaction, record: KeyRecord) -> None:
    transaction.execute(insert(keys), asdict(record))


def establish(
    ledger: Ledger, purpose: Purpose, algorithm: Algorithm, custody: Custody, now: int
) -> None:
    """Make a key of the service's own where it has none. Two processes at once may each make
    one; both are published, and the newer one signs."""

    def has_one(transaction: Transaction) -> bool:
        wanted = (keys.c.purpose == purpose, keys.c.algorithm == algorithm, keys.c.owner == "")
        return transaction.execute(select(keys.c.kid).where(*wanted)).first() is not None

    if not ledger.read_now(has_one):
        ledger.write_now(save, custody.generate(purpose, algorithm, now))


def find(transaction: Transaction, kid: str) -> KeyRecord:
    """The key of that thumbprint; raises NoActiveKey."""
    row = transaction.execute(select(keys).where(keys.c.kid == kid)).mappings().one_or_none()
    if row is None:
        raise NoActiveKey(kid)
    return _record(row)


def exists(transaction: Transaction, kid: str) -> bool:
    """Whether that key is one of ours."""
    return transaction.execute(select(keys.c.kid).where(keys.c.kid == kid)).first() is not None


def find_all(transaction: Transaction) -> tuple[KeyRecord, ...]:
    """Every key record, gone ones too."""
    rows = transaction.execute(select(keys).order_by(keys.c.created_at, keys.c.kid)).mappings()
    return tuple(map(_record, rows))


def rotate(
    transaction: Transaction, old: KeyRecord, new: KeyRecord, policy: RotationPolicy, now: int
) -> KeyRecord | None:
    """Store `new` as the successor of `old`, beginning as the policy says; return its record, or
    None where `old` was given an end by another process meanwhile."""
    ended, begun = succeed(old, new, policy, now)
    taken = transaction.execute(
        update(keys)
        .where(keys.c.kid == old.kid, keys.c.retired_from.is_not_distinct_from(old.retired_from))
        .values(retired_from=ended.retired_from, gone_from=ended.gone_from)
    )
    if taken.rowcount == 0:
        return None
    save(transaction, begun)
    return begun


def rotate_overdue(
    ledger: Ledger, purpose: Purpose, policy: RotationPolicy, custody: Custody, now: int
) -> list[KeyRecord]:
    """Make a successor for each key whose time comes; the successors. RSA keys take a second."""
    successors = []
    for old in overdue(ledger.read_now(find_all), purpose, policy, now):
        new = custody.generate(old.purpose, old.algorithm, now, old.owner)
        successors.append(ledger.write_now(rotate, old, new, policy, now))
    return [record for record in successors if record is not None]


@dataclass(frozen=True, slots=True)
class _Second:
    """What a ring says in one second."""

    ring: Ring
    at: int
    signers: dict[tuple[Purpose, Algorithm], TokenSigner] = field(default_factory=dict)
    published: dict[Purpose, tuple[VerificationKey, ...]] = field(default_factory=dict)


class LiveRing:
    """The ring that this process uses now, read again from the database from time to time."""

    def __init__(self, ledger: Ledger, custody: Custody) -> None:
        self._ledger = ledger
        self.custody = custody
        self._token_signers: dict[str, TokenSigner] = {}
        self._verification_keys: dict[tuple[KeyRecord, ...], tuple[VerificationKey, ...]] = {}
        self._right: dict[str, dict[str, Any]] = {}
        self.now = Ring(ledger.read_now(find_all), custody)
        self._this_second = _Second(self.now, 0)

    def token_signer(self, purpose: Purpose, algorithm: Algorithm, now: int) -> TokenSigner:
        """What signs tokens at `now`; raises NoActiveKey."""
        found = self._second(now).signers
        if (purpose, algorithm) not in found:
            record = self.now.active(purpose, algorithm, now)
            if record.kid not in self._token_signers:
                self._token_signers[record.kid] = TokenSigner(self.now.signer(record), record.kid)
            found[purpose, algorithm] = self._token_signers[record.kid]
        return found[purpose, algorithm]

    def verification_keys(self, purpose: Purpose, now: int) -> tuple[VerificationKey, ...]:
        """The published public keys of a purpose."""
        found = self._second(now).published
        if purpose not in found:
            found[purpose] = self._published(purpose, now)
        return found[purpose]

    def _second(self, now: int) -> "_Second":
        """What the ring says at `now`: a key's state is a function of the time alone."""
        known = self._this_second
        if known.at != now or known.ring is not self.now:
            known = self._this_second = _Second(self.now, now)
        return known

    def _published(self, purpose: Purpose, now: int) -> tuple[VerificationKey, ...]:
        published = self.now.published(purpose, now)
        if published not in self._verification_keys:
            self._verification_keys = {published: tuple(map(_verification_key, published))}
            self._right = {}
        return self._verification_keys[published]

    def verify_access_token(self, token: str, typ: str, now: int) -> dict[str, Any]:
        """The claims of a token that this ring signed; raises JoseError. A signature that was
        right stays right as long as the same keys are published, so it is computed once."""
        keys = self.verification_keys(Purpose.TOKEN, now)
        claims = self._right.get(token)
        if claims is None:
            claims = verify(token, keys, {Algorithm.ES256.value}, {typ})
            if len(self._right) >= _REMEMBERED_AT_MOST:
                self._right = {}
            self._right[token] = claims
        return dict(claims)

    async def reload(self) -> None:
        """Take over what was stored since; an unchanged ring keeps its opened keys."""
        records = await self._ledger.read(find_all)
        if set(records) != set(self.now.records):
            self.now = Ring(records, self.custody)


def _record(row: RowMapping) -> KeyRecord:
    purpose, algorithm = Purpose(row["purpose"]), Algorithm(row["algorithm"])
    return KeyRecord(**{**row, "purpose": purpose, "algorithm": algorithm})


def _verification_key(record: KeyRecord) -> VerificationKey:
    algorithms = frozenset({record.algorithm.value})
    return VerificationKey(record.kid, algorithms, load_public_key(record.public))
