"""A small workspace for the page's tests: drawn faces, clustered embeddings, no model."""

import io

import numpy as np
import torch
from PIL import Image, ImageDraw

from engine.features import Features
from engine.fitted_head import fit_head
from engine.gallery import Gallery, build
from engine.workspace import Workspace
from tests.engine.toy import cluster

NAMES = ("Ada", "Kofi", "Mei_Lin", "Omar", "Priya", "Ravi", "Yuki", "Zola")
PHOTOS = 10


class Still:
    """A backbone that is never asked: the features are there already."""

    name, dimension, size, convention, fingerprint = "still", 48, 32, "arcface", "still"


def photo(shade: int) -> bytes:
    """A round face on a ground of its own."""
    image = Image.new("RGB", (32, 32), (shade, 120, 255 - shade))
    ImageDraw.Draw(image).ellipse((6, 4, 26, 30), fill=(220, 180, 150))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def gallery(names: tuple[str, ...] = NAMES) -> Gallery:
    """`PHOTOS` drawn photos of each name."""
    items = [
        (name, f"{name}/{i}.png", photo(20 * at + i))
        for at, name in enumerate(names)
        for i in range(PHOTOS)
    ]
    return build("toy", items, aligned=True)


def workspace(names: tuple[str, ...] = NAMES, seed: int = 0) -> Workspace:
    """Eight people who are easy to tell apart."""
    people = gallery(names)
    values, labels = cluster(len(names), PHOTOS, 48, 0.5, seed)
    features = Features(
        values=values,
        labels=labels,
        train=torch.as_tensor(people.train),
        identities=people.identities,
        rows=np.arange(len(values)),
        backbone="still",
        key=f"toy{seed}",
    )
    return Workspace(
        gallery=people,
        features=features,
        backbone=Still(),  # type: ignore[arg-type]
        head=fit_head(features),
        threshold=0.5,
        threshold_from="a test",
    )
