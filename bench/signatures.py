"""`python -m bench.signatures`: what the library does in a second, beside stock pyHanko.

Each workload runs in a process of its own on one core; figures are medians of CPU time, and the
most memory that the process had. No HTTP, no database: `python -m bench` has those.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from asn1crypto import x509

from bench.load import SERVER_CORE
from bench.stock import Stock
from keys import timestamp
from keys.revocation import Status, ocsp_for
from keys.ring import Purpose
from signing import policies
from signing.formats import names, spelling
from signing.formats.cades import sealing as cades
from signing.formats.digests import Hashed
from signing.formats.pades import intake
from signing.formats.pades.seal import OfPdf
from signing.formats.plain.document import read_plain
from signing.formats.plain.lexer import NotPlain
from signing.formats.reading import gather
from signing.formats.trust import Asked
from signing.rules.report import Verdict
from signing.rules.validation import validate
from tests.documents import page_objects, pdf, stream
from tests.keys.authorities import MINISTRY
from tests.seals import Sealer

_IMAGE: Final = b"/Type /XObject /Subtype /Image /Width 100 /Height 100 /ColorSpace /DeviceGray"
_COMMENT: Final = b"% a comment\n"
_SIZES: Final = {"100 kB": 99_000, "10 MB": 9_999_000}


@dataclass(frozen=True, slots=True)
class Work:
    """Something to be measured; `beside` names the workload of stock pyHanko to compare with."""

    name: str
    run: Callable[[], object]
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Microseconds of CPU time (median), and bytes of memory at the most."""

    cpu_us: float
    memory: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--seconds", type=float, default=3)
    chosen = parser.parse_args()
    fork = multiprocessing.get_context("fork")
    found: dict[str, Measured] = {}
    print(f"{'':44} {'a second':>9} {'us CPU':>9} {'MB':>6}  beside stock pyHanko")
    for work in works():
        if chosen.only not in work.name and not work.name.startswith("stock"):
            continue
        _WORK[0] = work
        with ProcessPoolExecutor(1, mp_context=fork) as apart:
            measured = found[work.name] = apart.submit(_measure, chosen.seconds).result()
        ratio = f"{found[work.beside].cpu_us / measured.cpu_us:.1f} times" if work.beside else ""
        each, megabytes = 1e6 / measured.cpu_us, measured.memory / 1e6
        print(
            f"{work.name:44} {each:9.0f} {measured.cpu_us:9.0f} {megabytes:6.0f}  {ratio}",
            flush=True,
        )


_WORK: Final = [Work("nothing", lambda: None)]
"""What a child inherits: it cannot be sent to one."""


def _measure(seconds: float) -> Measured:
    os.sched_setaffinity(0, {int(SERVER_CORE)})
    run = _WORK[0].run
    if _WORK[0].name.startswith("stock"):  # as it comes, without what we mend of it
        spelling.uninstall()
        x509.Name.__eq__, x509.Name.hashable = names.compare, property(names.prepare)
    run()
    taken: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(taken) < 5:
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Measured(statistics.median(taken) * 1e6, memory)


def document(size: int, odd: bytes = b"", where: int = 5) -> bytes:
    """A page with a picture of so many bytes; `odd` goes into an object, its font (5) or the
    catalogue (1)."""
    resources = b"/Resources << /XObject << /Image 6 0 R >> "
    made = page_objects(o6=stream(os.urandom(size), _IMAGE + b" /BitsPerComponent 8"))
    made[where] = made[where].replace(b"/Type", odd + b"/Type", 1)
    made[3] = made[3].replace(b"/Resources << ", resources)
    return pdf(made)


def works() -> Iterator[Work]:
    """Stock pyHanko's first, each time."""
    sealer = Sealer(datetime.now(UTC))
    stock = Stock(sealer)
    for size, length in _SIZES.items():
        kinds = {
            "plain": document(length),
            "other": document(length, _COMMENT),  # of which pyHanko reads an object
            "odd": document(length, _COMMENT, where=1),  # which pyHanko looks through, and writes
        }
        assert [_is_plain(one) for one in kinds.values()] == [True, False, False]
        assert intake.check(kinds["odd"]).prepared is None
        for level in ("B-T", "B-LT"):
            name = f"stock seals {level}, {size}"
            held = kinds["plain"]
            yield Work(name, lambda d=held, one=level: stock.seal(d, lasting=one == "B-LT"))
            for kind, held in kinds.items():
                yield Work(
                    f"seals {level}, {size}, {kind}, unchecked",
                    lambda d=held, one=level: _seal(sealer, d, one),
                    name,
                )
                yield Work(
                    f"seals {level}, {size}, {kind}, checked",
                    lambda d=held, one=level: _seal_and_judge(sealer, d, one),
                    name,
                )
        yield from _verifications(sealer, stock, kinds, size)
    yield from _authority(sealer)


def _is_plain(document: bytes) -> bool:
    held = read_plain(document)
    try:
        return bool([held.read(number) for number in held.numbers])
    except NotPlain:
        return False


def _verifications(
    sealer: Sealer, stock: Stock, kinds: dict[str, bytes], size: str
) -> Iterator[Work]:
    for whose, sealed in (
        *((f"ours, {kind}", sealer.seal(held)) for kind, held in kinds.items()),
        ("stock's", stock.seal(kinds["plain"], lasting=True)),
    ):
        name = f"stock verifies {whose}, {size}"
        assert stock.verify(sealed)
        assert _judge(sealer, sealed) is Verdict.AUTHENTIC
        yield Work(name, lambda d=sealed: stock.verify(d))
        yield Work(f"verifies {whose}, {size}", lambda d=sealed: _judge(sealer, d), name)


def _authority(sealer: Sealer) -> Iterator[Work]:
    known, digest = sealer.authorities, bytes(32)
    asked = timestamp.Asked("sha256", digest)
    yield Work(
        "digests sealed (CMS with time-stamp)",
        lambda: cades.sign(digest, sealer.identity, sealer.stamp, sealer.now),
    )
    yield Work(
        "time-stamps", lambda: timestamp.token(asked, known.time_authority, datetime.now(UTC))
    )
    yield Work(
        "OCSP answers",
        lambda: ocsp_for(
            known.seal.certificate, Status(), known.responder, sealer.now, sealer.now + 3_600
        ),
    )
    yield Work("certificates, linted", lambda: known.issue(Purpose.SEAL, MINISTRY, sealer.now))


def _seal(sealer: Sealer, held: bytes, level: str) -> bytes:
    """Looked through and sealed."""
    return sealer.seal(held) if level == "B-LT" else sealer.sign(held)


def _seal_and_judge(sealer: Sealer, held: bytes, level: str) -> Verdict:
    """As the service does it before it answers."""
    made = OfPdf(Hashed(held), intake.check(held))
    part = made.sign(sealer.identity, sealer.stamp, sealer.utc).part
    if level == "B-LT":
        part = made.add_validation_data(part, sealer.proofs())
    evidence = made.evidence(part, Asked(sealer.anchors))
    made.assemble(part)
    return validate(evidence, {}, sealer.now, policies.default()).verdict


def _judge(sealer: Sealer, sealed: bytes) -> Verdict:
    evidence = gather(sealed, sealer.anchors)
    return validate(evidence, {}, sealer.now, policies.default()).verdict


if __name__ == "__main__":
    main()
