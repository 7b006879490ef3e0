# Makes a table of what "ptxas -v" says, a line for each kind of kernel with the most that any of them takes. Kernels are named
# NAME_NUMBER, or program_TASK_NUMBER_METHOD_uk_ac_... by the PTX backend. Leaves with code 3 if one spills more than LIMIT bytes.
function kind(name) {
    if (name ~ /_uk_ac_manchester_/) {
        sub(/_uk_ac_manchester_.*/, "", name)
        sub(/^(program|memory)_/, "", name)
        sub(/[0-9]*_[0-9]*_?/, "_", name)
        return name
    }
    sub(/_[0-9]+$/, "", name)
    return name
}
function most(table, key, value) { if (value + 0 > table[key] + 0) table[key] = value + 0 }
/Compiling entry function/ { match($0, /'[^']+'/); now = kind(substr($0, RSTART + 1, RLENGTH - 2)); count[now]++ }
/bytes stack frame/ { most(stack, now, $1); most(spills, now, $5) }
/Used [0-9]+ registers/ {
    match($0, /Used [0-9]+/)
    most(registers, now, substr($0, RSTART + 5, RLENGTH - 5))
    if (match($0, /[0-9]+ bytes smem/)) most(shared, now, substr($0, RSTART, RLENGTH - 11))
}
END {
    printf "%-44s %7s %9s %7s %7s %7s\n", "kernel", "number", "registers", "spills", "stack", "shared"
    for (name in count) {
        printf "%-44s %7d %9d %7d %7d %7d\n", name, count[name], registers[name], spills[name], stack[name], shared[name] | "sort"
        if (spills[name] > LIMIT) bad = 3
    }
    close("sort")
    exit bad
}
