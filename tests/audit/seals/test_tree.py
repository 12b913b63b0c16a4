"""The tree is RFC 6962's: the vectors are those of its reference implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from befreg_reserv.audit.seals import tree
from docs import check_proof

LEAVES = [
    tree.leaf(bytes.fromhex(data))
    for data in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert tree.root(LEAVES[:size]).hex() == ROOTS[size]


def test_published_proofs() -> None:
    assert [each.hex() for each in tree.inclusion(LEAVES, 5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [each.hex() for each in tree.consistency(LEAVES[:5], 2)] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]


@given(st.integers(1, 70), st.data())
def test_any_proof_holds_and_none_of_another_leaf(size: int, data: st.DataObject) -> None:
    leaves = [tree.leaf(str(each).encode()) for each in range(size)]
    place, older = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    included, grown = tree.inclusion(leaves, place), tree.consistency(leaves, older)
    whole, part = tree.root(leaves), tree.root(leaves[:older])
    assert check_proof.is_included(leaves[place], place, size, included, whole)
    assert not check_proof.is_included(tree.leaf(b"x"), place, size, included, whole)
    assert check_proof.is_consistent(older, size, grown, part, whole)
    assert not check_proof.is_consistent(older, size, grown, tree.leaf(b"x"), whole)


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_frontier_grows_into_the_same_root(first: int, more: int) -> None:
    leaves = [tree.leaf(str(each).encode()) for each in range(first + more)]
    frontier = tree.Frontier()
    for each in leaves[:first]:
        frontier.add(each)
    assert frontier.is_of(first, tree.root(leaves[:first]))
    at_once = frontier.copy()
    at_once.extend(leaves[first:])
    for each in leaves[first:]:
        frontier.add(each)
    assert frontier.root() == tree.root(leaves)
    assert at_once == frontier
