"""Finding faces and their five landmarks with MTCNN.

Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional
Networks" (2016), in the networks of facenet-pytorch, whose wheel carries the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

SMALLEST = 20
"""Faces below this side, in pixels, are not looked for."""

_PROMINENT = 1 / 6  # of the photo's short side: what a portrait's face has at least
_DISTANT = 1 / 20

_LONGEST = 1600  # pixels of what is enlarged, without its frame
_THRESHOLDS = (0.6, 0.7, 0.7)
_PYRAMID = 0.709
_SURE = 0.9


@dataclass(frozen=True, eq=False)
class Face:
    """One detected face, in pixels of the photo.

    `box` is (left, top, right, bottom); `landmarks` [5, 2] are the eye on the left of the
    picture, the other eye, the nose and both mouth corners; `probability` is the detector's.
    """

    box: np.ndarray
    landmarks: np.ndarray
    probability: float

    @property
    def centre(self) -> np.ndarray:
        """The middle (x, y) of the box."""
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def area(self) -> float:
        """Square pixels of the box."""
        left, top, right, bottom = self.box
        return float(max(right - left, 0) * max(bottom - top, 0))


class Detector:
    """MTCNN, read-only once loaded."""

    def __init__(self, device: torch.device) -> None:
        import facenet_pytorch
        from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

        # facenet-pytorch unpickles these files freely on older versions of torch, so that they
        # are read here, tensors only.
        folder = Path(facenet_pytorch.__file__).parent / "data"
        nets: list[nn.Module] = []
        for name, net in (("pnet", PNet), ("rnet", RNet), ("onet", ONet)):
            module = net(pretrained=False)
            module.load_state_dict(torch.load(folder / f"{name}.pt", weights_only=True))
            module.eval().requires_grad_(False)
            nets.append(module.to(device, memory_format=torch.channels_last))
        self._nets = nets
        self._device = device

    def detect(self, images: Sequence[np.ndarray]) -> list[list[Face]]:
        """The faces in each of some uint8 RGB images [h, w, 3] that share one size.

        A photo with a face of a sixth of its short side is not searched for smaller ones: they
        cost most of the time, and whoever stands in the background is not whom it shows.
        """
        short = min(images[0].shape[:2])
        if short < SMALLEST:
            return [[] for _ in images]
        found = self._search(images, max(SMALLEST, short * _PROMINENT))
        missing = [
            index
            for index, faces in enumerate(found)
            if not any(face.probability >= _SURE for face in faces)
        ]
        if missing and short * _PROMINENT > SMALLEST:
            deeper = self._search(
                [images[index] for index in missing], max(SMALLEST, short * _DISTANT)
            )
            for index, faces in zip(missing, deeper, strict=True):
                found[index] = faces or found[index]
        return found

    @torch.inference_mode()
    def _search(self, images: Sequence[np.ndarray], smallest: float) -> list[list[Face]]:
        from facenet_pytorch.models.utils.detect_face import detect_face

        try:
            boxes, points = detect_face(
                np.stack(images), smallest, *self._nets, _THRESHOLDS, _PYRAMID, self._device
            )
        except (RuntimeError, IndexError, ValueError):
            # It stumbles over candidates that lie outside the picture, and one such picture
            # must not cost the others their faces.
            if len(images) == 1:
                return [[]]
            return [self._search([image], smallest)[0] for image in images]
        return [
            [
                Face(box[:4].astype(np.float64), five.astype(np.float64), float(box[4]))
                for box, five in zip(own, its, strict=True)
            ]
            for own, its in zip(boxes, points, strict=True)
        ]

    def detect_close_up(self, image: np.ndarray) -> list[Face]:
        """Another try at a photo without a hit: one that the face fills, or a very small one.

        The photo is framed in its mean colour and enlarged to at least 160 pixels, because the
        detector has learnt faces with room around them. A strip stays as it is, for 160 pixels
        across it would be gigabytes.
        """
        height, width = image.shape[:2]
        scale = max(1.0, min(160 / min(height, width), _LONGEST / max(height, width)))
        frame = round(0.25 * max(height, width))
        colour = tuple(int(value) for value in image.reshape(-1, 3).mean(0))
        framed = Image.new("RGB", (width + 2 * frame, height + 2 * frame), colour)
        framed.paste(Image.fromarray(image), (frame, frame))
        size = (round(framed.width * scale), round(framed.height * scale))
        found = self.detect([np.asarray(framed.resize(size, Image.Resampling.BICUBIC))])[0]
        return [
            Face(face.box / scale - frame, face.landmarks / scale - frame, face.probability)
            for face in found
        ]


@cache
def detector(device: str) -> Detector:
    """The detector on a torch device, loaded once."""
    return Detector(torch.device(device))


def worth_choosing(faces: Sequence[Face]) -> list[Face]:
    """The faces that a photo may be about, from left to right.

    Those of at least .9 probability where there are any, for the others are mostly none.
    """
    sure = [face for face in faces if face.probability >= _SURE] or list(faces)
    return sorted(sure, key=lambda face: float(face.box[0] + face.box[2]))


def choose(faces: Sequence[Face], width: int, height: int) -> tuple[Face, bool]:
    """The face that the photo is about, and whether there were others.

    Among those `worth_choosing` the largest and most central one wins (area less twice the squared
    distance to the centre, facenet-pytorch's LFW protocol).
    """
    sure = worth_choosing(faces)
    centre = np.array([width, height]) / 2

    def weight(face: Face) -> float:
        offset = face.centre - centre
        return face.area - 2 * float(offset @ offset)

    return max(sure, key=weight), len(sure) > 1


def nearest(faces: Sequence[Face], x: float, y: float) -> Face:
    """The face `worth_choosing` whose centre is the nearest to a place in the photo.

    A place and not a number, so that another search, which may find one face more, gives the same.
    """
    place = np.array([x, y])
    return min(worth_choosing(faces), key=lambda face: float(((face.centre - place) ** 2).sum()))
