"""Addresses under /audit/."""

from django.urls import path

from befreg_reserv.audit import views

app_name = "audit"
urlpatterns = [path("", views.log, name="log")]
