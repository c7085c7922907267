"""Keys that never leave a PKCS#11 token: what is signed is hashed here, and the digest goes in.

Sessions are pooled. A token that was lost (unplugged, restarted, its network gone) is looked for
again at the next signature; until it is back, signing raises TokenLost.
"""

import ctypes
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore, Condition, Lock
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

import pkcs11
from pkcs11 import MGF, Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import MechanismInvalid, NoSuchKey, PKCS11Error, UserAlreadyLoggedIn
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from keys.handles import new_bytes
from keys.signer import Algorithm, PublicKey, encode_ecdsa, load_public_key

T = TypeVar("T")

SESSIONS: Final = 8
"""What one process has open at a token; more signers wait."""

_OS_LOCKING_OK: Final = 2  # CKF_OS_LOCKING_OK
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 §9.2
_PSS: Final = (Mechanism.SHA256, MGF.SHA256, 32)


class TokenLost(Exception):
    """The token, or the key in it, cannot be reached."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which token, by which library, and the file that its PIN stands in (RFC 7512)."""

    label: str
    module: Path
    pin_source: Path


def parse_address(uri: str) -> Address:
    """`pkcs11:token=LABEL?module-path=…&pin-source=…`; raises ValueError. A PIN by value is
    refused: settings are read by more people than its file (RFC 7512 §7.1)."""
    scheme, _, rest = uri.partition(":")
    path, _, query = rest.partition("?")
    asked = dict(parse_qsl(query, strict_parsing=True, separator="&"))
    parts = dict(part.partition("=")[::2] for part in path.split(";"))
    if scheme != "pkcs11" or set(parts) != {"token"} or set(asked) != {"module-path", "pin-source"}:
        raise ValueError("is pkcs11:token=LABEL?module-path=FILE&pin-source=FILE")
    pin_source = Path(asked["pin-source"].removeprefix("file:"))
    label = unquote_to_bytes(parts["token"]).decode()
    return Address(label, Path(asked["module-path"]), pin_source)


@dataclass
class _Seat:
    """A session and the keys that were looked up in it, by CKA_ID."""

    session: pkcs11.Session
    generation: int
    keys: dict[bytes, Any] = field(default_factory=dict)

    def key(self, key_id: bytes) -> Any:
        if key_id not in self.keys:
            # Asks whether the session is alive: of a search in a dead one the library could
            # not let go without a complaint.
            self.session.generate_random(8)
            self.keys[key_id] = self.session.get_key(
                object_class=ObjectClass.PRIVATE_KEY, id=key_id
            )
        return self.keys[key_id]


class _Arguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS (PKCS#11 §3.7)."""

    _fields_ = (
        ("CreateMutex", ctypes.c_void_p),
        ("DestroyMutex", ctypes.c_void_p),
        ("LockMutex", ctypes.c_void_p),
        ("UnlockMutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("pReserved", ctypes.c_void_p),
    )


class Module:
    """A token's library, of which a process has one. It may be started anew only while nobody is
    in it (PKCS#11 §5.4, C_Finalize).

    python-pkcs11 starts libraries as if there were one thread (`C_Initialize(NULL)`), and then
    they fall over their own sessions; so we start them, telling them of our threads.
    """

    def __init__(self, path: Path) -> None:
        self._library = pkcs11.lib(str(path))
        self._functions = ctypes.CDLL(str(path))
        self._inside = 0
        self._state = Condition()
        self.generation = 0
        self._start()

    @contextmanager
    def entered(self) -> Iterator[tuple[Any, int]]:
        """The library, and how often it was started."""
        with self._state:
            generation = self.generation
            self._inside += 1
        try:
            yield self._library, generation
        finally:
            with self._state:
                self._inside -= 1
                self._state.notify_all()

    def restart(self, generation: int) -> None:
        """Start it anew, unless somebody else did since `generation`."""
        with self._state:
            while self._inside:
                self._state.wait()
            if self.generation == generation:
                self.generation += 1
                self._start()

    def _start(self) -> None:
        self._functions.C_Finalize(None)
        arguments = _Arguments(flags=_OS_LOCKING_OK)
        if refused := self._functions.C_Initialize(ctypes.byref(arguments)):
            raise TokenLost(f"C_Initialize: {refused:#x}")


@cache
def module(path: Path) -> Module:
    """The one library of that path in this process."""
    return Module(path)


class Token:
    """A PKCS#11 token."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._opening = Lock()
        self._free: list[_Seat] = []
        self._seats = BoundedSemaphore(SESSIONS)

    def generate(self, algorithm: Algorithm, rsa_bits: int, label: str) -> tuple[bytes, PublicKey]:
        """A fresh key that cannot be taken out: its CKA_ID, and its public key."""
        key_id = new_bytes(16)

        def make(seat: _Seat) -> bytes:
            how: dict[str, Any] = {
                "id": key_id,
                "label": label,
                "store": True,
                "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
            }
            if algorithm is Algorithm.ES256:
                curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
                parameters = seat.session.create_domain_parameters(KeyType.EC, curve, local=True)
                public, _ = parameters.generate_keypair(**how)
                return encode_ec_public_key(public)
            public, _ = seat.session.generate_keypair(KeyType.RSA, rsa_bits, **how)
            return encode_rsa_public_key(public)

        # RSA keys come as RSAPublicKey (RFC 8017 Appendix A.1.1), which loads too.
        return key_id, load_public_key(self._seated(make))

    def sign(self, key_id: bytes, algorithm: Algorithm, message: bytes) -> bytes:
        """A signature as `Signer.sign` returns it; raises TokenLost."""
        digest = hashlib.sha256(message).digest()

        def sign(seat: _Seat) -> bytes:
            key = seat.key(key_id)
            match algorithm:
                case Algorithm.ES256:
                    # Raw: the common software token has no CKM_ECDSA_SHA256.
                    return bytes(key.sign(digest, mechanism=Mechanism.ECDSA))
                case Algorithm.RS256:
                    return bytes(key.sign(_SHA256_INFO + digest, mechanism=Mechanism.RSA_PKCS))
                case Algorithm.PS256:
                    pss = Mechanism.RSA_PKCS_PSS
                    return bytes(key.sign(digest, mechanism=pss, mechanism_param=_PSS))

        signature = self._seated(sign)
        if algorithm is not Algorithm.ES256:
            return signature
        half = len(signature) // 2
        return encode_ecdsa(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))

    def _seated(self, work: Callable[[_Seat], T]) -> T:
        """Do it with a session; where that fails, once more with the library started anew."""
        with self._seats:
            generation = self._module.generation
            try:
                return self._attempt(work)
            except (NoSuchKey, MechanismInvalid) as error:  # it is there, and cannot do it
                raise self._lost(error) from error
            except PKCS11Error:
                pass  # what the error holds of its session is let go before the restart
            try:
                self._module.restart(generation)
                return self._attempt(work)
            except PKCS11Error as error:
                raise self._lost(error) from error

    def _lost(self, error: PKCS11Error) -> TokenLost:
        return TokenLost(f"{self.address.label}: {type(error).__name__}")

    @property
    def _module(self) -> Module:
        """Opened at first use: settings are read by commands that sign nothing."""
        with self._opening:
            return module(self.address.module)

    def _attempt(self, work: Callable[[_Seat], T]) -> T:
        with self._module.entered() as (library, generation):
            seat = self._take(library, generation)
            done = work(seat)
            self._free.append(seat)  # one that failed is not used again
            return done

    def _take(self, library: Any, generation: int) -> _Seat:
        while self._free:
            try:
                seat = self._free.pop()
            except IndexError:  # another thread was quicker
                break
            if seat.generation == generation:
                return seat
        token = library.get_token(token_label=self.address.label)
        pin = self.address.pin_source.read_text(encoding="utf-8").strip()
        try:
            return _Seat(token.open(rw=True, user_pin=pin), generation)
        except UserAlreadyLoggedIn:  # by this process, for all its sessions
            return _Seat(token.open(rw=True), generation)


class TokenSigner:
    """A private key in a token."""

    def __init__(
        self, token: Token, key_id: bytes, algorithm: Algorithm, public_key: PublicKey
    ) -> None:
        self.algorithm = algorithm
        self.public_key = public_key
        self._token = token
        self._key_id = key_id

    def sign(self, message: bytes) -> bytes:
        return self._token.sign(self._key_id, self.algorithm, message)
