"""A server with a trial of two subjects, and a browser that notes whatever goes wrong in a page."""

import contextlib
import shutil
import socket
import threading
import time

import pytest

from galu.desk.clock import utc_now
from people import PASSWORD
from served import House

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Served:
    """The address, the house, and the application that runs in a thread."""

    def __init__(self, house, port):
        self.house = house
        self.address = f"http://localhost:{port}"


class NowHouse(House):
    """The same house today."""

    def code(self, login):
        from people import code_of

        return code_of(self.seeds[login], self.clock)


@contextlib.contextmanager
def running(house):
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with house.serving(address=f"http://localhost:{port}") as app:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield Served(house, port)
        finally:
            app.state.hub.stop_telling()
            server.should_exit = True
            thread.join(timeout=10)


@pytest.fixture
def served(tmp_path, quick_hashes):
    house = NowHouse(tmp_path, utc_now)
    house.add("kim", "coordinator", "investigator", "physicist", totp=False)
    house.add("lee", "coordinator", totp=False)
    house.add("mona", "monitor", "data-manager", totp=False)
    house.add("chair", "committee", totp=True)
    house.add("aud", "auditor", totp=False)
    with running(house) as found:
        yield found
    house.accounts.close()


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Person:
    """Somebody at a browser; `wrong` is what the console, the network and the page itself complained of."""

    def __init__(self, browser, served, **settings):
        self.served = served
        self.context = browser.new_context(
            viewport={"width": 1280, "height": 900}, base_url=served.address, **settings
        )
        self.wrong = []
        # A violation of the policy is told by an event of the page, before any script of it runs.
        self.context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective"
            " + ' ' + e.blockedURI))"
        )
        self.page = self.context.new_page()
        self.page.on("console", lambda one: self.wrong.append(one.text) if self._counts(one) else None)
        self.page.on("pageerror", lambda one: self.wrong.append(str(one)))
        self.page.on("request", self._asked)

    @staticmethod
    def _counts(message):
        # Chromium tells of every answer above 399, a refused form among them.
        return "Failed to load resource" not in message.text

    def _asked(self, request):
        if not request.url.startswith((self.served.address, "data:")):
            self.wrong.append(f"asked {request.url}")

    def come_in(self, login):
        self.page.goto("/login")
        self.page.fill("#login", login)
        self.page.fill("#password", PASSWORD)
        if login in self.served.house.seeds:
            self.page.fill("#code", self.served.house.code(login))
        self.page.click("form[action='/login'] button")
        self.page.wait_for_url("**/t/**")
        return self

    def open(self, path):
        answer = self.page.goto(f"/t/trial{path}")
        assert answer.status < 400, (path, answer.status)
        return self.page

    def send(self, path, step="write", **cells):
        """Fill a form by the names of its fields, with ``__`` for a point, and send it."""
        page = self.open(path) if path else self.page
        for name, value in cells.items():
            box = page.locator(f"[name='{name.replace('__', '.').replace('~', '-')}']")
            if box.evaluate("one => one.tagName") == "SELECT":
                box.select_option(value)
            else:
                box.fill(value)
        with page.expect_navigation():
            page.click(f"main button[value='{step}']" if step else "main form button")
        return page

    def close(self):
        self.context.close()


@pytest.fixture
def person(chromium, served):
    people = []

    def somebody(login=None, **settings):
        one = Person(chromium, served, **settings)
        people.append(one)
        return one.come_in(login) if login else one

    yield somebody
    for one in people:
        one.close()
