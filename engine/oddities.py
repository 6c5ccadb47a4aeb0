"""What is odd about these photos: what makes figures wrong although every sum is right.

Copies that lie on both sides of a split, one person under two names, strangers who are known,
a backbone that does not know such faces: each is said in a sentence, with what to do about it.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from engine.doubts import doubts
from engine.features import Features
from engine.gallery import Gallery
from engine.said import joined, listed, noted, said, said_n

Kind = Literal[
    "settings",
    "copies",
    "shared",
    "one person twice",
    "known strangers",
    "no test photo",
    "wrong name",
    "poor figures",
]

POOR = 0.9
"""recall@1 of everybody below which the figures before a deletion are called poor."""

ONE_PERSON = 0.9
"""Likeness of two people, on a scale from strangers (0) to one person (1), that is one person's.

Half of anybody's photos against the other half gives about 1; the likest two of 79 people of LFW
.47 (EdgeFace), the likest two rendered people .55 (mini) and .84 (EdgeFace).
"""


KNOWN, MARGIN = 0.8, 0.4
"""A stranger is somebody known who is that like them, and that much less like the next.

All but one of 79 people of LFW pass as strangers to themselves, none of 1,000 others; of 1,000
rendered strangers 7 (mini) and 1 (EdgeFace) do by chance.
"""

CHANCE_LIKENESS = 0.02

PICTURE = 0.98
"""Cosine from which a stranger's photo is a photo of the gallery, re-encoded at most."""

TELLING = 0.9
"""The share of photos that must look most like their own person before a wrong name is an oddity.

Higher than where somebody reviews each photo: of rendered people, whom dlib hardly tells apart,
it would name some thirty.
"""

FEW = 5
"""Findings of one kind that are told one by one."""

CHUNK = 1024


@dataclass(frozen=True)
class Oddity:
    """One thing worth knowing before a figure is believed.

    `says` is what was found, `advice` what to do about it (empty where `says` has it); `keys` name
    the photos or people in question.
    """

    kind: Kind
    says: str
    advice: str
    keys: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Both sentences."""
        return joined(self.says, self.advice) if self.advice else self.says


def odd(
    gallery: Gallery,
    features: Features,
    pairs: Sequence[tuple[int, int]] = (),
    moved: int = 0,
    strangers: tuple[Gallery, Features] | None = None,
    backbone_notes: Sequence[str] = (),
) -> tuple[Oddity, ...]:
    """Everything odd about a gallery under a backbone, the worst first.

    `pairs` are rows that show one picture (`engine.near_copies`), `moved` how many photos changed
    the side of the split for it, `backbone_notes` what a check of the backbone found wrong.
    """
    shared = _shared_pictures(features, pairs)
    twice = _twice(gallery, features, shared)
    # One person under two names finds the other name: that is no fault of the backbone.
    recall = recall_at_1(features, _merged(features, (*shared, *twice)))
    poor = recall is not None and recall < POOR
    # A backbone that hardly tells people apart takes many pairs for one, and means nothing by it.
    known = () if poor else (*_one_person_twice(gallery, twice),)
    return (
        *(Oddity("settings", note, "") for note in backbone_notes),
        *(_poor(gallery, recall) if recall is not None and poor else ()),
        *_shared(gallery, features, shared),
        *(() if poor else _known_strangers(gallery, features, strangers)),
        *known,
        *_wrong_names(gallery, features, pairs),
        *_copies(gallery, features, pairs, moved),
        *_no_test(gallery, features),
    )


def _poor(gallery: Gallery, recall: float) -> Iterable[Oddity]:
    tries = []
    if gallery.aligned.any():
        tries.append(noted("let the faces be found anew (--align)"))
    tries.append(
        noted("try another backbone (mini knows rendered people only), or look for wrong names")
        if gallery.pictured
        else noted("look for wrong names, or ask how the embeddings were made")
    )
    yield Oddity(
        "poor figures",
        said(
            "Before any deletion only {share:.0f} of 100 test photos find their "
            "person: this model hardly knows these faces, and there is little to "
            "forget.",
            share=100 * recall,
        ),
        said("Before you believe a figure: {tries}.", tries=joined(*tries, by="; ")),
    )


def _wrong_names(
    gallery: Gallery, features: Features, pairs: Sequence[tuple[int, int]]
) -> Iterable[Oddity]:
    labels = features.labels.tolist()
    # Pictures that two people share are told of as such.
    shared = {row for pair in pairs if labels[pair[0]] != labels[pair[1]] for row in pair}
    people = len(gallery.identities)
    found = doubts(features.values, features.labels, people, TELLING)
    found = tuple(one for one in found if one.row not in shared)
    if not found:
        return
    names = [
        said(
            "{key} (more like {other} than like {own})",
            key=_key(gallery, features, one.row),
            other=gallery.display(one.like),
            own=gallery.display(labels[one.row]),
        )
        for one in found
    ]
    yield Oddity(
        "wrong name",
        said_n(
            "{count:,} photo may be wrongly named: {names}.",
            "{count:,} photos may be wrongly named: {names}.",
            len(found),
            names=listed(names),
        ),
        said_n(
            "Look at it, and move it to the right person.",
            "Look at them, and move each to the right person.",
            len(found),
        ),
        tuple(_key(gallery, features, one.row) for one in found),
    )


def _copies(
    gallery: Gallery, features: Features, pairs: Sequence[tuple[int, int]], moved: int
) -> Iterable[Oddity]:
    labels = features.labels.tolist()
    own = [(a, b) for a, b in pairs if labels[a] == labels[b]]
    if not own:
        return
    copies = {b for _, b in own}
    who = sorted({labels[row] for row in copies})
    names = listed([gallery.display(label) for label in who])
    yield Oddity(
        "copies",
        said_n(
            "{count:,} photo of {names} shows a picture that is there already.",
            "{count:,} photos of {names} show a picture that is there already.",
            len(copies),
            names=names,
        ),
        said_n(
            "Copies of a picture enrol or test together; {count:,} photo changed sides for it; "
            "remove them to count each once.",
            "Copies of a picture enrol or test together; {count:,} photos changed sides for it; "
            "remove them to count each once.",
            moved,
        )
        if moved
        else said("Copies of a picture enrol or test together; remove them to count each once."),
        tuple(_key(gallery, features, row) for row in sorted(copies)),
    )


def _shared_pictures(
    features: Features, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], set[int]]:
    """Two people's labels, the smaller first -> rows of the pictures that both have."""
    labels = features.labels.tolist()
    shared: dict[tuple[int, int], set[int]] = {}
    for a, b in pairs:
        if labels[a] != labels[b]:
            one, other = sorted((labels[a], labels[b]))
            shared.setdefault((one, other), set()).add(a)
    return shared


def _shared(
    gallery: Gallery, features: Features, shared: Mapping[tuple[int, int], set[int]]
) -> Iterable[Oddity]:
    for (one, other), rows in list(shared.items())[:FEW]:
        yield Oddity(
            "shared",
            said_n(
                "{one} and {other} share {count:,} picture.",
                "{one} and {other} share {count:,} pictures.",
                len(rows),
                one=gallery.display(one),
                other=gallery.display(other),
            ),
            noted(
                "One of them is wrongly named, or they are one person: move the photos to the "
                "right person, since nobody can be forgotten who is known under another name too."
            ),
            tuple(_key(gallery, features, row) for row in sorted(rows)),
        )
    more = len(shared) - FEW
    words = said_n(
        "{count:,} more pair of people share a picture.",
        "{count:,} more pairs of people share a picture.",
        more,
    )
    yield from _more("shared", list(shared), words, gallery)


def _twice(
    gallery: Gallery, features: Features, shared: Container[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Pairs of labels that look like one person, the likest first, without those that share."""
    people = len(gallery.identities)
    if people < 3:
        return []
    labels = features.labels
    alike = likeness(features.values, labels, features.values, labels, people).triu(1)
    found = [(one, other) for one, other in (alike > ONE_PERSON).nonzero().tolist()]
    return sorted(
        (pair for pair in found if pair not in shared), key=lambda pair: -float(alike[pair])
    )


def _one_person_twice(gallery: Gallery, twice: Sequence[tuple[int, int]]) -> Iterable[Oddity]:
    for one, other in twice[:FEW]:
        yield Oddity(
            "one person twice",
            said(
                "{one} and {other} look like one person.",
                one=gallery.display(one),
                other=gallery.display(other),
            ),
            noted(
                "If they are, put their photos into one folder: forgetting one of two names leaves "
                "the other."
            ),
            (gallery.identities[one], gallery.identities[other]),
        )
    more = len(twice) - FEW
    words = said_n(
        "{count:,} more pair of people look like one person.",
        "{count:,} more pairs of people look like one person.",
        more,
    )
    yield from _more("one person twice", twice, words, gallery)


def _more(
    kind: Kind, pairs: Sequence[tuple[int, int]], words: str, gallery: Gallery
) -> Iterable[Oddity]:
    if len(pairs) > FEW:
        yield Oddity(
            kind,
            words,
            noted("The JSON report names them all."),
            tuple(" + ".join(gallery.identities[label] for label in one) for one in pairs[FEW:]),
        )


def _merged(features: Features, pairs: Iterable[tuple[int, int]]) -> Tensor:
    """The labels [n] with each pair of people under the smaller label."""
    labels = features.labels.clone()
    for one, other in pairs:
        same = torch.isin(labels, torch.tensor([one, other]))
        labels[same] = labels[same].min() if bool(same.any()) else one
    return labels


def _known_strangers(
    gallery: Gallery, features: Features, strangers: tuple[Gallery, Features] | None
) -> Iterable[Oddity]:
    if strangers is None or len(gallery.identities) < 3:
        return
    others, theirs = strangers
    people, count = len(gallery.identities), len(others.identities)
    alike = likeness(features.values, features.labels, theirs.values, theirs.labels, people, count)
    (best, second), (known, _) = alike.topk(2, 0)
    found = (best > KNOWN) & (best - second > MARGIN)
    # A few in a thousand look like somebody by chance, and hardly move the floor.
    found &= found.float().mean() > CHANCE_LIKENESS
    for block, whose in zip(theirs.values.split(CHUNK), theirs.labels.split(CHUNK), strict=True):
        likest, row = (block @ features.values.T).max(1)
        for at in (likest > PICTURE).nonzero()[:, 0].tolist():
            found[whose[at]] = True
            known[whose[at]] = features.labels[row[at]]
    if not bool(found.any()):
        return
    who = found.nonzero()[:, 0].tolist()
    names = [f"{others.display(one)} ({gallery.display(int(known[one]))})" for one in who]
    yield Oddity(
        "known strangers",
        said_n(
            "{who} of {count:,} stranger look like people of the gallery: {names}.",
            "{who} of {count:,} strangers look like people of the gallery: {names}.",
            count,
            who=len(who),
            names=listed(names),
        ),
        noted(
            "Take them out of the strangers: whoever judges as a stranger must not be known, or "
            "the stranger floor is too high."
        ),
        tuple(others.identities[one] for one in who),
    )


def _no_test(gallery: Gallery, features: Features) -> Iterable[Oddity]:
    tested = features.labels[~features.train].bincount(minlength=len(gallery.identities))
    without = [label for label in range(len(gallery.identities)) if not int(tested[label])]
    if not without:
        return
    names = listed([gallery.display(label) for label in without])
    yield Oddity(
        "no test photo",
        said("There is no test photo of {names}.", names=names),
        noted(
            "What a deletion leaves of them cannot be measured; a third photo makes it possible."
        ),
        tuple(gallery.identities[label] for label in without),
    )


def likeness(
    values: Tensor,
    labels: Tensor,
    other_values: Tensor,
    other_labels: Tensor,
    people: int,
    others: int | None = None,
) -> Tensor:
    """How alike people are, [people, others]: 0 as strangers usually are, 1 as one person's photos.

    The mean cosine between the photos of two people, `values` [n, d] of unit norm with `labels`
    [n], on a scale whose zero is the median over pairs of people and whose one is the mean cosine
    of the less uniform person's own photos, at least the 5 % quantile over people.
    """
    mine, count = _sums(values, labels, people)
    within = ((mine * mine).sum(1) - count) / (count * (count - 1)).clamp_min(1)
    several = within[count > 1]
    if not len(several):
        return torch.zeros(people, others or people)
    least = several.quantile(0.05)
    within = torch.where(count > 1, within, several.median()).clamp_min(least)
    same = others is None
    theirs, other_count = (mine, count) if same else _sums(other_values, other_labels, others or 0)
    cross = (mine @ theirs.T) / (count[:, None] * other_count).clamp_min(1)
    off = ~torch.eye(people, dtype=torch.bool) if same else torch.ones_like(cross, dtype=torch.bool)
    zero = cross[off].median()
    one = torch.minimum(within[:, None], within[None]) if same else within[:, None]
    return (cross - zero) / (one - zero).clamp_min(1e-6)


def recall_at_1(features: Features, labels: Tensor | None = None) -> float | None:
    """The share of test photos whose likest enrolled photo is of their person; None without any.

    `labels` [n] say who is who where it is not as `features` has it.
    """
    train, labels = features.train, features.labels if labels is None else labels
    asked, whose = features.values[~train], labels[~train]
    enrolled, labels = features.values[train], labels[train]
    if not len(asked):
        return None
    hits = [
        labels[(block @ enrolled.T).argmax(1)] == who
        for block, who in zip(asked.split(CHUNK), whose.split(CHUNK), strict=True)
    ]
    return float(torch.cat(hits).float().mean())


def _sums(values: Tensor, labels: Tensor, people: int) -> tuple[Tensor, Tensor]:
    sums = torch.zeros(people, values.shape[1]).index_add_(0, labels, values)
    return sums, labels.bincount(minlength=people).float()


def _key(gallery: Gallery, features: Features, row: int) -> str:
    return gallery.photos[int(np.asarray(features.rows)[row])].key
