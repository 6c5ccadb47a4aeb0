"""One page of Gradio in several languages.

Gradio paints a page once, for everybody, and its HTML says that it is English; its own translations
cover what a browser fills in, not what comes from Python. Here each language has components of its
own under the ids of the first, and the HTML says which language it is in.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from gradio import routes
from jinja2 import BaseLoader, Environment

from demo.gradio_quirks.whole import WholeBlocks

Config = dict[str, Any]

SCRIPT_GOES = "<script>window.gradio_config = {{ config | toorjson }};</script>"
SAYS_ENGLISH = 'lang="en"'
SAYS = (
    "lang=\"{{ config.get('lethe', {}).get('language', 'en') }}\" "
    "dir=\"{{ config.get('lethe', {}).get('towards', 'ltr') }}\""
)


class SpokenBlocks(WholeBlocks):
    """A page whose configuration is asked for in the language of whoever opens it.

    `speaks` names that language, `paint` gives the page's components in it, in the same order,
    and `more` what else its scripts have to know. A page is painted when it is first asked for.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.speaks: Callable[[], str] | None = None
        self.paint: Callable[[str], list[Config]]
        self.more: Callable[[str], Mapping[str, Any]]
        self.first = ""
        self._painted: dict[str, list[Config]] = {}
        self._painting = threading.Lock()

    @property  # type: ignore[override]
    def config(self) -> Config:
        """What the browser is told of the page."""
        if self.speaks is None:
            return self._config
        language = self.speaks()
        more = {"lethe": dict(self.more(language))}
        if language == self.first:
            return self._config | more
        return self._config | more | {"components": self._components(language)}

    @config.setter
    def config(self, config: Config) -> None:
        self._config = config

    def _components(self, language: str) -> list[Config]:
        with self._painting:
            if language not in self._painted:
                self._painted[language] = self.paint(language)
            theirs = self._painted[language]
        ours = self._config["components"]
        return [new | {"id": old["id"]} for old, new in zip(ours, theirs, strict=True)]


def say_which(script: str) -> None:
    """Let Gradio's HTML say its language, and begin with a script that knows the configuration."""
    environment: Environment = routes.templates.env
    inner = environment.loader
    if inner is None or isinstance(inner, _Spoken):
        return
    environment.loader = _Spoken(inner, script)


class _Spoken(BaseLoader):
    """Gradio's templates with the language in place of its own, and one more script."""

    def __init__(self, inner: BaseLoader, script: str) -> None:
        self._inner = inner
        self._script = f"<script>{{% raw %}}{script}{{% endraw %}}</script>"

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:
        text, name, fresh = self._inner.get_source(environment, template)
        text = text.replace(SAYS_ENGLISH, SAYS, 1)
        return text.replace(SCRIPT_GOES, SCRIPT_GOES + self._script, 1), name, fresh
