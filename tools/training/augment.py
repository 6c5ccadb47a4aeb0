"""Random changes to training photos: cheap, on whole batches, from one seeded generator."""

import torch
from torch import Tensor
from torch.nn import functional

SHIFT = 16
"""A photo may move by a `SHIFT`-th of its side in each direction."""
ERASED = 0.25
COVERED = 0.2
BLURRED = 0.15
GREY = 0.03


def augment(faces: Tensor, generator: torch.Generator) -> Tensor:
    """uint8 faces [b, s, s, 3] to float [b, 3, s, s] in [-1, 1], channels last in memory.

    Mirrors half of the photos, shifts all, changes brightness, contrast and white balance, blurs
    some, blanks a rectangle in some (random erasing, arXiv 1708.04896), and in others hides what
    glasses, a cap or a scarf would hide.
    """
    count, side = faces.shape[:2]

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, generator=generator)

    moved = torch.empty_like(faces)
    reach = side // SHIFT
    padded = functional.pad(
        faces.permute(0, 3, 1, 2), (reach, reach, reach, reach), mode="replicate"
    ).permute(0, 2, 3, 1)
    places = torch.randint(0, 2 * reach + 1, (count, 2), generator=generator).tolist()
    mirrored = (uniform(0, 1) < 0.5).tolist()
    for i, ((top, left), mirror) in enumerate(zip(places, mirrored, strict=True)):
        crop = padded[i, top : top + side, left : left + side]
        moved[i] = crop.flip(1) if mirror else crop

    x = moved.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.channels_last)
    x = x.sub_(127.5).div_(127.5)
    contrast = uniform(0.75, 1.25, 1, 1, 1)
    balance = contrast * uniform(0.92, 1.08, 3, 1, 1)
    x = x.mul_(balance).add_(uniform(-0.2, 0.2, 1, 1, 1))

    blurred = torch.nonzero(uniform(0, 1) < BLURRED).flatten()
    if len(blurred):
        x[blurred] = functional.avg_pool2d(
            x[blurred], 3, stride=1, padding=1, count_include_pad=False
        )
    grey = torch.nonzero(uniform(0, 1) < GREY).flatten()
    if len(grey):
        x[grey] = x[grey].mean(1, keepdim=True).expand(-1, 3, -1, -1)
    for i in torch.nonzero(uniform(0, 1) < ERASED).flatten().tolist():
        high, wide = torch.randint(side // 8, side // 2, (2,), generator=generator).tolist()
        top = int(torch.randint(0, side - high, (1,), generator=generator))
        left = int(torch.randint(0, side - wide, (1,), generator=generator))
        colour = torch.rand(3, 1, 1, generator=generator) * 2 - 1
        x[i, :, top : top + high, left : left + wide] = colour
    for i in torch.nonzero(uniform(0, 1) < COVERED).flatten().tolist():
        _cover(x[i], generator)
    return x.clamp_(-1, 1)


def _cover(face: Tensor, generator: torch.Generator) -> None:
    """Paint a dark bar over the eyes of `face` [3, s, s], or a colour over all above or below."""
    side = face.shape[-1]
    kind = int(torch.randint(0, 3, (1,), generator=generator))
    edge, *colour = torch.rand(4, generator=generator).tolist()
    shade = torch.tensor(colour)[:, None, None]
    if kind == 0:
        top, high = round(side * (0.44 + 0.06 * edge)), round(side * 0.15)
        face[:, top : top + high, side // 5 : side - side // 5] = 0.3 * shade - 0.95
    elif kind == 1:
        face[:, : round(side * (0.26 + 0.14 * edge))] = 2 * shade - 1
    else:
        face[:, round(side * (0.64 + 0.12 * edge)) :] = 2 * shade - 1
