"""What may not get worse: a bench that finds less fails.

Ratios, since machines and their moments differ; and of each so much less than was measured on a
quiet machine as a short bench differs from the next. Whoever makes it better raises the figure.
"""

from collections.abc import Iterator, Mapping

# Handouts a second to those of the bare transaction of the same round, on PostgreSQL.
LEAST: Mapping[tuple[str, int], float] = {
    ("the product on postgresql", 1): 0.13,
    ("the product on postgresql", 8): 0.17,
    ("the product on sqlite", 1): 0.18,
    ("the product on sqlite", 8): 0.16,
}


def below(ratios: Mapping[tuple[str, int], float]) -> Iterator[str]:
    """Yield a line for each ratio that is below its least. One that wasn't measured is not."""
    for (name, clients), least in LEAST.items():
        found = ratios.get((name, clients), least)
        if found < least:
            yield f"{name}, {clients} tills: {found:.2f} of the bare transaction, not {least:.2f}"
