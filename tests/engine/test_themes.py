"""Titles of the catalogue's own words, and how well items fit them."""

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.errors import DataError
from personalize_web.engine.theme_model import Endpoint
from personalize_web.engine.themes import Catalogue, Item

SPACE = [
    Item(f"Ship {number}", f"An astronaut leaves the planet in a rocket and the {word} follow", ("Science fiction",))
    for number, word in enumerate(["robots", "aliens", "pirates", "robots", "aliens"])
]
KITCHEN = [
    Item(f"Meal {number}", f"A chef cooks soup in the kitchen of the {word} restaurant", ("Comedy",))
    for number, word in enumerate(["old", "small", "famous", "old", "empty"])
]
REST = [Item(f"Other {number}", f"Somebody walks and walks in the town number {number}") for number in range(40)]
ALL = [*SPACE, *KITCHEN, *REST]


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue(ALL)


def test_a_title_names_the_category_and_the_distinctive_words(catalogue):
    category, _, named = catalogue.title(SPACE).partition(": ")
    assert category == "Science fiction"
    assert {"astronaut", "planet", "rocket", "leaves", "follow"} >= set(named.replace(" and", ",").split(", "))
    assert "the" not in named.split()


def test_words_that_connect_others_are_in_no_title():
    links = ("and", "from", "with")
    rest = [Item("", f"Walks {links[number % 3]} {links[number % 2]} talks") for number in range(60)]
    ships = [Item("", f"{links[number % 3]} rockets {links[number % 2]} robots") for number in range(8)]
    assert Catalogue([*rest, *ships]).title(ships) == "Robots and rockets"


def test_items_that_fit_the_title_come_before_those_that_do_not(catalogue):
    relevance = catalogue.relevance("Astronaut, planet and rocket", [*KITCHEN, *SPACE])
    assert relevance[5:].min() > relevance[:5].max()
    assert (np.abs(relevance) <= 1 + 1e-6).all()


def test_an_item_without_text_has_relevance_nought(catalogue):
    assert catalogue.relevance("Rockets", [Item("")]).tolist() == [0.0]


def test_items_without_words_have_no_title(catalogue):
    assert catalogue.title([Item(""), Item("")]) == ""


def test_scripts_without_blanks_have_words_too():
    films = [Item("宇宙飛行士"), Item("宇宙戦争"), Item("料理人")]
    assert "宇宙" in Catalogue(films).title(films[:2])


@given(st.lists(st.builds(Item, st.text(max_size=30), st.text(max_size=60)), max_size=8))
def test_any_items_have_a_title_and_cosines(items):
    catalogue = Catalogue(items)
    title = catalogue.title(items)
    assert title == catalogue.title(items)
    relevance = catalogue.relevance(title, items)
    assert len(relevance) == len(items)
    assert np.isfinite(relevance).all()


class Model(BaseHTTPRequestHandler):
    said: str | bytes = "irrelevant"
    asked: list = []

    def do_POST(self):
        Model.asked.append((dict(self.headers), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        said = self.said
        body = said if isinstance(said, bytes) else json.dumps({"choices": [{"message": {"content": said}}]}).encode()
        self.send_response(500 if said == b"" else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = HTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Model.asked = []
    yield Endpoint(f"http://127.0.0.1:{server.server_port}/v1/chat/completions", "small", "secret", timeout=5)
    server.shutdown()
    server.server_close()


def test_a_language_model_is_told_of_the_items_and_its_title_is_taken(endpoint):
    Model.said = '\n "Lost in space." \n'
    assert endpoint.title(SPACE) == "Lost in space"
    [(headers, asked)] = Model.asked
    assert headers["Authorization"] == "Bearer secret"
    assert asked["model"] == "small"
    assert "Ship 0: An astronaut" in asked["messages"][1]["content"]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", "The language model answered 500 Internal Server Error."),
        (b"no json", "The language model did not answer: Expecting value"),
        (b"{}", "The language model's answer holds no title."),
        (b'{"choices": [{"message": {"content": null}}]}', "The language model's answer holds no title."),
        ("  ", "The language model's answer holds no title."),
    ],
)
def test_an_answer_without_a_title_says_so(endpoint, said, error):
    Model.said = said
    with pytest.raises(DataError) as caught:
        endpoint.title(SPACE)
    assert str(caught.value).startswith(error)


@contextlib.contextmanager
def speaking(first: bytes, then: bytes = b""):
    """The address of a server that says ``first``, and ``then`` again and again until it is left alone."""
    over = threading.Event()

    def speak():
        to, _ = server.accept()
        with to, contextlib.suppress(OSError):
            to.recv(1 << 16)
            to.sendall(first)
            while not over.wait(0.05):
                to.sendall(then)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=speak)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize(
    ("first", "then", "error"),
    [
        (b"", b"", "timed out"),
        (b"HTTP/1.0 200 OK\r\n\r\n{", b" ", "timed out"),
        (b"SSH-2.0-server\r\n", b"", "SSH-2.0-server"),
    ],
    ids=["silent", "dripping", "no web server"],
)
def test_an_answer_that_is_not_there_in_time_or_is_none_says_so(first, then, error):
    with speaking(first, then) as url, pytest.raises(DataError, match=f"The language model did not answer: {error}"):
        Endpoint(url, "small", timeout=0.3).title(SPACE)


def test_nobody_at_the_address_says_so():
    with pytest.raises(DataError, match="The language model did not answer"):
        Endpoint("http://127.0.0.1:9/v1", "small", timeout=1).title(SPACE)
