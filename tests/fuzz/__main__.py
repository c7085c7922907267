"""`python -m tests.fuzz COUNT [SEED]`: mutations over all cores; exit status 1 where one passes."""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz.mutations import Sample, survivors
from tests.fuzz.samples import samples

SHARE = 100


def part(task: tuple[Sample, int]) -> list[str]:
    sample, seed = task
    return survivors(sample, SHARE, seed)


def main(count: int = 20_000, seed: int = 1) -> int:
    found = samples()
    parts = -(-count // SHARE // len(found))
    tasks = [(one, seed * 1_000_000 + number) for number in range(parts) for one in found]
    alive: list[str] = []
    with ProcessPoolExecutor() as pool:
        for done, survived in enumerate(pool.map(part, tasks), 1):
            alive += survived
            print(f"\r{done * SHARE} mutations, {len(alive)} false passes", end="", flush=True)
    print()
    for said in alive[:50]:
        print(said)
    for way, number in Counter(said.split(": ")[1].split()[0] for said in alive).most_common():
        print(f"{number:6} {way}")
    return int(bool(alive))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
