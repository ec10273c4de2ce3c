# Records are made, written as JSON, read back, indexed by word, and mostly dropped again.
import json
import sys


def records(start, count):
    return [
        {
            "id": number,
            "name": "record-%d" % (number * 7919 % 10007),
            "tags": ["tag%d" % (number * step % 97) for step in range(1, 6)],
            "text": " ".join(str(number * step % 8191) for step in range(1, 20)),
        }
        for number in range(start, start + count)
    ]


def main(rounds):
    kept = {}
    total = 0
    for turn in range(rounds):
        data = json.loads(json.dumps(records(turn * 10000, 12000)))
        index = {}
        for record in data:
            for word in record["text"].split():
                index.setdefault(word, []).append(record["id"])
            if record["id"] % 10 == 0:
                kept[record["name"]] = record["text"].upper()
        total += sum(len(ids) for ids in index.values())
    assert total == rounds * 12000 * 19, total
    assert len(kept) > 1000, len(kept)


main(int(sys.argv[1]))
