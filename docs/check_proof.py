"""Check a proof that `manage.py seal_proof` wrote, with nothing of the application's.

python3 check_proof.py PROOF.json KEY      # KEY: the public key's line, kept on paper or elsewhere
"""

import base64
import hashlib
import json
import sys


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def is_included(leaf: bytes, place: int, size: int, proof: list[bytes], root: bytes) -> bool:
    # RFC 9162, 2.1.3.2
    last = size - 1
    for each in proof:
        if not last:
            return False
        if place & 1 or place == last:
            leaf = sha(b"\1", each, leaf)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            leaf = sha(b"\1", leaf, each)
        place, last = place >> 1, last >> 1
    return last == 0 and leaf == root


def is_consistent(older: int, newer: int, proof: list[bytes], old_root: bytes, root: bytes) -> bool:
    # RFC 9162, 2.1.4.2
    if older == newer:
        return not proof and old_root == root
    proof, place, last = list(proof), older - 1, newer - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = proof.pop(0) if place else old_root
    for each in proof:
        if not last:
            return False
        if place & 1 or place == last:
            old, new = sha(b"\1", each, old), sha(b"\1", each, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = sha(b"\1", new, each)
        place, last = place >> 1, last >> 1
    return last == 0 and (old, new) == (old_root, root)


def head(note: str, key: str) -> tuple[int, bytes]:  # c2sp.org/signed-note
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text, _, signature = note.rpartition("\n\n")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.split("+", 2)[2])[1:])
    public.verify(base64.b64decode(signature.split()[-1])[4:], f"{text}\n".encode())
    return int(text.splitlines()[1]), base64.b64decode(text.splitlines()[2])


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    size, root = head(given["head"], sys.argv[2])
    proof = [bytes.fromhex(each) for each in given["proof"]]
    if "row" in given:
        leaf = sha(b"\0", given["row"].encode())
        holds = is_included(leaf, given["place"], size, proof, root)
        print(given["row"])
    else:
        older, old_root = head(given["older"], sys.argv[2])
        holds = is_consistent(older, size, proof, old_root, root)
    print(f"The proof holds: {size} rows are signed." if holds else "The proof does NOT hold.")
    sys.exit(not holds)
