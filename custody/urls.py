"""Addresses of till, ward, binder and numbers, a namespace each, and of pages of an outage."""

from django.urls import URLPattern, path

from custody.views import (
    binder,
    calls,
    count,
    doubled,
    late_list,
    lost,
    overview,
    paper,
    prepared,
    report,
    story,
    till,
)
from custody.views.number import extract, life, slip
from custody.views.registers import switch_list
from custody.views.ward import bedside, done, handouts, wrong

# The till's pages that belong to no call yet: reality and drill have an address each. A link that
# doesn't say ``drill`` leads to reality's: Django takes the last address of a name first.
_of_a_drill, _real = (
    [
        path(f"{start}", till.board, {"drill": drill}, name="board"),
        path(f"{start}live/", till.live, {"drill": drill}, name="live"),
        path(f"{start}call/", till.call, {"drill": drill}, name="call"),
        path(f"{start}call/anew/", till.begin_anew, {"drill": drill}, name="begin-anew"),
        path(f"{start}hand-out/", till.hand_out, {"drill": drill}, name="hand-out"),
    ]
    for start, drill in (("drill/", True), ("", False))
)
till_urls: list[URLPattern] = [
    *_of_a_drill,
    *_real,
    path("calls/<int:pk>/", calls.call_taken, name="call-taken"),
    path("calls/<int:pk>/slips/", slip.of_call, name="slips"),
    path("patients/<int:pk>/serve/", calls.serve, name="serve"),
    path("patients/<int:pk>/withdraw/", calls.withdraw, name="withdraw-patient"),
    path("patients/<int:pk>/correct/", calls.correct, name="correct-patient"),
    path("patients/<int:pk>/settle/", calls.settle, name="settle-patient"),
    path("handouts/<int:pk>/", till.number, name="number"),
    path("handouts/<int:pk>/shown/", till.shown, name="shown"),
    path("handouts/<int:pk>/read-back/", till.read_back, name="read-back"),
    path("handouts/<int:pk>/slip/", slip.slip, name="slip"),
    path("handouts/<int:pk>/sheet-seen/", till.sheet_seen, name="sheet-seen"),
    path("handouts/<int:pk>/sheet-missing/", till.sheet_missing, name="sheet-missing"),
]

ward_urls: list[URLPattern] = [
    path("", handouts.open_handouts, name="open"),
    path("done/", done.ended_handouts, name="done"),
    path("done/rows.csv", done.rows, name="done-rows"),
    path("handouts/<int:pk>/", handouts.handout, name="handout"),
    path("handouts/<int:pk>/check/", handouts.check, name="check"),
    path("handouts/<int:pk>/notice-sheet/", handouts.notice_sheet, name="notice-sheet"),
    path("handouts/<int:pk>/bedside/", bedside.confirm, name="bedside"),
    path(
        "handouts/<int:pk>/withdraw-confirmation/",
        bedside.withdraw,
        name="withdraw-confirmation",
    ),
    path("handouts/<int:pk>/switches/", bedside.switch, name="switches"),
    path("handouts/<int:pk>/witness/", bedside.witness, name="witness"),
    path("handouts/<int:pk>/replace/", handouts.replace, name="replace"),
    path("handouts/<int:pk>/notice/", handouts.file_notice, name="notice"),
    path("handouts/<int:pk>/wrong/", wrong.menu, name="wrong"),
    path("handouts/<int:pk>/transfer/", wrong.transfer, name="transfer"),
    path("handouts/<int:pk>/correct/", wrong.correct, name="correct"),
    path("handouts/<int:pk>/wrong-sex/", wrong.wrong_sex, name="wrong-sex"),
    path("handouts/<int:pk>/void/", wrong.void, name="void"),
    path("handouts/<int:pk>/undo/", handouts.undo, name="undo"),
    path(
        "handouts/<int:pk>/withdraw-replacement/",
        handouts.withdraw_replacement,
        name="withdraw-replacement",
    ),
    path("handouts/<int:pk>/withdraw-notice/", handouts.withdraw_notice, name="withdraw-notice"),
]

binder_urls: list[URLPattern] = [
    path("", binder.index, name="index"),
    path("load/", binder.load, name="load"),
    path("overview/", overview.overview, name="overview"),
    path("calls/<int:pk>/caller/", overview.caller, name="caller"),
    path("lost/drill/", lost.lost, {"drill": True}, name="lost"),
    path("lost/", lost.lost, {"drill": False}, name="lost"),
    path("doubled/<int:pk>/", doubled.settle, name="doubled"),
    path("missing/<int:pk>/explain/", overview.explain, name="explain"),
    path("<int:pk>/count/", count.count_binder, name="count"),
    path("<int:pk>/refill/", count.refill, name="refill"),
    path("counts/", count.counts, name="counts"),
    path("counts/<int:pk>/", count.counted, name="counted"),
    path("foreign-sheets/<int:pk>/explain/", count.explain_foreign, name="explain-foreign"),
    path("count-lines/<int:pk>/destroyed/", count.destroyed, name="destroyed"),
]

# A number stands in no address: servers and browsers keep those.
numbers_urls: list[URLPattern] = [
    path("find/", life.find, name="find"),
    path("<int:pk>/", life.show, name="life"),
]

# Under /audit/, in its namespace: the log knows no patients.
extract_urls: list[URLPattern] = [path("extract/", extract.extract, name="extract")]

# Under /outage/, in its namespace.
story_urls: list[URLPattern] = [
    path("<int:pk>/", story.show, name="show"),
    path("<int:pk>/open/", story.open_page, name="open"),
    path("<int:pk>/report/", report.report, name="report"),
    path("<int:pk>/report.pdf", report.report_pdf, name="report-pdf"),
    path("<int:pk>/rows.csv", report.rows, name="rows"),
    path("<int:pk>/sign-off/", report.sign_off, name="sign-off"),
    path("<int:pk>/late-entries/", paper.late_entries, name="late-entries"),
    path("<int:pk>/late-entries/batch/", paper.late_batch_of, name="late-batch"),
    path("<int:pk>/late/", late_list.late, name="late"),
    path("<int:pk>/late/list/", late_list.list_patient, name="list-late"),
    path("late/<int:pk>/register/", late_list.register, name="register-late"),
    path("late/<int:pk>/withdraw/", late_list.withdraw, name="withdraw-late"),
    path("late/<int:pk>/strike/", late_list.strike, name="strike-late"),
    path("plans/<int:pk>/numbers/", prepared.numbers, name="prepared"),
    path("plans/<int:pk>/numbers/enter/", prepared.enter, name="prepare"),
    path("plans/<int:pk>/numbers/<int:ward_pk>/", prepared.ward_list, name="prepared-list"),
    path("prepared/<int:pk>/mark/", prepared.mark, name="mark-prepared"),
    path("prepared/<int:pk>/move/", prepared.move, name="move-prepared"),
]

switch_list_urls: list[URLPattern] = [
    path("", switch_list.index, name="index"),
    path("new/", switch_list.new, name="new"),
    path("<int:pk>/", switch_list.change, name="change"),
]
