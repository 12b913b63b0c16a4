"""What a page says to everybody alike is made once a language; what may vary can't be in it."""

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.urls import set_script_prefix
from django.utils.translation import override

LOAD = "{% load i18n static unvarying %}"


def test_it_is_made_for_each_language_and_prefix() -> None:
    piece = Template(
        LOAD + '{% unvarying %}{% translate "Help" %} {% url "door" %}{% endunvarying %}'
    )
    for _twice in range(2):
        for language, word in (("sv", "Hjälp"), ("en", "Help")):
            with override(language):
                assert piece.render(Context()) == f"{word} /"
    try:
        set_script_prefix("/below/")
        assert piece.render(Context()).endswith(" /below/")
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize(
    "varies",
    [
        "{{ user }}",
        "{% csrf_token %}",
        "{% if user %}you{% endif %}",
        "{% translate word %}",
        '{% translate "Help"|upper %}',
        '{% translate "Help" context where %}',
        "{% url 'tour' who=who %}",
        "{% static file %}",
    ],
)
def test_what_may_vary_is_refused(varies: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="may vary"):
        Template(LOAD + "{% unvarying %}" + varies + "{% endunvarying %}")
