"""letters - our own sender: it keeps every id, every try and every answer.

    letters = Letters(world, seed)
    letters.begin(round_number, count)
    letters.wait()
    letters.accepted          # {svix id: {(partition, offset), ...}}

Events of random histories; among them some that are sent twice, that no
consumer can apply, that are no events, of a type that is ignored, and some
that are forged. Every event is tried a few times, then given up: whether it
came is then unknown, as it is to Svix.
"""

import itertools
import json
import random
import threading
import time
from collections import Counter, defaultdict, deque
from http.client import HTTPException
from typing import NamedTuple

from chaos.plan import WINDOW
from chaos.refusals import FOR_EVER
from histories import history
from small_events import membership, user
from webhook import SECRET, body_of, post_event

THREADS = 12
TRIES = 4
TIMEOUT_SECONDS = 8  # the producer answers within 4 + 2
TOLERANCE_SECONDS = 300
OTHER_SECRET = "whsec_" + "bm90LXRoZS1zZWNyZXQtb2Ytb3Vycw=="
MAY_PASS = {None, 408, 503}
# Of all letters.
SORTS = {"event": 88, "again": 4, "poison": 1, "refused": 1, "garbage": 1,
         "ignored": 2, "forged": 3}  # fmt: skip


class Letter(NamedTuple):
    id: str
    body: bytes
    sort: str


class Answer(NamedTuple):
    """status: None when there was no answer. honest: rightly signed, in
    time."""

    letter: Letter
    at: float
    seconds: float
    honest: bool
    status: int | None
    said: dict


class Letters:
    def __init__(self, world, seed):
        self.world, self.seed = world, seed
        self.clock = 0  # seconds that the sender's clock is off
        self.answers = []
        self.threads = []

    def begin(self, number, count):
        """Sends them over the time that faults are done, to all producers."""
        rng = random.Random(f"letters {self.seed} {number}")
        letters = make(rng, f"c{self.seed}r{number}x", count)
        urls = [self.world.url(name) for name in self.world.shape.producers]
        start = time.monotonic()
        queue = deque(
            (start + WINDOW * place / len(letters), letter, rng.choice(urls))
            for place, letter in enumerate(letters)
        )
        self.threads = [
            threading.Thread(target=self.post_all, args=[queue], daemon=True)
            for _ in range(THREADS)
        ]
        for thread in self.threads:
            thread.start()

    def wait(self, timeout):
        deadline = time.monotonic() + timeout
        for thread in self.threads:
            thread.join(max(0, deadline - time.monotonic()))
            assert not thread.is_alive(), "a letter got no answer and no error"

    def post_all(self, queue):
        while True:
            try:
                due, letter, url = queue.popleft()
            except IndexError:
                return
            time.sleep(max(0, due - time.monotonic()))
            for _ in range(TRIES):
                answer = self.post(letter, url)
                self.answers.append(answer)
                if answer.status not in MAY_PASS:
                    break
                time.sleep(0.5)

    def post(self, letter, url):
        clock, start = self.clock, time.monotonic()
        forged = letter.sort == "forged"
        said, status = {}, None
        try:
            answer = post_event(
                url, OTHER_SECRET if forged else SECRET, letter.body,
                letter.id, int(time.time()) + clock, timeout=TIMEOUT_SECONDS,
            )  # fmt: skip
            status, said = answer.status, answer.json
        except (OSError, ValueError, HTTPException):
            pass
        honest = not forged and abs(clock) < TOLERANCE_SECONDS
        return Answer(
            letter, start, time.monotonic() - start, honest, status, said
        )

    # What is known.

    def ids(self, *said):
        """Of letters that were answered 200 with one of these words."""
        return {
            answer.letter.id for answer in self.answers
            if answer.status == 200 and answer.said["status"] in said
        }  # fmt: skip

    @property
    def accepted(self):
        places = defaultdict(set)
        for answer in self.answers:
            if answer.status == 200 and answer.said["status"] == "accepted":
                place = (answer.said["partition"], answer.said.get("offset"))
                places[answer.letter.id].add(place)
        return places

    @property
    def never_honest(self):
        """Ids that nobody may have taken."""
        honest = {a.letter.id for a in self.answers if a.honest}
        return {a.letter.id for a in self.answers} - honest

    def wrong_answers(self):
        return [a for a in self.answers if not is_right(a)]

    def by_status(self):
        return Counter(str(answer.status) for answer in self.answers)


def is_right(answer):
    """No other status is ever given to such a letter."""
    if answer.status in MAY_PASS:
        return True
    if not answer.honest:
        return answer.status == 401
    told = {"garbage": "dead_lettered", "ignored": "ignored"}
    wanted = told.get(answer.letter.sort, "accepted")
    return answer.status == 200 and answer.said["status"] == wanted


def make(rng, prefix, count):
    """Letters of all sorts, in the order in which they are sent."""
    histories = (
        event for n in itertools.count()
        for event in history(rng.randrange(10**6), f"{prefix}{n}x")
    )  # fmt: skip
    letters = []
    sorts = rng.choices(list(SORTS), list(SORTS.values()), k=count)
    for number, sort in enumerate(sorts):
        if sort == "again" and letters:
            letters.append(rng.choice(letters))
        elif sort in MAKERS:
            name = f"{prefix}{number}"
            body = body_of(MAKERS[sort](name))
            letters.append(Letter(f"msg_{sort}_{name}", body, sort))
        else:
            id, event = next(histories)
            letters.append(Letter(id, body_of(event), "event"))
    return letters


MAKERS = {
    "poison": lambda name: membership(
        f"orgmem_{name}", f"org_{name}", None
    ),
    "refused": lambda name: user(f"user_{name}", first_name=FOR_EVER),
    "garbage": lambda name: json.dumps([name]).encode(),
    "ignored": lambda name: {"type": "email.created", "data": {"id": name}},
    "forged": lambda name: user(f"user_{name}", first_name="Mallory"),
}
