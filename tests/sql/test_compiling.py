"""The SQL that our connections compose is Django's own."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, F, QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.sql.compiler import SQLCompiler

from custody.models import Handout, HandoutStep

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


@pytest.mark.parametrize("rows", ORDERED.values(), ids=ORDERED)
def test_it_is_djangos(rows: QuerySet[Any, Any]) -> None:
    ours = rows.query.chain().get_compiler(connection=connection)
    djangos = SQLCompiler(rows.query.chain(), connection, "default")
    assert type(ours) is not SQLCompiler
    assert ours.as_sql() == djangos.as_sql()
