"""Keeps the balance of every account of a category in a file, from the events "Deposited" and
"Withdrawn" with {"cents": n}. Can be killed at any moment and started again.

    URL=http://localhost:8080 TOKEN=... python3 consumer.py CATEGORY FILE [MEMBER SIZE]
"""

import http.client
import json
import os
import sys
import time
import urllib.parse
import urllib.request

URL = os.environ.get("URL", "http://localhost:8080")
TOKEN = os.environ["TOKEN"]
SILENCE_MAX_SECONDS = 60  # the server sends a comment every 22 seconds at the latest


def load(file):
    """Effect and checkpoint are one: they are read, changed and written together."""
    try:
        with open(file, encoding="utf-8") as stored:
            return json.load(stored)
    except FileNotFoundError:
        return {"checkpoint": 0, "balances": {}}


def save(file, state):
    with open(file + ".new", "w", encoding="utf-8") as stored:
        json.dump(state, stored)
    os.replace(file + ".new", file)  # at once or not at all


def handle(state, message):
    _, stream, kind, _, global_position, data, _, _ = message
    if global_position <= state["checkpoint"]:
        return  # seen before
    sign = {"Deposited": 1, "Withdrawn": -1}.get(kind, 0)
    balances = state["balances"]
    balances[stream] = balances.get(stream, 0) + sign * data.get("cents", 0)
    state["checkpoint"] = global_position


def follow(category, file, group):
    """Follows the category until the connection ends, whatever the reason."""
    state = load(file)
    query = {"category": category, "payload": "true", "position": state["checkpoint"] + 1, **group}
    request = urllib.request.Request(
        f"{URL}/subscribe?{urllib.parse.urlencode(query)}",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    with urllib.request.urlopen(request, timeout=SILENCE_MAX_SECONDS) as response:
        for line in response:
            # A line without its end is what was left when the connection broke.
            if line.startswith(b"data: ") and line.endswith(b"\n"):
                handle(state, json.loads(line[len(b"data: "):]))
                save(file, state)


def main():
    category, file, *rest = sys.argv[1:]
    group = {"consumer": rest[0], "size": rest[1]} if rest else {}
    failures = 0
    while True:
        before = load(file)["checkpoint"]
        try:
            follow(category, file, group)
        except (OSError, http.client.HTTPException) as problem:
            print(f"disconnected: {problem}", file=sys.stderr)
        failures = 0 if load(file)["checkpoint"] > before else failures + 1
        time.sleep(min(0.1 * 2**failures, 10))


main()
