"""The one thing that pyproject.toml cannot say: `assets/` is installed inside the engine."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["engine*", "demo*"]), "engine._assets"],
    package_dir={"engine._assets": "assets"},
)
