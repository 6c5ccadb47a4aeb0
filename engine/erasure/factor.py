"""The forget features factored once per selection, changed person by person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.erasure.esc import METHOD, ProjectionEraser
from engine.erasure.spectrum import NEGLIGIBLE
from engine.errors import LetheError
from engine.said import said


@dataclass(frozen=True, eq=False)
class ForgetFactor:
    """Directions U [d, r] and singular values S [r] of the selected people's features.

    The uncentred SVD Zᵀ = U S Vᵀ of ESC (arXiv 2504.02199, section 3), found from the small Gram
    matrix Z Zᵀ in double precision. The dot products between two people are kept per pair, so
    adding or removing a person leaves those of the others as they are.
    """

    directions: Tensor
    spectrum: Tensor
    features: Mapping[int, Tensor] = field(repr=False)
    products: Mapping[tuple[int, int], Tensor] = field(repr=False)

    @property
    def people(self) -> tuple[int, ...]:
        """The labels of the selected people, in the order in which they were added."""
        return tuple(self.features)

    def select(self, values: Tensor, labels: Tensor, forget: tuple[int, ...]) -> "ForgetFactor":
        """The factor of the people `forget`, reaching it from this one by the people that differ.

        `values` [n, d] and `labels` [n] are the enrolment features of everybody.
        """
        kept = {one: self.features[one] for one in self.people if one in forget}
        products = {pair: block for pair, block in self.products.items() if kept.keys() >= {*pair}}
        for label in forget:
            if label not in kept:
                kept[label] = values[labels == label].detach().double()
        return _decompose(kept, products)

    def eraser(self, rank: int) -> ProjectionEraser:
        """ESC at this rank, without fitting again."""
        rank = max(0, min(rank, self.directions.shape[1]))
        return ProjectionEraser(
            method=METHOD.name,
            rank=rank,
            parameters={"rank": rank, "dimension": len(self.directions)},
            factor=self.directions[:, :rank].contiguous(),
            spectrum=self.spectrum,
        )


def factor_people(values: Tensor, labels: Tensor, forget: tuple[int, ...]) -> ForgetFactor:
    """Factor the people `forget` among enrolment features values [n, d] with labels [n]."""
    empty = ForgetFactor(values.new_zeros(values.shape[1], 0), values.new_zeros(0), {}, {})
    return empty.select(values, labels, forget)


def _decompose(
    features: dict[int, Tensor], products: Mapping[tuple[int, int], Tensor]
) -> ForgetFactor:
    people = tuple(features)
    n = sum(len(one) for one in features.values())
    if not n:
        raise LetheError(said("Nobody is selected; choose at least one person to forget."))
    d = next(iter(features.values())).shape[1]
    products = dict(products)
    if n <= d:
        for at, a in enumerate(people):
            for b in people[at:]:
                if (a, b) not in products and (b, a) not in products:
                    products[a, b] = features[a] @ features[b].T
        rows = [torch.cat([_block(products, a, b) for b in people], dim=1) for a in people]
        gram = torch.cat(rows)
    else:  # more photos than dimensions: the d x d side, so that memory stays bounded
        gram = torch.zeros(d, d, dtype=next(iter(features.values())).dtype)
        for one in features.values():
            gram += one.T @ one
    squares, vectors = torch.linalg.eigh(gram)
    squares, vectors = squares.flip(0), vectors.flip(1)
    keep = squares > NEGLIGIBLE**2 * squares[:1]
    values, directions = squares[keep].sqrt(), vectors[:, keep]
    if n <= d:
        directions = (torch.cat([features[one] for one in people]).T @ directions) / values
    if not len(values) or float(values[0]) < NEGLIGIBLE:
        raise LetheError(
            said("These people's features are already zero: nothing is left to erase.")
        )
    return ForgetFactor(directions.float().contiguous(), values.float(), features, products)


def _block(products: dict[tuple[int, int], Tensor], a: int, b: int) -> Tensor:
    return products[a, b] if (a, b) in products else products[b, a].T
