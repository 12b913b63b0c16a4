"""Addresses under /outage/; custody adds those that tell of numbers."""

from django.urls import URLPattern, path

from outage import views

outage_urls: list[URLPattern] = [
    path("", views.index, name="index"),
    path("start/", views.start, name="start"),
    path("<int:pk>/", views.show, name="show"),
    path("<int:pk>/note/", views.note, name="note"),
    path("<int:pk>/end/", views.end, name="end"),
]
