"""What each page is for, in two sentences, behind "?": one entry for each address.

A form's answer that stays on its own address has the help of the page that the form stands on, or
of its room.
"""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.access import ANSWERS_ON

Words = str | Promise

# By the name of the address.
PAGES: dict[str, Words] = {
    "sign-in": _(
        "Here you sign in with your vgr-id and the password of this application. Without one, ask"
        " the administrator."
    ),
    "break-glass": _(
        "For when nobody can sign in as usual: name and secret stand in a sealed envelope. It opens"
        " once, for some hours, and the administrators and auditors are told why."
    ),
    "glass:index": _(
        "Sealed accounts for when nobody can sign in as usual: which are sealed, and which were"
        " used, by whom and why. A used one is dead until you make a new envelope."
    ),
    "claims:index": _(
        "Which claims of the hospital's identity provider give which roles and wards. Each change"
        " first shows who would get or lose what, among those who have signed in that way."
    ),
    "locked": _(
        "The workstation is locked, and nothing is lost. Type your password to go on, or let"
        " somebody else sign in."
    ),
    "password": _(
        "Here you change your own password. Nobody else ever gets to know it; who has forgotten it"
        " gets a one-time password from the administrator."
    ),
    "account": _(
        "What the application knows of you: your roles, where you are signed in, and what the log"
        " holds of you today. From here you change your password, and sign out where you forgot to."
    ),
    "colleague:index": _(
        "Here two of you let a colleague in who has forgotten the password, when no administrator"
        " is there. One begins, another confirms; both names stand in the log."
    ),
    "colleague:every": _(
        "The one-time passwords that two colleagues gave a third. Ask them if it was right, and"
        " note that you have looked."
    ),
    "pin": _(
        "Here you choose six digits that unlock your own screen at the till's computers, within the"
        " shift. The password unlocks as ever, and a few wrong PINs ask for it."
    ),
    "tour": _(
        "A short tour of what you do here, page by page. Leave it whenever you like; you find it"
        " again behind the question mark."
    ),
    "till:board": _(
        "The till's start page: whether Befreg is down, what is left in the binder, and who waits."
        " From here you take a call, and read back what wasn't read back."
    ),
    "till:call": _(
        "Here you take a call and get the number to read out. The number is chosen when you send"
        " the form, so nothing is taken until then."
    ),
    "till:call-taken": _(
        "The call with its patients and their numbers. Whoever has no number yet is served from"
        " here, or taken off the list with a reason."
    ),
    "till:slips": _(
        "The slips of all numbers of the call, to be printed at once. Each print is logged."
    ),
    "till:number": _(
        "The number to read out, letter by letter. Write what the caller repeats: both are"
        " compared, and a wrong one is seen before it reaches a wristband."
    ),
    "till:slip": _(
        "The number on paper, for whoever takes it to the ward. Each print is logged, and there is"
        " none once the patient has a real number."
    ),
    "ward:open": _(
        "All that your ward has left to do, the oldest first. Each number that it has got is"
        " confirmed at the patient, replaced by a real number and reported to RAPS."
    ),
    "ward:done": _(
        "The numbers that need nothing more of you, the latest first. Here you look up which"
        " patient a number became."
    ),
    "ward:done-rows": _(
        "What is done as a file for a spreadsheet. A long one is made meanwhile; the page says how"
        " far it is."
    ),
    "ward:handout": _(
        "One number from the call to the notice: what has been done, and what is next. What became"
        " wrong is put right from here too."
    ),
    "ward:notice-sheet": _(
        "What is to be entered in RAPS, to read from or to print. When that is done you come back"
        " and say so."
    ),
    "ward:wrong": _(
        "What can be put right of this number. Each choice says what it does before it does it."
    ),
    "staff:index": _(
        "Everybody who may sign in: search by vgr-id, ward or role, or for whom something is"
        " missing. Open a person to change something, or tick several to do the same to all."
    ),
    "staff:person": _(
        "One person: roles, wards, and what is missing. Here they get another ward or a one-time"
        " password, or are deactivated when they leave."
    ),
    "staff:new": _(
        "Add a person with a role and a ward. The one-time password is shown once: hand it over"
        " yourself."
    ),
    "staff:file": _(
        "Load people from a file, or paste them. You see what would change, and every fault with"
        " its line, before anything is changed."
    ),
    "browsers": _(
        "What browsers refused to load or run on our pages. Nothing of it has run; it shows what"
        " somebody or something tried."
    ),
    "disposal:index": _(
        "Years of the log that are old enough to be thrown away. One person proposes it, a second"
        " one agrees, and whoever runs the server exports and deletes it."
    ),
    "redacting:index": _(
        "Texts that said who a patient is, and were taken away: when, by whom and why. From here"
        " the administrator masks another one."
    ),
    "redacting:new": _(
        "Write the name or the number that stands where it shouldn't. You see every place where it"
        " stands before it is masked for good."
    ),
    "wards:index": _(
        "Here the administrator settles wards that were typed in at the till, and people who belong"
        " to no ward. Until then nobody sees those numbers."
    ),
    "wards:waiting": _(
        "A ward that was typed in at the till. Say which ward was meant, or take it into the"
        " register as a new one."
    ),
    "wards:member": _("Give the person a ward. Then they see that ward's numbers."),
    "wards:file": _(
        "Load the wards from a file, or paste them. You see what would change, and every fault with"
        " its line, before anything is changed."
    ),
    "wards:clinics": _(
        "All clinics of the register, open or closed. From a clinic's page it is renamed or closed."
    ),
    "wards:clinic": _(
        "The clinic's wards, and what became of it. Here you put the spelling right, or begin a"
        " change of the clinic."
    ),
    "wards:new-clinic": _(
        "A clinic that opens gets its place here. Its wards are opened on the page of wards."
    ),
    "wards:rename-clinic": _(
        "The clinic gets another name from a day on, and its wards with it. What was said before"
        " keeps the old one."
    ),
    "wards:close-clinic": _(
        "The clinic closes. Its wards go to other clinics, with their people and all that is open,"
        " or close with it. You see what becomes of each before anything is written."
    ),
    "wards:every": _(
        "All wards of the register, open or closed. From a ward's page it is renamed, merged, split"
        " or closed."
    ),
    "wards:ward": _(
        "What the register says of the ward, who belongs to it, and what became of it. Here you put"
        " that right, or begin a change of the ward."
    ),
    "wards:new": _(
        "A ward that opens gets its place here. It is found at the till as soon as you have sent"
        " the form."
    ),
    "wards:close": _(
        "The ward closes and no other takes over. You see what is open of it before anything is"
        " written."
    ),
    "wards:merge-into": _(
        "The ward goes up in another, which gets its people and all that is open. You see what"
        " would move before anything is written."
    ),
    "wards:rename": _(
        "The ward gets another name or clinic from a day on. What was said of it before keeps the"
        " old name."
    ),
    "wards:split": _(
        "The ward becomes several. You say where each open number and each person goes on."
    ),
    "wards:move-on": _(
        "What a closed ward left is moved to another one, so that somebody closes it."
    ),
    "wards:names": _(
        "What people say instead of a ward's name on the telephone. The till finds the ward by"
        " these too."
    ),
    "binder:overview": _(
        "All that waits for somebody, the worst first, each with who sees to it and for how long it"
        " has waited. The link leads to where it is done."
    ),
    "binder:index": _(
        "What lies in the binders, tab by tab. From here they are filled, counted and refilled."
    ),
    "binder:load": _(
        "Lay in numbers that were created in Befreg. Nothing is loaded until you have seen the"
        " preview and confirmed it."
    ),
    "binder:refill": _(
        "The tabs that are empty, and the numbers to create for them in Befreg. Create them,"
        " print the sheets, and load them here."
    ),
    "binder:count": _(
        "Go through the binder and tick the sheets that lie there. What is missing, or too many, is"
        " followed up from here."
    ),
    "binder:counts": _(
        "All counts of the binders, the latest first. A count that found something wrong says what."
    ),
    "binder:counted": _(
        "What one count found, and what is to be done about it. A sheet too many is destroyed, or"
        " its handout undone."
    ),
    "binder:lost": _(
        "Handouts that a restored backup had forgotten. Enter each again from paper or from the"
        " journal: a patient has the number."
    ),
    "binder:doubled": _(
        "Two patients were given one number. Write what was done when both wards have checked the"
        " wristbands; until then the alarm stands."
    ),
    "numbers:find": _(
        "Find a number by its last four, the whole of it, a birth date or the name in Befreg. You"
        " find what you may see."
    ),
    "numbers:life": _(
        "All that ever happened to one number, and who was shown it. Nothing here can be changed."
    ),
    "outage:index": _(
        "All outages of Befreg and all drills, the latest first. From here a past one is entered"
        " and a planned one announced."
    ),
    "outage:show": _(
        "An outage's story, minute by minute. While it goes on you add notes; afterwards you find"
        " the report and what is left to do."
    ),
    "outage:open": _(
        "What is still open of this outage, the oldest first. When nothing is left it can be signed"
        " off."
    ),
    "outage:report": _(
        "The outage in figures: how many numbers, how long things took, what went wrong. It can be"
        " printed and fetched as a PDF."
    ),
    "outage:rows": _(
        "The handouts as a file for a spreadsheet. A long one is made meanwhile; the page says how"
        " far it is."
    ),
    "outage:report-pdf": _(
        "The report as a PDF file. A long one is made meanwhile; the page says how far it is."
    ),
    "outage:sign-off": _(
        "Sign the outage off when nothing of it is left to do. What is missing stands here, with"
        " the way to it."
    ),
    "outage:past": _(
        "Enter an outage that nobody could enter while it went on. After that come the numbers that"
        " were handed out on paper."
    ),
    "outage:late-entries": _(
        "Enter what was handed out on paper, one number at a time. The time and the name are those"
        " of the paper, not yours."
    ),
    "outage:late-batch": _(
        "Enter a whole paper log at once: paste it or load it. All of it is entered or none, and"
        " every fault is shown with its line."
    ),
    "outage:late": _(
        "Patients who were treated without a number. Each is registered in Befreg afterwards, and"
        " its number written here."
    ),
    "outage:plans": _(
        "Outages of Befreg that are planned, were planned or were called off. The next one stands"
        " on the start pages too."
    ),
    "outage:plan": _(
        "A planned outage: when, which wards, and what each needs. From here it is started, changed"
        " or called off."
    ),
    "outage:plan-new": _(
        "Announce a planned outage. You see what the wards will see before it is announced."
    ),
    "outage:plan-change": _(
        "Change the times or the wards of a planned outage. The wards see that it was changed, and"
        " what stood there before."
    ),
    "outage:plan-need": _(
        "Say what your ward needs during the planned outage. The administrator prepares numbers"
        " from that."
    ),
    "outage:prepared": _(
        "Numbers that were created before a planned outage, and what became of each. After the"
        " outage the ward marks which were used."
    ),
    "outage:prepared-list": _(
        "The ward's prepared numbers, to print and hang up before the outage. Each print is logged."
    ),
    "outage:move-prepared": _(
        "Give a prepared number to another ward, or take it from an outage that was called off."
        " Where it was before is kept."
    ),
    "making:file": _("A file that takes a while to make. Stay here until it is ready, or stop it."),
    "routine:show": _(
        "The hospital's routine for when Befreg doesn't answer, and whom to call now. What stands"
        " here is what every page and print shows."
    ),
    "routine:versions": _(
        "All versions of the routine, also those that no longer hold. The one that holds now is"
        " marked."
    ),
    "routine:version": _("One version of the routine, with who decided on it and until when."),
    "routine:new": _(
        "Write the next version of the routine. You see what the wards will see before it is"
        " decided."
    ),
    "registers": _(
        "What the hospital keeps up to date itself: people, wards, whom to call, the routine, the"
        " switch list, the targets of drills."
    ),
    "contacts:index": _(
        "Whom to call, by kind, with the hours and single days at which each answers. What is"
        " changed here holds at once on every page."
    ),
    "contacts:new": _(
        "Write a new contact: name, number and kind. Hours and single days come after that."
    ),
    "contacts:contact": _(
        "One contact with its hours, and the single days on which it is otherwise. Without hours it"
        " answers at any time."
    ),
    "targets:show": _(
        "How fast a drill should go. The report of a drill keeps the targets that held at its end."
    ),
    "workstations:index": _(
        "Which computers are the till's own. Enrol one while you sit at it; withdraw one that is"
        " replaced or stolen, and it is a stranger's from then on."
    ),
    "switch-list:index": _(
        "What must be switched over when a patient gets a real number. The wards tick it, number by"
        " number."
    ),
    "switch-list:new": _("Write one more thing that must be switched over to the real number."),
    "switch-list:change": _(
        "Change one thing on the switch list, or take it off. What was ticked before stays."
    ),
    "audit:log": _(
        "Who has done and seen what, the newest first. Search for a person, a ward or a number to"
        " answer a question about them."
    ),
    "audit:number": _(
        "Who has seen or done something with a number: each person once, from which unit, how"
        " often, first and latest."
    ),
    "audit:person": _(
        "What a person has seen and done: each number once, how often, first and latest."
    ),
    "audit:unit": _(
        "Which numbers a ward got, what was done with each of them, and by how many people."
    ),
    "audit:extract": _(
        "What a patient may know of the log: when, from which unit and what, by the emergency"
        " number or the real one. No staff is named."
    ),
    "audit:reviews": _(
        "Each month a sample of the log is drawn by lot, and somebody says of each entry whether it"
        " was right. Here is how far that is."
    ),
    "audit:review": _(
        "A month's sample: say of each entry whether it was right, and sign. What was signed stays;"
        " a later word follows it."
    ),
    **dict.fromkeys(
        ("audit:number-file", "audit:person-file", "audit:unit-file"),
        _("The same answer as a file for Excel, with all its lines."),
    ),
    "styleguide": _("Every component of the screens in each of its states. For developers alone."),
}
# Of the pages that answer a form without an entry of their own, by the room of their address.
ROOMS: dict[str, Words] = {
    "till": PAGES["till:board"],
    "ward": PAGES["ward:handout"],
    "staff": PAGES["staff:index"],
    "colleague": PAGES["colleague:index"],
    "wards": PAGES["wards:index"],
    "binder": PAGES["binder:index"],
    "numbers": PAGES["numbers:find"],
    "outage": PAGES["outage:show"],
    "making": PAGES["making:file"],
    "routine": PAGES["routine:show"],
    "contacts": PAGES["contacts:index"],
    "targets": PAGES["targets:show"],
    "glass": PAGES["glass:index"],
    "claims": PAGES["claims:index"],
    "switch-list": PAGES["switch-list:index"],
    "workstations": PAGES["workstations:index"],
    "audit": PAGES["audit:log"],
    "redacting": PAGES["redacting:index"],
    "disposal": PAGES["disposal:index"],
}


def of(match: Any) -> Words:
    """Return what the page of a resolved address is for; "" if nobody knows, as on an error's."""
    if match is None:
        return ""
    page = getattr(match.func, ANSWERS_ON, None) or match.view_name
    return PAGES.get(page) or PAGES.get(match.view_name) or ROOMS.get(match.namespace, "")


def purpose(request: HttpRequest) -> dict[str, Words]:
    """Give templates what the present page is for, as ``purpose``."""
    return {"purpose": of(request.resolver_match)}
