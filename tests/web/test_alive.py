"""A server of its own: many write at once, streams tell at once, and a kill in the midst loses nothing."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from galu.desk.folder import opened
from people import PASSWORD
from served import API, HERE, SUBJECTS, House

MINE = SUBJECTS[HERE]


class Server:
    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "galu.cli.main", "serve", str(self.folder), "--port", str(self.port)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        for _ in range(600):
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/api/v1/health").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def come_in(self, login):
        client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        answer = client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        return client


def lab(value):
    return {
        "kind": "lab",
        "subject": MINE,
        "on": "2026-06-14",
        "test": "PSA",
        "value": value,
        "unit": "ng/mL",
    }


def post(client, number, **headers):
    headers = {"idempotency-key": f"writer-{number:05d}", **headers}
    return client.post(f"{API}/facts", json=[lab(number + 1)], headers=headers)


@pytest.fixture
def served(tmp_path, clock, quick_hashes):
    house = House(tmp_path, clock)
    house.add("cora", "coordinator", sites=[HERE], totp=False)
    house.accounts.close()
    server = Server(house.folder)
    yield house, server
    server.process.kill()
    server.process.wait()


def values_in(house):
    frame = opened(house.folder).store.record().frames["lab"]
    return sorted(frame.filter(frame["test"] == "PSA")["value"].to_list())


def test_sixteen_write_at_once_and_each_fact_is_there_once(served):
    house, server = served
    client = server.come_in("cora")
    with ThreadPoolExecutor(16) as pool:
        # Each request is sent twice at the same time, as an impatient program would.
        told = list(pool.map(lambda number: post(client, number // 2), range(64)))
    assert sorted(one.status_code for one in told) == [200] * 32 + [201] * 32
    assert values_in(house) == [float(number + 1) for number in range(32)]
    head = client.get(API).headers["etag"]
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda number: post(client, 100 + number, **{"if-match": head}), range(16)))
    assert sorted(one.status_code for one in told) == [201] + [412] * 15
    assert len(values_in(house)) == 33


def test_a_stream_tells_of_a_write_within_a_second_and_ends_with_the_server(served):
    _, server = served
    client, told, begun = server.come_in("cora"), [], threading.Event()

    def listen():
        with client.stream("GET", f"{API}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    told.append((time.monotonic(), json.loads(line[5:])))
                    begun.set()

    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(listen)
        assert begun.wait(10)
        time.sleep(1)  # what was derived at the start is out of the way
        written = post(server.come_in("cora"), 1).json()["facts"][0]["seq"]
        sent = time.monotonic()
        while len(told) < 2 and time.monotonic() < sent + 10:
            time.sleep(0.01)
        assert told[1][1]["seq"] == written and told[1][0] - sent < 1.0
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=10) is not None
        listening.result(timeout=5)


def test_a_kill_in_the_midst_leaves_each_fact_once(served):
    house, server = served
    clients = {0: server.come_in("cora")}
    acknowledged, stop = [], threading.Event()

    def write():
        for number in range(60):
            while True:
                try:
                    answer = post(clients[0], number)
                    assert answer.status_code in (200, 201), answer.text
                    break
                except httpx.HTTPError:
                    time.sleep(0.05)
            acknowledged.append(number)
        stop.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        for after in (10, 40):
            while len(acknowledged) < after and not writing.done():
                time.sleep(0.005)
            server.process.kill()
            server.process.wait()
            server.start()
        writing.result(timeout=120)
    assert stop.is_set() and acknowledged == list(range(60))
    assert values_in(house) == [float(number + 1) for number in range(60)]
