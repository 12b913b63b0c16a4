"""What the administrator keeps, met while an outage goes on: wards, clinics, contacts, people."""

from uuid import UUID

from django.utils import timezone

from tests.browser.states.state import State, sent

NO_HOURS = {"day-0": "16-08"}
A_KEY = {"request_key": str(UUID(int=1))}
CHANGE = {"day": f"{timezone.localdate()}", "reason": "Beslut i ledningsgruppen"}
ANEW = {**CHANGE, "name": "Operationskliniken"}
SPLIT = {**CHANGE, "names": "IVA A\nIVA B"}
MASKING = {"text": "2102", "reason": "Fel ställe"}
SEVERAL = {"person-{lisa}": "1", "what": "join", **A_KEY}
TWICE = {"name": "Kassa 1", **A_KEY}
PASSWORDS = {"person-{lisa}": "{lisa_mark}", "what": "passwords", "confirmed": "1", **A_KEY}
ENDING = {"person-{lisa}": "1", "person-{adele}": "1", "what": "deactivate", **A_KEY}
PEOPLE = {"text": "vgr-id;roll;avdelning\nnyare1;ward;IVA\nlisa;till;\n", **A_KEY}
WARDS = {"text": "klinik;avdelning;telefon;ort\nAnestesikliniken;IVA;2102;Borås\nOp/IVA;Uppvak;;"}

GLASS = {"vgr_id": "glas-3", "role-till": "on", "place": "Kassaskåpet", **A_KEY}
RULE = {"claim": "groups", "value": "akuten", "ward": "IVA"}

REGISTERS = [
    State("wards", "adele", "/wards/"),
    State("unknown ward", "adele", "/wards/{unknown_ward}/"),
    sent("unknown ward, not said", "adele", "/wards/{unknown_ward}/merge/", {}),
    sent("unknown ward, no name", "adele", "/wards/{unknown_ward}/confirm/", {}),
    State("ward file", "adele", "/wards/file/"),
    sent("ward file, preview", "adele", "/wards/file/", WARDS, 200),
    State("short names of wards", "adele", "/wards/names/"),
    State("every ward", "adele", "/wards/every/"),
    State("closed wards, none", "gunde", "/wards/every/?closed=1&q=zz"),
    State("one ward", "adele", "/wards/every/{ward}/"),
    State("one ward, looking on", "gunde", "/wards/every/{ward}/"),
    State("a closed ward", "adele", "/wards/every/{closed_ward}/"),
    sent("one ward, wrong details", "adele", "/wards/every/{ward}/correct/", {"hsa_id": "x"}),
    State("open a ward", "adele", "/wards/every/new/"),
    State("close a ward", "adele", "/wards/every/{ward}/close/"),
    sent("close a ward, preview", "adele", "/wards/every/{ward}/close/", CHANGE, 200),
    State("merge a ward", "adele", "/wards/every/{ward}/merge/"),
    sent("merge a ward, which", "adele", "/wards/every/{ward}/merge/", {"ward": "i"}),
    State("rename a ward", "adele", "/wards/every/{ward}/rename/"),
    State("split a ward", "adele", "/wards/every/{ward}/split/"),
    sent("split a ward, preview", "adele", "/wards/every/{ward}/split/", SPLIT, 200),
    State("what a closed ward left", "adele", "/wards/every/{closed_ward}/move-on/"),
    State("clinics", "adele", "/wards/clinics/"),
    State("closed clinics", "gunde", "/wards/clinics/?closed=1"),
    State("one clinic", "adele", "/wards/clinics/{clinic}/"),
    State("a closed clinic", "gunde", "/wards/clinics/{closed_clinic}/"),
    sent("one clinic, wrong spelling", "adele", "/wards/clinics/{clinic}/correct/", {}),
    State("open a clinic", "adele", "/wards/clinics/new/"),
    State("rename a clinic", "adele", "/wards/clinics/{clinic}/rename/"),
    sent("rename a clinic, preview", "adele", "/wards/clinics/{clinic}/rename/", ANEW, 200),
    State("close a clinic", "adele", "/wards/clinics/{clinic}/close/"),
    sent("close a clinic, preview", "adele", "/wards/clinics/{clinic}/close/", CHANGE, 200),
    State("registers", "adele", "/registers/"),
    State("what browsers refused", "adele", "/browsers/"),
    State("old years of the log", "gunde", "/log-years/"),
    sent("old years of the log, no reason", "adele", "/log-years/propose/", {}),
    State("masked texts", "adele", "/masked/"),
    State("mask a text", "adele", "/masked/new/"),
    sent("mask a text, nothing said", "adele", "/masked/new/", {}),
    sent("mask a text, preview", "adele", "/masked/new/", MASKING, 200),
    State("contacts", "adele", "/registers/contacts/"),
    State("contacts, looking on", "gunde", "/registers/contacts/"),
    State("somebody new to call", "adele", "/registers/contacts/new/"),
    sent("somebody new to call, faults", "adele", "/registers/contacts/new/", {}),
    State("a contact", "adele", "/registers/contacts/{contact}/"),
    State("a contact, looking on", "gunde", "/registers/contacts/{contact}/"),
    sent("a contact, no number", "adele", "/registers/contacts/{contact}/change/", {}),
    sent("a contact, no hours", "adele", "/registers/contacts/{contact}/hours/", NO_HOURS),
    sent("a contact, no day", "adele", "/registers/contacts/{contact}/days/", {}),
    State("switch list, kept", "adele", "/registers/switch-list/"),
    State("something to switch over", "adele", "/registers/switch-list/new/"),
    sent("something to switch over, faults", "adele", "/registers/switch-list/new/", {}),
    State("something to switch over, kept", "adele", "/registers/switch-list/{switch_item}/"),
    State("break-glass accounts", "adele", "/registers/break-glass/"),
    State("break-glass accounts, looking on", "gunde", "/registers/break-glass/"),
    sent("break-glass account, faults", "adele", "/registers/break-glass/make/", A_KEY),
    sent("break-glass account, made", "adele", "/registers/break-glass/make/", GLASS, 200),
    sent(
        "break-glass account, sealed", "adele", "/registers/break-glass/{glass}/seal/", A_KEY, 200
    ),
    State("rules for sign-ins", "adele", "/registers/sign-on/"),
    State("rules for sign-ins, looking on", "gunde", "/registers/sign-on/"),
    sent("rule for sign-ins, faults", "adele", "/registers/sign-on/add/", {}),
    sent("rule for sign-ins, checked", "adele", "/registers/sign-on/add/", RULE, 200),
    sent("rule for sign-ins, dropping", "adele", "/registers/sign-on/{claim_rule}/drop/", {}, 200),
    State("targets", "adele", "/registers/targets/"),
    State("targets, looking on", "gunde", "/registers/targets/"),
    sent("targets, faults", "adele", "/registers/targets/change/", {}),
    State("the till's computers", "adele", "/registers/workstations/"),
    State("the till's computers, looking on", "gunde", "/registers/workstations/"),
    sent("a computer of the till, no name", "adele", "/registers/workstations/enrol/", {}),
    sent("the till's computers, two of a name", "adele", "/registers/workstations/enrol/", TWICE),
    State("people", "adele", "/people/"),
    State("people, looking on", "gunde", "/people/"),
    State("people, nobody fits", "adele", "/people/?q=zzzzz"),
    sent("several people, nobody", "adele", "/people/several/", {"what": "join"}),
    sent("several people, no ward", "adele", "/people/several/", SEVERAL),
    sent("several people, passwords", "adele", "/people/several/", PASSWORDS, 200),
    sent("several people, checked", "adele", "/people/several/", ENDING, 200),
    State("somebody new", "adele", "/people/new/"),
    sent("somebody new, faults", "adele", "/people/new/", {"ward": "x"}),
    State("people file", "adele", "/people/file/"),
    sent("people file, preview", "adele", "/people/file/", PEOPLE, 200),
    sent("people file, faults", "adele", "/people/file/", {**PEOPLE, "text": "vgr-id;avd\na;b"}),
    State("a person", "adele", "/people/{lisa}/"),
    State("a person, looking on", "gunde", "/people/{lisa}/"),
    State("a person, deactivated", "adele", "/people/{gone}/"),
    sent("a person, wrong mail", "adele", "/people/{lisa}/change/", {"email": "x"}),
    sent("a person, wrong ward", "adele", "/people/{lisa}/move/", {"ward": "x"}),
    sent("a person, no key", "adele", "/people/{lisa}/one-time/", {}),
    sent("a person, reactivated without key", "adele", "/people/{gone}/reactivate/", {}),
    State("person without ward", "adele", "/wards/people/{lisa}/"),
    sent("person without ward, wrong", "adele", "/wards/people/{lisa}/", {"ward": "x"}),
]
