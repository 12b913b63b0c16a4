"""The SQL that our connections compose is Django's own."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, F, QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.sql.compiler import SQLCompiler

from custody.models import Handout, HandoutStep, ReserveNumber

pytestmark = pytest.mark.both_databases  # each has converters of its own

ALL = Handout.objects.select_related("number__binder", "ward__clinic", "recorded_by")
ORDERED: dict[str, QuerySet[Any, Any]] = {
    "by itself": HandoutStep.objects.all(),
    "by names": ALL.order_by("-handed_out_at", "id"),
    "over a relation": ALL.order_by("ward__clinic__name", "number__tab"),
    "by expressions": ALL.order_by(F("read_back_at").desc(nulls_last=True), Lower("caller")),
    "by a count": ALL.annotate(many=Count("steps")).order_by("-many"),
    "by what is chosen": Handout.objects.values(low=Lower("caller")).order_by("low", "pk"),
    "by what is chosen, again": Handout.objects.values_list(Lower("caller")).order_by(
        Lower("caller")
    ),
    "by a column under another name": Handout.objects.values(n=F("ward")).order_by("n"),
    "without doubles": Handout.objects.values("state").distinct().order_by("ward"),
    "in any order": ALL.order_by("?"),
    "together": ALL.order_by().union(ALL.filter(late=True).order_by()).order_by("pk"),
    "in another": Handout.objects.filter(pk__in=ALL.order_by("pk").values("pk")[:3]),
    "not at all": ALL.order_by().annotate(one=Value(1)),
}
# What is selected, of an ordinary model's rows and otherwise.
SELECTED: dict[str, QuerySet[Any, Any]] = {
    "whole rows": Handout.objects.filter(ward__clinic__name="x"),
    "of an alias": Handout.objects.filter(instead_of__instead_of__ward=1),
    "but for a column": Handout.objects.defer("callback"),
    "a column alone": Handout.objects.only("callback"),
    "with an annotation": Handout.objects.annotate(many=Count("steps")),
    "names": Handout.objects.values_list("callback", "ward__name"),
    "with what is related": ALL.defer("ward__name").filter(number__binder__name="x"),
    "the same relation twice": Handout.objects.select_related("number", "instead_of__number"),
    "an inner query": Handout.objects.filter(number__in=ReserveNumber.objects.filter(sex="K")),
    "a part": Handout.objects.all()[2:5],
}


@pytest.fixture(params=[*ORDERED, *SELECTED])
def rows(request: pytest.FixtureRequest) -> QuerySet[Any, Any]:
    return (ORDERED | SELECTED)[request.param]


def compilers(rows: QuerySet[Any, Any]) -> tuple[Any, Any]:
    """Return our compiler of a query, and Django's."""
    ours: Any = rows.query.chain().get_compiler(connection=connection)
    assert type(ours) is not SQLCompiler
    return ours, SQLCompiler(rows.query.chain(), connection, "default")


def test_it_is_djangos(rows: QuerySet[Any, Any]) -> None:
    ours, djangos = compilers(rows)
    assert ours.as_sql() == djangos.as_sql()


def read(compiler: Any) -> tuple[Any, ...]:
    """Return what a compiler makes of the rows that are read."""
    compiler.as_sql()
    converters = compiler.get_converters([column for column, _sql, _name in compiler.select])
    whose = compiler.klass_info or {}
    return (
        {place: [*map(str, functions)] for place, (functions, _of) in converters.items()},
        (whose.get("model"), whose.get("select_fields")),
        compiler.annotation_col_map,
    )


def test_what_is_read_becomes_what_django_makes_of_it(rows: QuerySet[Any, Any]) -> None:
    ours, djangos = map(read, compilers(rows))
    assert ours == djangos
