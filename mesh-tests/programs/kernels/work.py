"""Four threads, forks beside them, and values that are known beforehand."""

import hashlib
import os
import random
import threading

THREADS, ROUNDS, FORKS = 4, 6, 6


def some(source, count):
    """Texts of many lengths, of which one in eight stays."""
    texts = [source.randbytes(source.randrange(10, 400)) for _ in range(count)]
    return texts[:: 8]


def digest(texts):
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def work(number, results):
    source = random.Random(number)
    kept = [some(source, 4000) for _ in range(ROUNDS)]
    results[number] = digest(text for texts in kept for text in texts)


def child(number):
    results = {}
    work(number, results)
    return int(results[number], 16) % 251


results = {}
threads = [threading.Thread(target=work, args=(n, results)) for n in range(THREADS)]
for thread in threads:
    thread.start()
ended = []
for number in range(FORKS):
    process = os.fork()
    if process == 0:
        os._exit(child(number % THREADS))
    ended.append((number % THREADS, os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])))
for thread in threads:
    thread.join()
# A child found what a thread of its parent finds.
assert all(code == int(results[number], 16) % 251 for number, code in ended), (results, ended)
print(sorted(results.items()), ended)
