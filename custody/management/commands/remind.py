"""``manage.py remind``: mail what is due: reminders, alarms, and what was announced.

For a timer: a run with nothing due sends nothing.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, no_translations

from befreg_reserv import clock
from befreg_reserv.audit import trail
from befreg_reserv.mailing import Unreachable
from befreg_reserv.people.break_glass import mails as glass
from befreg_reserv.people.resets import mails as resets
from befreg_reserv.people.resets.mails import ResetDue
from befreg_reserv.times import moment
from custody.handouts import doubled_mail, reminders
from custody.handouts.doubled_mail import DueMail
from custody.handouts.followup import open_by_ward
from custody.handouts.reminders import Letter, Recipient
from outage.models import Outage
from outage.plans import mails
from outage.plans.mails import DueMail as PlanDue


class Command(BaseCommand):
    """Prints what becomes of each mail, but never the numbers in it."""

    help = (
        "Mail the reminders that are due. Exit 1: one failed, or no administrator has an address."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--dry-run``."""
        parser.add_argument("--dry-run", action="store_true", help="send nothing, say what is due")

    @no_translations  # the command line speaks English throughout
    def handle(self, *_args: Any, **options: Any) -> None:
        """Send what is due, or print it; then name the wards that no mail reaches."""
        at = clock.now()
        due = reminders.letters(at)
        all_well = self._print_unaddressed([letter for letter in due if not letter.addresses])
        alarms = doubled_mail.due(at)
        broken, by_two = glass.due(at), resets.due(at)
        untold = [
            *(_about_glass(mail) for mail in broken if not mail.addresses),
            *(_about_double(mail) for mail in alarms if not mail.addresses),
            *(_about_reset(mail) for mail in by_two if not mail.addresses),
        ]
        for line in untold:
            self.stderr.write(f"Nobody to write to: {line}")
        all_well &= not untold
        if options["dry_run"]:
            for line in (
                *map(_about_glass, broken),
                *map(_about_double, alarms),
                *map(_about_reset, by_two),
                *map(_about_plan, mails.due(at)),
            ):
                self.stdout.write(f"Due: {line}")
            self._print_due([letter for letter in due if letter.addresses])
        else:
            with trail.command("remind"):
                all_well &= self._try_all()
        self._print_outages(at)
        for ward in (row.ward for row in open_by_ward(at) if not row.ward.email):
            name = reminders.name_of(ward)
            self.stdout.write(f"Open numbers, and no e-mail address: {name} (ward {ward.pk})")
        if not all_well:
            sys.exit(1)

    def _print_due(self, due: list[Letter]) -> None:
        for letter in due:
            self.stdout.write(f"Due: {_line(letter)}")
        if not due:
            self.stdout.write("Nothing is due now. Mails go out on weekdays from 08 to 17.")

    def _print_unaddressed(self, letters: list[Letter]) -> bool:
        """Print the letters without an address; return whether the administrators have one."""
        for letter in letters:
            self.stderr.write(f"Nobody to write to: {_line(letter)}")
        return all(letter.kind is not Recipient.ADMINISTRATORS for letter in letters)

    def _print_outages(self, at: datetime) -> None:
        """Print the outages that hold reminders back, and those that seem forgotten."""
        hours = timedelta(hours=settings.REMIND_ANYWAY_AFTER_HOURS)
        for outage in reminders.held_back(at):
            begun, until = moment(outage.started_at), moment(outage.started_at + hours)
            self.stdout.write(
                f"Held back while {_outage(outage)} is ongoing, since {begun}."
                f" From {until} reminders go out all the same."
            )
        for outage in reminders.forgotten(at):
            begun = moment(outage.started_at)
            self.stdout.write(f"Open since {begun}: {_outage(outage)}. Has nobody ended it?")

    def _try_all(self) -> bool:
        """Send what is due, alarms first; return whether all of it was sent."""
        sent = [self._send(kind()) for kind in KINDS]  # the others too when one fails
        return all(sent)

    def _send(self, outcomes: Iterator[tuple[str, str]]) -> bool:
        """Print what becomes of each mail and why it failed; return whether none did."""
        failed = 0
        try:
            for line, failure in outcomes:
                failed += bool(failure)
                if failure:
                    self.stderr.write(f"Failed: {line}: {failure}")
                else:
                    self.stdout.write(f"Sent: {line}")
        except Unreachable as error:
            self.stderr.write(f"No mail server; what isn't sent stays due. {error}")
            return False
        return not failed


def _of_broken_glass() -> Iterator[tuple[str, str]]:
    for outcome in glass.send(clock.now):
        yield _about_glass(outcome.due), outcome.failure


def _warn() -> Iterator[tuple[str, str]]:
    for outcome in doubled_mail.send(clock.now):
        yield _about_double(outcome.due), outcome.failure


def _of_resets() -> Iterator[tuple[str, str]]:
    for outcome in resets.send(clock.now):
        yield _about_reset(outcome.due), outcome.failure


def _announce() -> Iterator[tuple[str, str]]:
    for outcome in mails.send(clock.now):
        yield _about_plan(outcome.due), outcome.failure


def _remind() -> Iterator[tuple[str, str]]:
    for outcome in reminders.remind(clock.now):
        yield _line(outcome.letter), outcome.failure


# Alarms first.
KINDS: tuple[Callable[[], Iterator[tuple[str, str]]], ...] = (
    _of_broken_glass,
    _warn,
    _of_resets,
    _announce,
    _remind,
)


def _outage(outage: Outage) -> str:
    return f"{'drill' if outage.drill else 'outage'} {outage.pk}"


def _about_double(mail: DueMail) -> str:
    reader = f"ward {mail.ward.pk}" if mail.ward else "administrators"
    to = ", ".join(mail.addresses)
    return f"{reader} <{to}> about two patients with one number (alarm {mail.alarm.pk})"


def _about_reset(mail: ResetDue) -> str:
    return f"administrators <{', '.join(mail.addresses)}> about reset {mail.reset.pk} by two"


def _about_glass(mail: glass.GlassDue) -> str:
    to = ", ".join(mail.addresses)
    account = mail.breaking.seal.account
    return f"administrators and auditors <{to}> about the break-glass account {account}"


def _about_plan(mail: PlanDue) -> str:
    return f"ward {mail.ward.pk} <{mail.ward.email}>: plan {mail.plan.pk} {mail.kind.value}"


def _line(letter: Letter) -> str:
    about = (
        f"{loops.name} (ward {loops.ward.pk}, outage {loops.outage.pk}, "
        f"{loops.handouts} open, reminder {loops.turn})"
        for loops in letter.about
    )
    return f"{letter.kind} <{', '.join(letter.addresses)}> about {'; '.join(about)}"
