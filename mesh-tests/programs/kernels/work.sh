# A shell with arrays, functions, pipes, background jobs and files.
set -eu
declare -A count
for number in {1..3000}; do
    key=$((number * 7919 % 613))
    count[$key]=$((${count[$key]-0} + number))
done
for key in "${!count[@]}"; do echo "$key ${count[$key]}"; done | sort -n | cksum
text=''
for number in {1..400}; do text+="line $number of many; "; done
echo "${text//many/few}" | tr -s ' ' '\n' | sort | uniq -c | sort -k1,1nr -k2 | head -n 20
jobs=()
for number in 1 2 3 4; do
    (
        seq $((number * 5000)) | awk '{ sum += $1 } END { printf "%d\n", sum }' >"sum.$number"
        exit "$number"
    ) &
    jobs+=($!)
done
for job in "${jobs[@]}"; do
    status=0
    wait "$job" || status=$?
    echo "a job ended with $status"
done
cat sum.*
diff <(seq 100) <(seq 100 | sed 's/7/seven/') && exit 1 || [ $? = 1 ]
