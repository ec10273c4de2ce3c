"""What a Python program does all day: parse, match, compress, sort, start threads and processes."""

import gc
import hashlib
import json
import multiprocessing
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import zlib


def documents(seed, count):
    """Dictionaries of many shapes, the same for every run."""
    source = random.Random(seed)
    return [
        {
            "id": number,
            "name": "".join(source.choices("abcdefghij ", k=source.randrange(5, 80))),
            "tags": [source.randrange(1000) for _ in range(source.randrange(10))],
            "nested": {str(k): source.random() for k in range(source.randrange(6))},
        }
        for number in range(count)
    ]


def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def texts():
    data = documents(1, 12000)
    text = json.dumps(data)
    assert json.loads(text) == data
    words = re.findall(r"\b([a-j])([a-j]+)\b", text)
    swapped = re.sub(r"(\w+) (\w+)", r"\2 \1", text)
    packed = zlib.compress(text.encode(), 6)
    assert zlib.decompress(packed).decode() == text
    print("texts", len(text), len(words), digest(swapped))


def churn():
    """Lives of many lengths: most objects die soon, one in ten stays."""
    source = random.Random(2)
    kept = []
    for number in range(150000):
        block = bytes(source.randrange(1, 900))
        if number % 10 == 0:
            kept.append(block)
        if len(kept) > 6000:
            del kept[source.randrange(len(kept))]
    gc.collect()
    print("churn", len(kept), sum(map(len, kept)))


def in_threads():
    results = {}

    def work(number):
        results[number] = digest(sorted(documents(number, 800), key=lambda d: d["name"]))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("threads", digest(results))


def count_words(number):
    return sum(len(d["name"].split()) for d in documents(number, 500))


def in_processes():
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(3) as pool:
            print("processes", method, pool.map(count_words, range(6)))


def in_subprocesses():
    for number in range(5):
        command = [sys.executable, "-c", f"import json; print(json.dumps(list(range({number}))))"]
        print("subprocess", subprocess.run(command, check=True, capture_output=True).stdout)
    reply = subprocess.run(["tr", "a-z", "A-Z"], input=b"shout " * 20000, capture_output=True)
    print("subprocess", hashlib.sha256(reply.stdout).hexdigest()[:16])


def in_a_database():
    with tempfile.NamedTemporaryFile() as file, sqlite3.connect(file.name) as base:
        base.execute("create table document (id integer primary key, name text, body text)")
        base.executemany(
            "insert into document values (?, ?, ?)",
            ((d["id"], d["name"], json.dumps(d)) for d in documents(3, 6000)),
        )
        base.execute("create index by_name on document (name)")
        print("database", base.execute("select count(distinct name) from document").fetchone())
        print("database", base.execute("pragma integrity_check").fetchone())


if __name__ == "__main__":
    texts()
    churn()
    in_threads()
    in_processes()
    in_subprocesses()
    in_a_database()
