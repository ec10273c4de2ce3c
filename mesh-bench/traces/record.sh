#!/bin/sh
# Records the three traces anew: mesh-bench/traces/record.sh, after
# cargo build --release -p mesh-trace-ffi && cargo build --release -p mesh-bench
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bench=${MESH_BENCH:-$here/../../target/release/mesh-bench}
record() {
    name=$1
    shift
    "$bench" trace record -o "$here/$name.trace" -- "$@"
}

# CPython parses JSON, drops most of the documents, rests, and writes the others. Its own pools are off.
PYTHONMALLOC=malloc PYTHONHASHSEED=1 record python-json python3 -S -c '
import json, random, time
random.seed(1)
texts = [json.dumps({"id": i, "name": "n" * (i % 40), "tags": ["t%d" % (i * k) for k in range(4)]}) for i in range(220)]
documents = [json.loads(text) for text in texts]
del texts
documents = [d for d in documents if random.random() < 0.2]
time.sleep(0.5)
documents += [json.loads(json.dumps({"all": d, "more": "m" * 300})) for d in documents]
time.sleep(0.5)
print(len(documents))
'

# Perl reads mail-like text into hashes, forgets most messages, rests, and indexes the words of the others.
PERL_HASH_SEED=1 record perl-mail perl -e '
srand(1);
my %mail;
for my $i (1 .. 2000) {
    my $text = join " ", map { "word" . int(rand(4000)) } 1 .. 8 + rand(24);
    $mail{$i} = { from => "user$i\@example.org", subject => substr($text, 0, 20), body => $text };
}
delete $mail{$_} for grep { rand() < 0.8 } keys %mail;
select undef, undef, undef, 0.5;
my %index;
for my $id (sort keys %mail) {
    push @{ $index{$_} }, $id for $mail{$id}{body} =~ /(\w+5)\b/g;
}
select undef, undef, undef, 0.5;
print scalar(keys %index), "\n";
'

# Redis: many keys, then larger ones in the place of most of them, all evicted at once.
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
socket=$directory/socket
(
    ask() { redis-cli -s "$socket" "$@"; }
    until ask PING > "$directory/pong" 2>&1; do sleep 0.1; done
    ask DEBUG POPULATE 6000 a 240
    ask CONFIG SET maxmemory 2mb
    sleep 0.5
    ask DEBUG POPULATE 1500 b 492
    ask PING
    sleep 0.5
    ask SHUTDOWN NOSAVE || true
) > /dev/null &
record redis-evict redis-server --port 0 --unixsocket "$socket" --dir "$directory" --save '' \
    --appendonly no --maxmemory-policy allkeys-random --enable-debug-command yes \
    --loglevel warning --daemonize no > /dev/null
wait
