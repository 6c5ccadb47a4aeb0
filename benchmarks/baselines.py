"""What Lethe is compared with, written plainly from the papers' procedures and library defaults."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.backbones.base import Backbone
from engine.heads import Head


def embed(backbone: Backbone, faces: np.ndarray, batch: int = 64) -> Tensor:
    """Unit-norm embeddings by the backbone's forward pass."""
    parts = [backbone.embed(faces[at : at + batch]) for at in range(0, len(faces), batch)]
    return normalize(torch.cat(parts), dim=1)


def esc_as_published(
    backbone: Backbone, faces: np.ndarray, forget: np.ndarray, rank: int
) -> Tensor:
    """ESC (arXiv 2504.02199, section 3): new features of all faces after forgetting some.

    The forget samples pass the backbone, their features get a full SVD, the layer of the
    remaining columns is put behind the backbone, and every face passes both.
    """
    z = embed(backbone, faces[forget])
    left, _, _ = torch.linalg.svd(z.T, full_matrices=True)
    kept = left[:, rank:]
    return (embed(backbone, faces) @ kept) @ kept.T


def esc_t_as_published(
    backbone: Backbone,
    faces: np.ndarray,
    forget: np.ndarray,
    labels: Tensor,
    head: Head,
    *,
    lr: float,
    epochs: int,
    threshold: float,
) -> Tensor:
    """ESC-T (arXiv 2504.02199, section 3.3): the same, with a mask trained by autograd.

    The forget samples pass the backbone in every epoch, as in any training loop over photos.
    """
    z = embed(backbone, faces[forget])
    left, _, _ = torch.linalg.svd(z.T, full_matrices=True)
    mask = torch.ones_like(left, requires_grad=True)
    for _ in range(epochs):
        z = embed(backbone, faces[forget])
        masked = left * mask
        logits = head.logits((z @ masked) @ masked.T)
        right = logits.argmax(1) == labels
        if not bool(right.any()):
            break
        p = logits[right].softmax(1).gather(1, labels[right, None])
        loss = -(1 - p).clamp_min(1e-6).log().mean()
        (slope,) = torch.autograd.grad(loss, mask)
        with torch.no_grad():
            mask.sub_(lr * slope).clamp_(0, 1)
    masked = left * (mask.detach() >= threshold)
    return (embed(backbone, faces) @ masked) @ masked.T


class Reference:
    """KR by scikit-learn: `LogisticRegression` on standardised features, L-BFGS, C = 1."""

    def __init__(self, x: Tensor, y: Tensor, tolerance: float) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler

        self.scaler = StandardScaler().fit(x.numpy())
        self.model = LogisticRegression(C=1.0, max_iter=10_000, tol=tolerance)
        self.model.fit(self.scaler.transform(x.numpy()), y.numpy())

    def accuracy(self, x: Tensor, y: Tensor) -> float:
        """Share of x [n, d] that the probe names rightly."""
        return float(self.model.score(self.scaler.transform(x.numpy()), y.numpy()))

    def gradient(self, x: Tensor, y: Tensor) -> float:
        """|gradient of the objective| / |W| at the fitted probe: how converged it is."""
        scaled = self.scaler.transform(x.numpy())
        residual = self.model.predict_proba(scaled)
        residual[np.arange(len(y)), np.searchsorted(self.model.classes_, y.numpy())] -= 1
        slope = residual.T @ scaled + self.model.coef_
        return float(
            np.sqrt((slope**2).sum() + (residual.sum(0) ** 2).sum())
            / np.linalg.norm(self.model.coef_)
        )


def facenet_loop(module: torch.nn.Module, faces: np.ndarray, batch: int) -> Tensor:
    """facenet-pytorch as its examples use it: float32, the default memory layout, no_grad.

    Its README's quick start embeds one face at a time, `batch` 1.
    """
    out = []
    with torch.no_grad():
        for at in range(0, len(faces), batch):
            pixels = torch.from_numpy(faces[at : at + batch]).permute(0, 3, 1, 2).float()
            out.append(module((pixels - 127.5) / 128.0))
    return torch.cat(out)


def umap_apart(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two maps by `umap-learn`'s defaults, each fitted by itself."""
    from umap import UMAP

    return UMAP().fit_transform(before), UMAP().fit_transform(after)
