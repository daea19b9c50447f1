# Medians, tables and goals from files of runs. Sourced by run.

# column FILE NAME NUMBER: prints a column of the runs whose first word is NAME, sorted.
column() { awk -F '\t' -v name="$2" -v number="$3" '$1 == name { print $number }' "$1" | sort -n; }

# median FILE NAME NUMBER: prints the median of a column.
median() {
    column "$1" "$2" "$3" | awk '
        { value[NR] = $1 }
        END { if (NR) print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

# quotient A B: prints A/B, or nothing if one of them was not measured.
quotient() { awk -v a="${1:-}" -v b="${2:-}" 'BEGIN { if (a != "" && b + 0 > 0) printf "%.3f\n", a / b }'; }

# heading TEXT: prints the title of a table.
heading() { printf '\n%s\n' "$1"; }

# gateway_table FILE BASE NAME...: prints a line per contender, with the ratio of its requests/s to those of BASE.
gateway_table() {
    local file=$1 base=$2 name
    shift 2
    printf '%-18s %10s %16s %6s %8s %8s %7s %7s %7s %7s %8s\n' \
        '' 'requests/s' 'lowest-highest' 'ratio' 'p50 ms' 'p99 ms' "${web_server:-nginx}" 'limiter' 'Redis' 'sum' 'non-2xx'
    for name in "$@"; do
        local rates cells=() number
        rates=$(column "$file" "$name" 2)
        [ -n "$rates" ] || continue
        for number in 2 3 4 5 6 7 8 9; do cells+=("$(median "$file" "$name" "$number")"); done
        awk -v name="$name" -v cells="${cells[*]}" -v low="$(echo "$rates" | head -n 1)" \
            -v high="$(echo "$rates" | tail -n 1)" -v ratio="$(quotient "${cells[0]}" "$(median "$file" "$base" 2)")" '
            # A contender without this process has no time for it.
            function cost(number) { return number > 0 ? sprintf("%.1f", number) : "-" }
            BEGIN {
                split(cells, c, " ")
                printf "%-18s %10.0f %16s %6s %8.2f %8.2f %7s %7s %7s %7s %7.1f%%\n", name, c[1], low "-" high,
                    ratio == "" ? "-" : sprintf("%.2f", ratio), c[2], c[3], cost(c[4]), cost(c[5]), cost(c[6]), cost(c[7]), c[8]
            }'
    done
}

# goal TEXT MEASURED at_least|at_most GOAL: prints the measured value next to the goal.
goal() {
    [ -n "$2" ] || { printf '%-66s %8s\n' "$1" 'unmeasured'; return; }
    awk -v text="$1" -v measured="$2" -v sense="$3" -v aim="$4" 'BEGIN {
        reached = sense == "at_least" ? measured >= aim : measured <= aim
        printf "%-66s %8.3f   goal %s %s   %s\n", text, measured, sense == "at_least" ? ">=" : "<=", aim,
            reached ? "reached" : "missed"
    }'
}
