"""The rules of sign-offs and reminders."""

from befreg_reserv.audit.triggers import Trigger, append_only, set_once, unchangeable, undeletable
from custody.ledger.rules.calls import WAITING
from custody.ledger.rules.tables import CALLS, DOUBLED, HANDOUTS, OUTAGES, PATIENTS, SIGN_OFFS
from custody.models import Reminder, SignOff
from custody.models.states import OPEN

OUTAGE_NOT_DONE = f"""
    EXISTS (SELECT 1 FROM {OUTAGES} WHERE id = NEW.outage_id AND ended_at IS NULL)
    OR EXISTS (SELECT 1 FROM {HANDOUTS} WHERE outage_id = NEW.outage_id
               AND state IN ({", ".join(f"'{state.value}'" for state in OPEN)}))
    OR EXISTS (SELECT 1 FROM {PATIENTS} p JOIN {CALLS} c ON c.id = p.call_id
               WHERE c.outage_id = NEW.outage_id AND p.state = '{WAITING}')
    OR EXISTS (SELECT 1 FROM {DOUBLED} d JOIN {HANDOUTS} h ON h.id IN (d.first_id, d.second_id)
               WHERE h.outage_id = NEW.outage_id AND d.settled_at IS NULL)
"""  # noqa: S608

RULES: list[Trigger] = [
    *append_only(SignOff),
    Trigger(
        f"{SIGN_OFFS}_of_what_is_done",
        SIGN_OFFS,
        "INSERT",
        "an outage that goes on, has open handouts, or patients who wait, can't be signed off",
        OUTAGE_NOT_DONE,
    ),
    *undeletable(Reminder),
    unchangeable(Reminder, "outage", "ward", "sequence", "day", "handouts", "claimed_at"),
    set_once(Reminder, "sent_at"),
]  # fmt: skip
