"""The page behind nginx: under a sub-path, in a frame, and through a proxy's idle time-out."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Open, serve
from tests.browser.test_yours import bring, packed, to_place

IDLE = 20
"""Seconds after which the proxy cuts a connection on which nothing is said."""

CONFIG = """
{user}daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/a; uwsgi_temp_path {folder}/b; scgi_temp_path {folder}/c;
  client_max_body_size 300m;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 204; }}
    location = /faces/lethe/frame {{ default_type text/html;
      return 200 '<!doctype html><title>A class</title><iframe src="/faces/lethe/" allow="camera"
        style="width: 1400px; height: 850px"></iframe>'; }}
    location /faces/lethe/ {{
      proxy_pass {address};
      proxy_http_version 1.1; proxy_buffering off;
      proxy_read_timeout {idle}s; proxy_send_timeout {idle}s;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's address behind nginx."""
    if shutil.which("nginx") is None:
        if os.environ.get("LETHE_REQUIRE_BROWSER") == "1":
            pytest.fail("Browser tests are required, but there is no nginx")
        pytest.skip("there is no nginx")
    folder: Path = tmp_path_factory.mktemp("nginx")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serve("--root-path", "/faces/lethe") as site:
        # Its workers would else be somebody who may not write here.
        user = "user root; " if os.geteuid() == 0 else ""
        text = CONFIG.format(user=user, folder=folder, port=port, address=site.address, idle=IDLE)
        (folder / "nginx.conf").write_text(text)
        nginx = subprocess.Popen(
            ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        )
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/faces/lethe/"
        finally:
            nginx.terminate()
            nginx.wait(10)


def test_under_a_sub_path_and_after_a_pause(visit: Open, proxied: str, tmp_path: Path) -> None:
    """Catches addresses that leave the sub-path, a page that is dead once the proxy has cut an idle
    connection, and photos that do not come through."""
    one = visit(address=proxied)
    one.choose(0, 1)
    one.forget()
    time.sleep(IDLE + 5)
    one.choose(2)
    one.forget()
    assert one.page.locator("#people .card.erased").count() == 3
    to_place(one, "yours")
    bring(one, packed(tmp_path, "Asha", "Diego", "Greta"))
    assert "3 people" in one.page.locator("#yours").inner_text()


def test_in_a_frame_of_another_page(visit: Open, proxied: str) -> None:
    """Catches a page that refuses to be framed, or looks for its server at the outer address."""
    one = visit(address=proxied)
    one.page.goto(f"{proxied}frame")
    one.trouble.clear()  # of the page that was left
    inner = one.page.frame_locator("iframe")
    inner.locator("#people .card input").nth(0).check(force=True)
    inner.locator("#forget").filter(has_text="Forget 1 person").click()
    inner.locator("#people .card.erased").wait_for()
    assert inner.locator("#people .card.erased").count() == 1
