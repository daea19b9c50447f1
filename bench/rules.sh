# Time that the rules take per request, without a web server and a store. Sourced by run.

rules() {
    local round
    [ -x "$rules_bench" ] || fail "$rules_bench is missing: swift build -c release"
    for round in $(seq "$rounds"); do
        progress "rules, run $round of $rounds"
        "$rules_bench" >"$work/RulesBench.log" 2>&1 || fail 'RulesBench failed' "$work/RulesBench.log"
        # Extracts name and nanoseconds, and the ratio of 10,000 paths to 10.
        sed -n 's/^\(.*\): \([0-9]*\) ns \(a\|per\) request.*/\1\t\2/p; s/^10,000 paths take \([0-9.]*\) .*/ratio\t\1/p' \
            "$work/RulesBench.log" >>"$work/rules.runs"
    done

    heading "Rules alone: nanoseconds per request, medians of $rounds runs"
    # Each name once, in order of appearance.
    awk -F '\t' '$1 != "ratio" && !seen[$1]++ { print $1 }' "$work/rules.runs" | while read -r name; do
        printf '%-66s %10.0f\n' "$name" "$(median "$work/rules.runs" "$name" 2)"
    done
    echo
    goal 'rules with 10,000 paths / with 10, time per request' "$(median "$work/rules.runs" ratio 2)" at_most 1.2
}
