"""The bench fails where the product has become slower."""

from tests.bench.handouts import least


def test_a_ratio_below_its_least_is_named() -> None:
    (slow, enough), *_ = least.LEAST.items()
    assert list(least.below({slow: enough - 0.01})) == [
        f"{slow[0]}, {slow[1]} tills: {enough - 0.01:.2f} of the bare transaction, not {enough:.2f}"
    ]


def test_what_is_as_quick_or_was_not_measured_is_well() -> None:
    assert not [*least.below(least.LEAST), *least.below({})]
