"""Signs what somebody thinks of entries of a sample. A judgement stays; a later one follows it."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import Judgement, Sample, SampledEntry, Signature
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.reviews.refusals import (
    NoteMissing,
    NothingJudged,
    OfNoSample,
    OwnEntry,
)


class Word(NamedTuple):
    """What somebody thinks of an entry, and why."""

    word: str
    note: str


def _signed_meanwhile(
    sample: Sample, words: Mapping[int, Word], event: Event, *, request_key: UUID
) -> Signature | None:
    return _answered(sample, words, request_key)


@act(on_conflict=_signed_meanwhile)
def judge(
    sample: Sample, words: Mapping[int, Word], event: Event, *, request_key: UUID
) -> Done[Signature]:
    """Sign a word for each of some entries of the sample, by their keys in it.

    Raises NothingJudged, NoteMissing, OwnEntry, OfNoSample, KeyReused.
    """
    earlier = _answered(sample, words, request_key)
    if earlier:
        return Done(earlier, new=False)
    if not words:
        raise NothingJudged
    if any(each.word != Judgement.Word.RIGHT and not each.note for each in words.values()):
        raise NoteMissing
    found = SampledEntry.objects.filter(sample=sample, pk__in=words).select_related("entry")
    if len(found) != len(words):
        raise OfNoSample
    if any(each.entry.actor_id == event.recorded_by.pk for each in found):
        raise OwnEntry
    signature = Signature(sample=sample, at=event.at, by=event.recorded_by, request_key=request_key)
    record.insert(signature)
    record.insert(
        *(
            Judgement(signature=signature, sampled=each, **words[each.pk]._asdict())
            for each in found
        )
    )
    record.record(sample, Logged.SAMPLE_JUDGED, event, record.said(judged=len(words)))
    return Done(signature)


def _answered(sample: Sample, words: Mapping[int, Word], request_key: UUID) -> Signature | None:
    signed = Signature.objects.filter(request_key=request_key)

    def same(earlier: Signature) -> bool:
        given = {each.sampled_id: (each.word, each.note) for each in earlier.judgements.all()}
        return earlier.sample_id == sample.pk and given == {**words}

    return answered(signed, request_key, same)
