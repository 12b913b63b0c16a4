"""What pgbench runs: the bare transaction, and the statements that the product sends.

The product's are recorded from two of its own handouts (``tests.bench.inside``): what is the same
in both stays as it is; a key that an earlier statement returned becomes a variable, and a form's
key is made anew each time.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import postgres
from tests.bench.tills import Slice

# Lock, pick, handout, step, log. All handouts are of one patient: no other duty is done.
BARE = """
BEGIN;
SELECT id AS outage FROM outage_outage WHERE ended_at IS NULL AND NOT drill FOR UPDATE \\aset
SELECT id AS number FROM custody_reservenumber
    WHERE NOT training AND sex = 'K' AND taken_at IS NULL
    ORDER BY binder_id, tab LIMIT 1 FOR UPDATE \\aset
UPDATE custody_reservenumber SET taken_at = now() WHERE id = :number AND taken_at IS NULL;
INSERT INTO custody_handout (
    number_id, outage_id, ward_id, patient_id, request_key, caller, caller_name, callback, state,
    handed_out_at, handed_out_by, recorded_at, recorded_by_id, late, read_back_by, bedside_by,
    other_sex_reason, real_kind
) VALUES (
    :number, :outage, {ward}, {patient}, gen_random_uuid(), 'wilma', '', '2102', 'handed_out',
    now(), 'tilda', now(), {user}, false, '', '', '', ''
) RETURNING id AS handout \\aset
INSERT INTO custody_handoutstep (
    handout_id, sequence, act, source, target, at, by, recorded_at, recorded_by_id, reason,
    identity, former_caller, former_callback, former_sex, searched, place
) VALUES (
    :handout, 1, 'hand_out', '', 'handed_out', now(), 'tilda', now(), {user}, '', '', '', '', '',
    false, ''
);
{log};
COMMIT;
"""
FIRST_COLUMN = re.compile(r'^(SELECT|.* RETURNING) ("[a-z_]+"\."id")(,| |$)', re.DOTALL)
UUID = re.compile(r"'[0-9a-f]{32}'::uuid")


def of_product(recorded: Sequence[list[dict[str, Any]]]) -> str:
    """Return the script of what the product sends."""
    lines, names = ["BEGIN;"], dict[int, str]()
    reading = True
    for place, (one, other) in enumerate(zip(*recorded, strict=True)):
        if reading and "FOR UPDATE" in one["sql"]:
            reading = False
        elif reading:
            lines.insert(-1, _filled(one, other, names) + ";")
            continue
        sql, name = _filled(one, other, names), f"key{place}"
        named = FIRST_COLUMN.sub(rf"\1 \2 AS {name}\3", sql)
        lines.append(named + (" \\aset" if named != sql else ";"))
        names |= dict.fromkeys(one["ids"], name) if one["ids"] != other["ids"] else {}
    return "\n".join([*lines, "COMMIT;", ""])


def _filled(one: dict[str, Any], other: dict[str, Any], names: dict[int, str]) -> str:
    """Return a statement with its parameters."""
    parameters = [
        _parameter(mine, its, names, inserting=one["sql"].startswith("INSERT"))
        for mine, its in zip(one["params"], other["params"], strict=True)
    ]
    sql: str = one["sql"] % tuple(parameters)
    return " ".join(sql.split())


def _parameter(
    mine: dict[str, Any], its: dict[str, Any], names: dict[int, str], *, inserting: bool
) -> str:
    if mine["sql"] != its["sql"] and mine["key"] in names:
        return f":{names[mine['key']]}"
    if inserting and mine["sql"] != its["sql"] and UUID.fullmatch(mine["sql"]):
        return "gen_random_uuid()"
    return str(mine["sql"])


def bare(recorded: Sequence[list[dict[str, Any]]], rows: dict[str, int]) -> str:
    """Return the script of the bare transaction. ``rows``: keys of a ward, a patient, a user."""
    log = _filled(recorded[0][-1], recorded[1][-1], {})
    return BARE.strip().format(log=log, **rows).replace("\n    ", " ").replace("\n)", " )") + "\n"


@dataclass
class Pgbench:
    """Runs a script against a database, as many times as there is time for."""

    host: Path
    folder: Path

    def run(self, script: str, database: str, clients: int, seconds: int, mode: str) -> Slice:
        """Return how long each took. ``mode``: prepared, or simple. Raises RuntimeError."""
        file, log = self.folder / "script.sql", self.folder / "log"
        file.write_text(script)
        for old in self.folder.glob("log.*"):
            old.unlink()
        words = [
            *(str(postgres.bindir() / "pgbench"), "--no-vacuum", "--file", str(file)),
            *("--client", str(clients), "--time", str(seconds), "--protocol", mode),
            *("--log", "--log-prefix", str(log), "--host", str(self.host)),
            *("--username", "postgres", database),
        ]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        if done.returncode or "ERROR" in done.stderr:
            raise RuntimeError(f"pgbench: {done.stderr[-3000:]}")
        lines = [
            line for each in self.folder.glob("log.*") for line in each.read_text().splitlines()
        ]
        return Slice(seconds, [int(line.split()[2]) / 1_000_000 for line in lines])
