"""A proof is checked by a program that imports nothing of ours."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from befreg_reserv.audit.models import Head
from befreg_reserv.audit.seals import sealing
from tests.audit.entries import entries, entry, run
from tests.audit.seals.history import SIGNER
from tests.ground.lifting import lifted
from tests.served import ROOT

pytestmark = [pytest.mark.django_db]
PROGRAM = ROOT / "docs" / "check_proof.py"


def proved(*words: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("seal_proof", *words, stdout=out)
    proof: dict[str, Any] = json.loads(out.getvalue())
    return proof


def checked(proof: dict[str, Any], folder: Path) -> tuple[int, str]:
    """Let the program check it, with nothing but Python's own library and cryptography."""
    file = folder / "proof.json"
    file.write_text(json.dumps(proof), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-P", PROGRAM, file, str(SIGNER.public)],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.mark.one_database("files")
def test_proofs_hold_elsewhere_and_forged_ones_do_not(tmp_path: Path) -> None:
    written = entries(7)[3]
    sealing.seal_all(SIGNER, most=5)
    row = proved("--row", "audit_logentry", written.pk)
    since = proved("--since", 5)
    assert checked(row, tmp_path)[0] == 0
    assert f'"id":{written.pk},' in checked(row, tmp_path)[1]
    assert checked(since, tmp_path)[0] == 0
    for forged in (
        {**row, "row": row["row"].replace("thing", "other")},
        {**row, "place": row["place"] + 1},
        {**since, "proof": since["proof"][1:]},
        {**since, "older": Head.objects.order_by("-size")[0].note},
    ):
        assert checked(forged, tmp_path)[0] == 1


def test_what_cannot_be_proved() -> None:
    with pytest.raises(CommandError, match="Nothing is sealed"):
        proved("--since", 1)
    written = entry()
    sealing.seal_all(SIGNER)
    later = entry()
    for words, why in (
        (("--row", "audit_logentry", later.pk), "isn't sealed"),
        (("--row", "people_user", 1), "No table people_user"),
        (("--row", "audit_logentry", "x"), "no key"),
        (("--since", 10**9), "No seal"),
    ):
        with pytest.raises(CommandError, match=why):
            proved(*words)
    with lifted():
        run("UPDATE audit_logentry SET act = 'forged' WHERE id = %s", written.pk)
    with pytest.raises(CommandError, match="isn't as it was sealed"):
        proved("--row", "audit_logentry", written.pk)
