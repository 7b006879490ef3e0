# Leaves a JVM one garbage collector, since it does not start with two; for the scripts that source this file.

# A flag that chooses a collector, or turns one off; in a file that -XX:Flags names it has no -XX:.
readonly COLLECTOR_FLAG='^(-XX:)?([+-])Use(Serial|Parallel|G1|Z|Shenandoah|Epsilon)GC$'

# The variables whose flags are a person's choice, in the order in which they count. The JVM reads the others by itself.
readonly PERSONS_FLAGS=(JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS JAVA_OPTS TORNADOMOR_JAVA_OPTS _JAVA_OPTIONS)

# Prints the words of a text, and in the place of one that names a file the words of the file, one a line. Globs must be off.
words() {
    local word
    for word in $1; do
        word=${word//[\"\']/}
        if [[ $word =~ ^(@|-XX:VMOptionsFile=|-XX:Flags=)(.+) ]]; then
            # What follows # is a remark.
            [[ ! -f ${BASH_REMATCH[2]} ]] || printf '%s\n' $(sed 's/#.*//' "${BASH_REMATCH[2]}" 2> /dev/null)
        else
            echo "$word"
        fi
    done
}

# Prints what a person says about collectors, one flag a line, in its order.
persons_collectors() {
    local name word
    set -f
    for name in "${PERSONS_FLAGS[@]}"; do
        [[ -z ${!name:-} ]] || words "${!name}"
    done | while IFS= read -r word; do
        [[ ! $word =~ $COLLECTOR_FLAG ]] || echo "$word"
    done
    set +f
}

# Adds the flags of JAVA_OPTS and TORNADOMOR_JAVA_OPTS to those in the array "flags", and leaves one collector: a person's
# choice before those in "flags", and of these, as of several choices of a person, the last.
add_persons_flags() {
    local flag chosen='' named=' ' own='' kept=()
    while IFS= read -r flag; do
        [[ $flag =~ $COLLECTOR_FLAG ]] || continue
        named+="${BASH_REMATCH[3]} "
        if [[ ${BASH_REMATCH[2]} == + ]]; then
            chosen=${BASH_REMATCH[3]}
        elif [[ $chosen == "${BASH_REMATCH[3]}" ]]; then
            chosen=
        fi
    done < <(persons_collectors)
    for flag in "${flags[@]}"; do
        if [[ ! $flag =~ $COLLECTOR_FLAG ]]; then
            kept+=("$flag")
        elif [[ -z $chosen && $named != *" ${BASH_REMATCH[3]} "* ]]; then
            own=$flag
        fi
    done
    flags=(${own:+"$own"})
    for flag in "${kept[@]}"; do
        # ZGC takes its heap from shared memory: unless the system gives that huge pages too, it warns on standard output.
        [[ $flag == -XX:+UseTransparentHugePages && ${chosen:-$own} =~ ^(-XX:.Use)?Z ]] || flags+=("$flag")
    done
    # Globs stay as they are.
    set -f
    # shellcheck disable=SC2206
    flags+=(${JAVA_OPTS:-} ${TORNADOMOR_JAVA_OPTS:-})
    # What a variable of the JVM's own chooses can only be turned off.
    for flag in $named; do
        [[ -z $chosen || $flag == "$chosen" || " ${flags[*]} " == *" -XX:-Use${flag}GC "* ]] || flags+=("-XX:-Use${flag}GC")
    done
    set +f
}
