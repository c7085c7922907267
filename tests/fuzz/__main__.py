"""`python -m tests.fuzz COUNT [SEED] [FORMAT]`: mutations over all cores, as many of each format;
exit status 1 where one passes."""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz.mutations import Sample, survivors
from tests.fuzz.samples import samples

SHARE = 50


def part(task: tuple[Sample, int]) -> list[str]:
    sample, seed = task
    return survivors(sample, SHARE, seed)


def main(count: str = "20000", seed: str = "1", wanted: str = "") -> int:
    found = [one for one in samples() if wanted in ("", one.format)]
    of_format = Counter(one.format for one in found)
    tasks = [
        (one, int(seed) * 1_000_000 + number)
        for one in found
        for number in range(-(-int(count) // SHARE // len(of_format) // of_format[one.format]))
    ]
    made, passed, said = Counter[str](), Counter[str](), []
    with ProcessPoolExecutor() as pool:
        for (sample, _), survived in zip(tasks, pool.map(part, tasks), strict=True):
            made[sample.format] += SHARE
            passed[sample.format] += len(survived)
            said += survived
            if sys.stdout.isatty():
                print(
                    f"\r{made.total()} mutations, {passed.total()} false passes", end="", flush=True
                )
    print(f"\r{made.total()} mutations, {passed.total()} false passes")
    for name in of_format:
        print(f"{name:18}{made[name]:7} mutations {passed[name]:5} false passes")
    print(*said[:200], sep="\n")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
