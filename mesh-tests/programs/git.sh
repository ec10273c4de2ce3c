# A repository with some history: made, cloned, looked at, packed.
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_DATE="2020-01-02T00:00:00Z" GIT_COMMITTER_DATE="2020-01-02T00:00:00Z"
commit() {
    git add -A
    GIT_AUTHOR_DATE="2020-01-01T00:$1:00Z" GIT_COMMITTER_DATE="2020-01-01T00:$1:00Z" git commit -q -m "$2"
}

git init -q -b trunk origin
cd origin
for round in 10 11 12 13 14 15 16 17; do
    awk -v r=$round 'BEGIN { for (f = 0; f < 120; f++) { file = "file" (f % 7 ? f : f * r) ".txt"
        for (l = 0; l < 150; l++) print "line " l " of " f " word " (l * f * (l % 11 ? 1 : r)) % 977 > file
        close(file) } }'
    commit $round "round $round"
    [ $round != 13 ] || git branch side
done
git checkout -q side
seq 5000 > numbers.txt
commit 30 "numbers"
git merge -q -m "both" trunk
git tag -m "a tag" v1

cd ..
git clone -q --no-local origin copy
cd copy
git status --short --branch
git log --graph --stat --format='%H %s %ae' | cksum
git diff trunk..origin/side --stat 2>/dev/null || git diff origin/trunk..origin/side --stat | tail -1
git blame file8.txt | cksum
git grep -c 'word 42' HEAD | cksum
seq 4000 > numbers.txt
echo new > untracked.txt
git status --short
git stash -q
git gc -q --aggressive --prune=now
git fsck --full --strict
git count-objects -v | grep -E '^(count|in-pack|packs|garbage)'
git stash pop -q
git diff | cksum
git archive HEAD | cksum
git rev-parse HEAD HEAD^1 HEAD^2 v1
git bundle create -q ../all.bundle --all
git bundle verify -q ../all.bundle
