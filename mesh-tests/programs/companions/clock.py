"""What a program asks of the clock, in threads and children, with a heap that meshes."""

import datetime
import json
import os
import subprocess
import threading
import time

print(datetime.datetime.now().date(), time.gmtime()[:3])

# Objects of many sizes, of which every eighth stays.
everything = [bytes(number * 7919 % 900) for number in range(100000)]
kept = everything[::8]
del everything


def work():
    time.sleep(0.01)
    json.loads(json.dumps(list(range(2000))))


threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

before = time.monotonic()
time.sleep(0.02)
print("later", time.monotonic() > before, sum(map(len, kept)), flush=True)

child = os.fork()
if child == 0:
    print("child", datetime.date.today(), flush=True)
    os._exit(3)
print("child", os.waitpid(child, 0)[1])
print(subprocess.run(["date", "+%Y-%m-%d"], check=True, capture_output=True, text=True).stdout)
