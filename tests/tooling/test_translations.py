"""The Swedish catalogue: collected, compiled and checked, on a small project made for it."""

import gettext
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from befreg_reserv.management.commands.translations import CATALOGUE, collect, problems, update

ENTRY = 'msgid "{}"\nmsgstr "{}"\n\n'


@pytest.fixture
def project(tmp_path: Path, settings: Settings) -> Path:
    """An empty project with one package, which the command takes for its own."""
    settings.BASE_DIR = tmp_path
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "templates").mkdir()
    return tmp_path


def python(project: Path, text: str) -> None:
    (project / "shop" / "views.py").write_text(text, encoding="utf-8")


def template(project: Path, text: str) -> None:
    (project / "templates" / "page.html").write_text(text, encoding="utf-8")


def catalogue(project: Path, text: str) -> None:
    path = project / CATALOGUE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def translate(project: Path, *pairs: tuple[str, str]) -> None:
    catalogue(project, "".join(ENTRY.format(*pair) for pair in pairs))
    call_command("translations", compile=True)


def strings(project: Path) -> set[tuple[object, str | None]]:
    return {(message.id, message.context) for message in collect(project) if message.id}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("_('Sex')", ("Sex", None)),
        ("gettext('Sex')", ("Sex", None)),
        ("gettext_lazy('Sex')", ("Sex", None)),
        ("gettext_noop('Sex')", ("Sex", None)),
        ("_('One '\n  'text')", ("One text", None)),
        ("ngettext('%(n)s tab', '%(n)s tabs', 2)", (("%(n)s tab", "%(n)s tabs"), None)),
        ("ngettext_lazy('%d tab', '%d tabs')", (("%d tab", "%d tabs"), None)),
        ("pgettext('paper', 'Tab')", ("Tab", "paper")),
        ("pgettext_lazy('paper', 'Tab')", ("Tab", "paper")),
        ("npgettext('paper', 'Tab', 'Tabs', 2)", (("Tab", "Tabs"), "paper")),
    ],
)
def test_collects_from_python(project: Path, source: str, expected: tuple[object, str]) -> None:
    python(project, source)
    assert strings(project) == {expected}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<p>{% translate "Sex" %}</p>', ("Sex", None)),
        ("{% translate 'Don”t' as word %}", ("Don”t", None)),
        ('{% translate "Tab" context "paper" %}', ("Tab", "paper")),
        ('{% translate "50 % left" %}', ("50 %% left", None)),
        ('{{ _("Sex") }}', ("Sex", None)),
        ('{{ name|default:_("unknown") }}', ("unknown", None)),
        ('{% include "x.html" with title=_("Sex") %}', ("Sex", None)),
        ("{% blocktranslate %}Ward {{ w }}{% endblocktranslate %}", ("Ward %(w)s", None)),
        (
            "{% blocktranslate trimmed %}\n  One\n  text\n{% endblocktranslate %}",
            ("One text", None),
        ),
        (
            '{% blocktranslate context "paper" trimmed %}\n  Tab\n{% endblocktranslate %}',
            ("Tab", "paper"),
        ),
        (
            "{% blocktranslate count n=left trimmed %} {{ n }} tab"
            "\n{% plural %}\n {{ n }} tabs {% endblocktranslate %}",
            (("%(n)s tab", "%(n)s tabs"), None),
        ),
        (
            '{% blocktranslate count n=left context "paper" %}Tab{% plural %}Tabs'
            "{% endblocktranslate %}",
            (("Tab", "Tabs"), "paper"),
        ),
    ],
)
def test_collects_from_templates(project: Path, source: str, expected: tuple[object, str]) -> None:
    # Indented at will and full of what Python can't read, as pages are.
    template(project, f"<ul>\n      <li>Don't (</li>\n   {source}\n  \t'''0x_ ö\n</ul>\n")
    assert strings(project) == {expected}


def test_leaves_out_tests_migrations_and_what_lies_beside_the_packages(project: Path) -> None:
    for folder in ("tests", "shop/migrations", "var/old"):
        (project / folder).mkdir(parents=True)
        (project / folder / "__init__.py").write_text("_('never')", encoding="utf-8")
    assert strings(project) == set()


def test_refuses_a_template_that_django_refuses(project: Path) -> None:
    template(project, "{% blocktranslate %}{% if x %}{% endif %}{% endblocktranslate %}")
    with pytest.raises(CommandError, match=r"page\.html"):
        collect(project)


def test_update_keeps_adds_and_drops(project: Path) -> None:
    python(project, "_('kept'); _('new')")
    catalogue(project, ENTRY.format("kept", "behållen") + ENTRY.format("gone", "borta"))
    call_command("translations", update=True)
    text = (project / CATALOGUE).read_text(encoding="utf-8")
    assert text.endswith(
        "#: shop/views.py\n" + ENTRY.format("kept", "behållen") + "#: shop/views.py\n"
        'msgid "new"\nmsgstr ""\n'
    )
    assert "gone" not in text


def test_update_twice_changes_nothing(project: Path) -> None:
    python(project, "\n_('b'); ngettext('a', 'as', 1); pgettext('x', 'b')")
    update(project)
    first = (project / CATALOGUE).read_bytes()
    python(project, "_('b')\npgettext('x', 'b')\n\nngettext('a', 'as', 1)")
    update(project)
    assert (project / CATALOGUE).read_bytes() == first


def test_update_marks_a_string_that_became_plural(project: Path) -> None:
    python(project, "ngettext('tab', 'tabs', 1)")
    translate(project, ("tab", "flik"))
    update(project)
    call_command("translations", compile=True)
    assert [line.split(":")[0] for line in problems(project)] == ["fuzzy", "untranslated"]


def test_compiles_what_gettext_reads(project: Path) -> None:
    catalogue(
        project,
        'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "tab"\nmsgid_plural "tabs"\nmsgstr[0] "flik"\nmsgstr[1] "flikar"\n\n'
        'msgctxt "call"\nmsgid "Next"\nmsgstr "Nästa samtal"\n\n',
    )
    call_command("translations", compile=True)
    with (project / CATALOGUE).with_suffix(".mo").open("rb") as file:
        swedish = gettext.GNUTranslations(file)
    assert [swedish.ngettext("tab", "tabs", n) for n in (1, 2)] == ["flik", "flikar"]
    assert swedish.pgettext("call", "Next") == "Nästa samtal"


def test_check_passes_a_complete_catalogue(project: Path) -> None:
    python(project, "_('Ward %(ward)s'); _('50 % left'); _('{n} tabs')")
    translate(
        project,
        ("Ward %(ward)s", "Avdelning %(ward)s"),
        ("50 % left", "50 % av"),
        ("{n} tabs", "{n} flikar"),
    )
    call_command("translations", check=True)


@pytest.mark.parametrize(
    ("source", "entries", "fault"),
    [
        ("_('a')", "", "missing: 'a' in shop/views.py"),
        ("pgettext('x', 'a')", ENTRY.format("a", "å"), "missing: 'a' (context 'x')"),
        ("_('a')", ENTRY.format("a", ""), "untranslated: 'a' in shop/views.py"),
        ("_('a')", "#, fuzzy\n" + ENTRY.format("a", "å"), "fuzzy: 'a'"),
        ("", ENTRY.format("a", "å"), "obsolete: 'a'"),
        ("", "#~ " + ENTRY.format("a", "å").strip().replace("\n", "\n#~ "), "obsolete: 'a'"),
        ("_('%(a)s')", ENTRY.format("%(a)s", "%(b)s"), "placeholders differ: '%(a)s'"),
        ("_('%(a)s')", ENTRY.format("%(a)s", "nothing"), "placeholders differ"),
        ("_('%(a)s')", ENTRY.format("%(a)s", "%(a)d"), "placeholders differ"),
        ("_('{a}')", ENTRY.format("{a}", "{b}"), "placeholders differ"),
        ("_('{} of {}')", ENTRY.format("{} of {}", "{}"), "placeholders differ"),
        ("_('%s %d')", ENTRY.format("%s %d", "%d %s"), "placeholders differ"),
        ("_('a')", ENTRY.format("a", "%s"), "placeholders differ"),
    ],
)
def test_check_names_each_fault(project: Path, source: str, entries: str, fault: str) -> None:
    python(project, source)
    catalogue(project, entries)
    call_command("translations", compile=True)
    with pytest.raises(CommandError) as refused:
        call_command("translations", check=True)
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("one", "many", "fits"),
    [
        ("%(n)s flik", "%(n)s flikar", True),
        ("en flik", "%(n)s flikar", False),
        ("%(n)s flik", "flera flikar", False),
        ("%(n)s flik", "", False),
    ],
)
def test_check_reads_both_plural_forms(project: Path, one: str, many: str, *, fits: bool) -> None:
    python(project, "ngettext('%(n)s tab', '%(n)s tabs', 1)")
    catalogue(
        project,
        f'msgid "%(n)s tab"\nmsgid_plural "%(n)s tabs"\nmsgstr[0] "{one}"\nmsgstr[1] "{many}"\n',
    )
    call_command("translations", compile=True)
    assert (problems(project) == []) is fits


def test_one_may_leave_its_count_out_where_the_source_does(project: Path) -> None:
    python(project, "ngettext('one tab', '%(n)s tabs', 1)")
    for one in ("en flik", "%(n)s flik"):
        catalogue(
            project,
            'msgid "one tab"\nmsgid_plural "%(n)s tabs"\n'
            f'msgstr[0] "{one}"\nmsgstr[1] "%(n)s flikar"\n',
        )
        call_command("translations", compile=True)
        assert problems(project) == []


def test_check_sees_a_stale_or_missing_compiled_file(project: Path) -> None:
    catalogue(project, "")
    assert [line.split(":")[0] for line in problems(project)] == ["stale"]
    translate(project, ("a", "å"))
    python(project, "_('a')")
    catalogue(project, ENTRY.format("a", "ä"))
    assert [line.split(":")[0] for line in problems(project)] == ["stale"]


def test_refuses_a_broken_catalogue_by_name(project: Path) -> None:
    catalogue(project, "<<<<<<< ours\n" + ENTRY.format("a", "å"))
    with pytest.raises(CommandError, match=r"django\.po"):
        call_command("translations", check=True)


def test_asks_what_to_do(project: Path) -> None:
    with pytest.raises(CommandError, match="--update"):
        call_command("translations")
