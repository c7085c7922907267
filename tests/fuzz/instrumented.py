"""`python -m tests.fuzz.instrumented TARGET SECONDS`: tests.fuzz.guided runs it for each target."""

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["clients", "core", "idp", "keys", "signing", "tra"]):
    from tests.fuzz.every import TARGETS
from tests.fuzz.kept import KEPT
from tests.fuzz.mutating import mutated

SLOWEST = 20
"""Seconds that one input may take."""


def main(name: str, seconds: str) -> None:
    """Ends the process."""
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds):
        (KEPT / name / f"seed-{number}").write_bytes(seed)

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        dice = Random(seed)
        if dice.random() < 0.4:
            return bytes(atheris.Mutate(data, longest))
        return mutated(data, target.kind, dice, target.seeds)[:longest]

    atheris.Setup(
        [
            sys.argv[0],
            str(KEPT / name),
            f"-max_total_time={seconds}",
            f"-max_len={target.longest}",
            f"-timeout={SLOWEST}",
            f"-exact_artifact_path={KEPT / name}.crash",
            "-rss_limit_mb=4096",
            "-len_control=0",
        ],
        target.run,
        custom_mutator=mutate,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
