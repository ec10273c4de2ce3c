# A small repository: made, changed, cloned, packed, looked at.
set -eu
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
export GIT_AUTHOR_DATE="2020-01-02T00:00:00Z" GIT_COMMITTER_DATE="2020-01-02T00:00:00Z"
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
git init -q -b trunk origin
cd origin
for round in 1 2 3; do
    for file in {1..30}; do seq $((file * round)) $((file * round + 300)) >"file$file.txt"; done
    git add -A
    git commit -q -m "round $round"
done
git clone -q --no-local . ../copy
cd ../copy
git repack -q -a -d --window=20
git fsck --full --strict
git log --stat --format='%H %s' | cksum
git diff HEAD~2 HEAD | cksum
git blame file7.txt | cksum
echo new >untracked.txt
git status --short --branch
