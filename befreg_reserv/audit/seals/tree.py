"""A Merkle tree over hashes in order, as RFC 6962 builds it (2.1): a leaf for nothing else.

Its root stands for all leaves and their order. A proof of inclusion shows with a few hashes that
one leaf is among them, a proof of consistency that a larger tree only added to a smaller one.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

EMPTY = hashlib.sha256().digest()
_LEAF, _NODE = b"\x00", b"\x01"


def leaf(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(_LEAF + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of two halves."""
    return hashlib.sha256(_NODE + left + right).digest()


def leaves(data: Iterable[bytes]) -> list[str]:
    """Return the hashes of many leaves, in hexadecimal."""
    sha256 = hashlib.sha256
    return [sha256(_LEAF + each).hexdigest() for each in data]


@dataclass
class Frontier:
    """All that must be known of a tree to add to it: the roots of its complete subtrees.

    They stand from the left, the largest first: one for each bit of ``size``.
    """

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def add(self, hash_of_leaf: bytes) -> None:
        """Add a leaf on the right."""
        roots, size = self.roots, self.size
        while size & 1:
            hash_of_leaf = node(roots.pop(), hash_of_leaf)
            size >>= 1
        roots.append(hash_of_leaf)
        self.size += 1

    def extend(self, hashes: Sequence[bytes]) -> None:
        """Add many leaves on the right, level by level: twice as quick as one by one."""
        sha256, nodes, size = hashlib.sha256, list(hashes), self.size
        self.size += len(nodes)
        rest: list[bytes] = []  # the roots of complete subtrees, the smallest first
        while nodes:
            if size & 1:
                nodes.insert(0, self.roots.pop())
            if len(nodes) & 1:
                rest.append(nodes.pop())
            pairs = zip(nodes[::2], nodes[1::2], strict=True)
            nodes = [sha256(_NODE + left + right).digest() for left, right in pairs]
            size >>= 1
        self.roots += reversed(rest)

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self.roots:
            return EMPTY
        found = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            found = node(left, found)
        return found

    def copy(self) -> "Frontier":
        """Return another one that grows by itself."""
        return Frontier(self.size, list(self.roots))

    def is_of(self, size: int, root: bytes) -> bool:
        """Tell whether it is that of the tree with this size and root."""
        fits = self.size == size and len(self.roots) == size.bit_count()
        return fits and self.root() == root


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these hashes of leaves."""
    frontier = Frontier()
    for each in leaves:
        frontier.add(each)
    return frontier.root()


def _half(size: int) -> int:
    """Return the largest power of two below ``size``: so many leaves stand in the left half."""
    return 1 << (size - 1).bit_length() - 1


def inclusion(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """Return the proof that the leaf at ``place`` is among ``leaves``, the lowest hash first."""
    if not 0 <= place < len(leaves):
        raise IndexError(f"No leaf stands at place {place} of {len(leaves)}.")
    if len(leaves) == 1:
        return []
    half = _half(len(leaves))
    left, right = leaves[:half], leaves[half:]
    if place < half:
        return [*inclusion(left, place), root(right)]
    return [*inclusion(right, place - half), root(left)]


def consistency(leaves: Sequence[bytes], size: int) -> list[bytes]:
    """Return the proof that the tree over ``leaves`` begins with its first ``size`` ones."""
    if not 0 < size <= len(leaves):
        raise IndexError(f"No tree of {size} leaves is the beginning of {len(leaves)}.")
    return _subproof(leaves, size, known=True)


def _subproof(leaves: Sequence[bytes], size: int, *, known: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if known else [root(leaves)]
    half = _half(len(leaves))
    left, right = leaves[:half], leaves[half:]
    if size <= half:
        return [*_subproof(left, size, known=known), root(right)]
    return [*_subproof(right, size - half, known=False), root(left)]
