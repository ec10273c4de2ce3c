"""Pools of processes that are told to end, by SIGTERM, while a thread of theirs waits for tasks.

The workers come from a process with a thread, whose C library has looked up a user: what it keeps for that it writes to in
each child before any handler runs. All of it lies in a heap with holes.
"""

import multiprocessing
import pwd
import random
import signal
import threading

POOLS, WORKERS, TASKS = 6, 3, 12


def holes(source):
    """Blocks of all small sizes, of which one in eight stays."""
    blocks = [bytes(source.randrange(20, 470)) for _ in range(15000)]
    source.shuffle(blocks)
    del blocks[len(blocks) // 8 :]
    return blocks


def blocked(_):
    return signal.pthread_sigmask(signal.SIG_BLOCK, [])


def main():
    source = random.Random(4)
    kept = [holes(source)]
    pwd.getpwuid(0)
    kept += [holes(source), holes(source)]
    end = threading.Event()
    sleeper = threading.Thread(target=end.wait)
    sleeper.start()
    for number in range(POOLS):
        with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
            masks = pool.map(blocked, range(TASKS), chunksize=1)
            kept.append(holes(source))
            # Its end is a call of `terminate`; that waits for the workers.
        pool.join()
        print("pool", number, "blocked:", sorted(set().union(*masks)), flush=True)
    end.set()
    sleeper.join()


if __name__ == "__main__":
    main()
