"""The rules of this app that the database keeps by trigger."""

from befreg_reserv.audit.triggers import (
    LATEST,
    Trigger,
    append_only,
    kept_for,
    set_once,
    unchangeable,
    undeletable,
)
from outage.models import (
    Contact,
    Doubt,
    Need,
    Outage,
    Plan,
    PlanChange,
    PlanMail,
    Reading,
    Routine,
    RoutineStep,
    Tick,
    TimelineEntry,
)
from outage.models.seen import READING_DAYS

OUTAGES = Outage._meta.db_table
PLANS = Plan._meta.db_table
CHANGES = PlanChange._meta.db_table
MAILS = PlanMail._meta.db_table
DOUBTS = Doubt._meta.db_table
TICKS = Tick._meta.db_table
ROUTINES = Routine._meta.db_table
STEPS = RoutineStep._meta.db_table

PLAN_FORBIDS = f"""
    EXISTS (SELECT 1 FROM {PLANS} WHERE id = NEW.plan_id
            AND (drill <> NEW.drill OR cancelled_at IS NOT NULL))
"""  # noqa: S608  table names of our own
PLAN_NAMED_NOW = "COALESCE(OLD.plan_id, 0) <> COALESCE(NEW.plan_id, 0)"
PLAN_HAS_BEGUN = f"EXISTS (SELECT 1 FROM {OUTAGES} WHERE plan_id = NEW.id)"  # noqa: S608
TELLS_OTHERWISE = f"""
    EXISTS (SELECT 1 FROM {CHANGES} WHERE id = NEW.change_id
            AND (act = '{PlanChange.Act.CANCELLED.value}')
                <> (NEW.kind = '{PlanMail.Kind.CANCELLED.value}'))
"""  # noqa: S608
DOUBT_IS_CLOSED = f"""
    EXISTS (SELECT 1 FROM {DOUBTS} WHERE id = NEW.doubt_id AND closed_at IS NOT NULL)
"""  # noqa: S608

# A version's row seals its steps, which are written before it: foreign keys wait for the COMMIT.
VERSION_STANDS = f"EXISTS (SELECT 1 FROM {ROUTINES} WHERE version = NEW.routine_id)"  # noqa: S608
STEPS_ARE_LEFT_OUT = f"""
    (SELECT COUNT(DISTINCT moment) FROM {STEPS} WHERE routine_id = NEW.version)
    < {len(RoutineStep.Moment)}
"""  # noqa: S608
VERSION_IS_SKIPPED = f"""
    NEW.version <> (SELECT COALESCE(MAX(version), 0) + 1 FROM {ROUTINES})
"""  # noqa: S608

TO_COME = "no outage starts or ends in the future"

FITS_PLAN = "an outage is real or a drill as its plan is, and that isn't cancelled"

RULES: list[Trigger] = [
    *append_only(TimelineEntry),
    *append_only(PlanChange),
    *append_only(Tick),
    *kept_for(Reading, "at", READING_DAYS),
    *undeletable(Outage),
    unchangeable(Outage, "kind", "drill", "started_at"),
    set_once(Outage, "ended_at"),
    set_once(Outage, "plan"),
    set_once(Outage, "signed_off_at"),
    set_once(Outage, "call_to_number_seconds"),
    set_once(Outage, "close_out_minutes"),
    Trigger(
        f"{OUTAGES}_not_to_come_on_insert",
        OUTAGES,
        "INSERT",
        TO_COME,
        f"NEW.started_at > {LATEST} OR NEW.ended_at > {LATEST}",
    ),
    # An outage that a wrong clock started in the future, before this rule, can end at its start.
    Trigger(
        f"{OUTAGES}_not_to_come_on_update",
        OUTAGES,
        "UPDATE",
        TO_COME,
        f"OLD.ended_at IS NULL AND NEW.ended_at > {LATEST} AND NEW.ended_at > NEW.started_at",
    ),
    Trigger(f"{OUTAGES}_fits_plan_on_insert", OUTAGES, "INSERT", FITS_PLAN, PLAN_FORBIDS),
    Trigger(
        f"{OUTAGES}_fits_plan_on_update",
        OUTAGES,
        "UPDATE",
        FITS_PLAN,
        f"{PLAN_NAMED_NOW} AND {PLAN_FORBIDS}",
    ),
    *undeletable(Plan),
    Trigger(
        f"{PLANS}_cancelled_before_it_begins",
        PLANS,
        "UPDATE",
        "what has begun can't be cancelled",
        f"OLD.cancelled_at IS NULL AND NEW.cancelled_at IS NOT NULL AND {PLAN_HAS_BEGUN}",
    ),
    unchangeable(Plan, "drill"),
    set_once(Plan, "cancelled_at"),
    *undeletable(Need),
    unchangeable(Need, "plan", "ward"),
    *undeletable(PlanMail),
    unchangeable(PlanMail, "change", "ward", "kind", "sequence", "to", "claimed_at"),
    set_once(PlanMail, "sent_at"),
    set_once(PlanMail, "again_at"),
    Trigger(
        f"{MAILS}_tells_what_happened",
        MAILS,
        "INSERT",
        "a mail says that a plan is cancelled if it is, and never otherwise",
        TELLS_OTHERWISE,
    ),
    *undeletable(Doubt),
    unchangeable(Doubt, "drill", "opened_at"),
    set_once(Doubt, "closed_at"),
    Trigger(
        f"{DOUBTS}_closed_for_good",
        DOUBTS,
        "UPDATE",
        "what came of a doubt never changes",
        "OLD.closed_at = NEW.closed_at AND (OLD.outcome <> NEW.outcome"
        " OR COALESCE(OLD.outage_id, 0) <> COALESCE(NEW.outage_id, 0))",
    ),
    Trigger(
        f"{TICKS}_of_an_open_doubt",
        TICKS,
        "INSERT",
        "nothing is ticked once a doubt is closed",
        DOUBT_IS_CLOSED,
    ),
    *undeletable(Contact),
    *append_only(Routine),
    *append_only(RoutineStep),
    Trigger(
        f"{STEPS}_with_their_version",
        STEPS,
        "INSERT",
        "no step is added to a version of the routine",
        VERSION_STANDS,
    ),
    Trigger(
        f"{ROUTINES}_whole",
        ROUTINES,
        "INSERT",
        "a version of the routine has a step for each moment",
        STEPS_ARE_LEFT_OUT,
    ),
    Trigger(
        f"{ROUTINES}_in_order",
        ROUTINES,
        "INSERT",
        "versions of the routine follow each other",
        VERSION_IS_SKIPPED,
    ),
]
