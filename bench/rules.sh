# What the rules take of a request's time, without a web server and without a store. Sourced by run.

rules() {
    local round
    [ -x "$rules_bench" ] || fail "there is no $rules_bench: swift build -c release"
    for round in $(seq "$rounds"); do
        progress "rules, run $round of $rounds"
        "$rules_bench" >"$work/rules-bench.log" 2>&1 || fail 'rules-bench failed' "$work/rules-bench.log"
        # Name, nanoseconds; and the ratio of 10,000 paths to 10, which it takes from runs in turns.
        sed -n 's/^\(.*\): \([0-9]*\) ns a request.*/\1\t\2/p; s/^10,000 paths take \([0-9.]*\) .*/ratio\t\1/p' \
            "$work/rules-bench.log" >>"$work/rules.runs"
    done

    heading "Rules alone: nanoseconds a request, medians of $rounds runs"
    # The names in the order that they came in, each once.
    awk -F '\t' '$1 != "ratio" && !seen[$1]++ { print $1 }' "$work/rules.runs" | while read -r name; do
        printf '%-66s %10.0f\n' "$name" "$(median "$work/rules.runs" "$name" 2)"
    done
    echo
    goal 'rules with 10,000 paths / with 10, time a request' "$(median "$work/rules.runs" ratio 2)" at_most 1.2
}
