"""Another region's format is one class: here one that nobody has, ``RyyyymmddssC``.

It tells the sex by the last digit of its serial, and by no letter. 00–09 are for training.
"""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Value

from custody.models import Binder, ReserveNumber
from custody.numbers import formats, identities, readings, sql
from custody.numbers.formats import Identity, IdentityError, Kind, ReserveFormat, Sex


class Region(ReserveFormat):
    """``R``, birth date, serial, and the sum of all these digits modulo 10."""

    oid = "1.2.3"
    birth_date = slice(1, 9)
    sex = slice(10, 11)
    serial = slice(9, 11)
    sex_marks = {Sex.WOMAN: "02468", Sex.MAN: "13579"}
    first_real_serial = "10"
    whole = r"R[0-9]{11}"
    tail = r"[0-9]{4}"

    def read(self, value: str, today: date | None) -> Identity:
        if self.check_digit(value[:-1]) != value[-1]:
            raise IdentityError(formats.IdentityFault.CHECK_DIGIT, formats._CHECK_DIGIT)
        born = self.read_date(value[self.birth_date])
        training = value[self.serial] < self.first_real_serial
        return Identity(value, self.kind, self.sex_of(value), born, training)

    def parts(self, value: str) -> tuple[str, ...]:
        return value[:9], value[9:]

    def check_digit(self, stem: str) -> str:
        return str(sum(map(int, stem[1:])) % 10)

    def supply(self, sex: Sex) -> int:
        return 45

    def training_numbers(self, birth_date: date, sex: Sex) -> list[str]:
        stems = [f"R{self.written_date(birth_date)}0{digit}" for digit in self.sex_marks[sex]]
        return [stem + self.check_digit(stem) for stem in stems]


BORN = date(2000, 1, 1)
VECTORS = [
    ("R20000101127", Sex.WOMAN, False),
    ("R20000101138", Sex.MAN, False),
    ("R20000101048", Sex.WOMAN, True),
    ("R20000101059", Sex.MAN, True),
]


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "RESERVE", Region())


@pytest.mark.parametrize(("number", "sex", "training"), VECTORS)
def test_python_reads_it(number: str, sex: Sex, training: bool) -> None:
    found = identities.parse_reserve_number(f"{number[:9].lower()} {number[9:]}")
    assert found == Identity(number, Kind.RESERVE, sex, BORN, training)
    assert identities.parse_identity(number) == found
    assert (identities.sex_of(number), found.grouped) == (sex, f"{number[:9]} {number[9:]}")


def test_python_writes_it() -> None:
    assert identities.training_numbers(BORN, Sex.MAN)[2] == "R20000101059"
    assert identities.check_digit("R2000010112") == "7"
    assert identities.numbers_in("R20000101127R20000101138") == ["R20000101127", "R20000101138"]


def test_a_caller_reads_it_back() -> None:
    assert readings.compare("R20000101127", "1137").places == (10,)
    assert [len(group) for group in readings.marked("R20000101127")] == [9, 3]


@pytest.mark.django_db
@pytest.mark.parametrize(("number", "sex", "training"), VECTORS)
def test_constraints_hold_what_it_says(number: str, sex: Sex, training: bool) -> None:
    assert refused(value=number, sex=sex, training=training) == []
    other = identities.other_sex(sex)
    assert refused(value=number, sex=other, training=training) == ["number_tells_its_sex"]
    assert refused(value=number, sex=sex, training=not training) == ["number_training_by_serial"]


def refused(**columns: object) -> list[str]:
    """Return the names of the rules by which the database refuses a row."""
    names = []
    for rule in sql.sex_and_training_constraints("number", sexes=(Sex.WOMAN, Sex.MAN)):
        try:
            rule.validate(ReserveNumber, ReserveNumber(**columns))
        except ValidationError:
            names.append(rule.name)
    return names


@pytest.mark.django_db
def test_queries_and_triggers_ask_for_the_same_date() -> None:
    Binder.objects.create(name="B", training=False, birth_date=BORN)
    stated = Binder.objects.annotate(stated=sql.stated_on(Value("R20000101127"))).values_list(
        "stated", flat=True
    )
    assert [*stated] == [identities.written_date(BORN)]
    assert sql.stated_date("NEW.value") == "SUBSTR(NEW.value, 2, 8)"
