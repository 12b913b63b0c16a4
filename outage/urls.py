"""Addresses under /outage/."""

from django.urls import path

from outage import views

app_name = "outage"
urlpatterns = [
    path("", views.index, name="index"),
    path("start/", views.start, name="start"),
    path("<int:pk>/", views.show, name="show"),
    path("<int:pk>/note/", views.note, name="note"),
    path("<int:pk>/end/", views.end, name="end"),
]
