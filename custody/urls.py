"""Addresses of custody's three front doors, one namespace each, and of what it tells of an outage."""

from django.urls import URLPattern, path

from custody.views import binder, overview, slip, till, ward

till_urls: list[URLPattern] = [
    path("", till.board, name="board"),
    path("live/", till.live, name="live"),
    path("call/", till.call, name="call"),
    path("hand-out/", till.hand_out, name="hand-out"),
    path("handouts/<int:pk>/", till.number, name="number"),
    path("handouts/<int:pk>/read-back/", till.read_back, name="read-back"),
    path("handouts/<int:pk>/slip/", slip.slip, name="slip"),
    path("handouts/<int:pk>/sheet-missing/", till.sheet_missing, name="sheet-missing"),
]

ward_urls: list[URLPattern] = [
    path("", ward.open_handouts, name="open"),
    path("done/", ward.ended_handouts, name="done"),
    path("handouts/<int:pk>/", ward.handout, name="handout"),
    path("handouts/<int:pk>/check/", ward.check, name="check"),
    path("handouts/<int:pk>/notice-sheet/", ward.notice_sheet, name="notice-sheet"),
    path("handouts/<int:pk>/replace/", ward.replace, name="replace"),
    path("handouts/<int:pk>/notice/", ward.file_notice, name="notice"),
    path("handouts/<int:pk>/void/", ward.void, name="void"),
    path("handouts/<int:pk>/undo/", ward.undo, name="undo"),
    path(
        "handouts/<int:pk>/withdraw-replacement/",
        ward.withdraw_replacement,
        name="withdraw-replacement",
    ),
    path("handouts/<int:pk>/withdraw-notice/", ward.withdraw_notice, name="withdraw-notice"),
]

binder_urls: list[URLPattern] = [
    path("", binder.index, name="index"),
    path("load/", binder.load, name="load"),
    path("overview/", overview.overview, name="overview"),
    path("missing/<int:pk>/explain/", overview.explain, name="explain"),
]

# Under /outage/, in its namespace.
story_urls: list[URLPattern] = []
