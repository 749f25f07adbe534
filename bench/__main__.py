"""`make bench`, or `make bench LEG=feedback`: runs the legs, prints the table and writes it to `bench/results.md`."""

import sys
from importlib import import_module
from pathlib import Path

from bench.table import Row, write

LEGS = [path.stem for path in sorted((Path(__file__).parent / "legs").glob("[!_]*.py"))]
"""Each a module with `measure() -> list[Row]`, which starts what it measures and ends it."""


def main(names: list[str]) -> None:
    if unknown := set(names) - set(LEGS):
        raise SystemExit(f"bench: no such leg: {', '.join(sorted(unknown))}; there are {', '.join(LEGS)}")
    results: dict[str, list[Row]] = {}
    for leg in names or LEGS:
        results[leg] = import_module(f"bench.legs.{leg}").measure()
        print(write(results), flush=True)  # after each: a leg that fails takes no other's rows with it


if __name__ == "__main__":
    main(sys.argv[1:])
