# Makes the JVM start faster; for the scripts that source this file. A cache holds the program's classes as the JVM keeps them,
# those of its lambdas too. (The newer "AOT cache" leaves these out where an incubating module is added.) The JVM checks that it
# belongs to this JDK, jar and flags, and does without it where it does not.

# Says nothing about a cache that does not fit.
readonly QUIET_CACHE=-Xlog:cds*=off

# Whether the arguments ask for nothing but help or the version, which needs no engine.
asks_help() {
    (($# == 0)) && return 0
    [[ $1 != help ]] || return 0
    (($# <= 2)) || return 1
    case ${*: -1} in
        -h | --help | -V | --version) return 0 ;;
    esac
    return 1
}

# Prints the flags, one a line, with which help is shown at once: an incubating module keeps the JVM from reading its modules
# out of a cache, and help needs none.
help_flags() {
    printf '%s\n' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED
}

# Prints the flags of the CPU engine, one a line. The largest heap decides how the JVM keeps references, so whether a cache fits.
main_flags() {
    printf '%s\n' -XX:+UseG1GC -XX:MaxRAMPercentage=80 --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED
}

# Makes the caches of the jar $2 beside it with java $1. That takes some seconds, once a build, whoever built it; failing does
# no harm, and is not tried again. All is written in a folder of this process and put in its place at the end, the file that
# says so last: a start that is killed leaves that folder alone, which the next one removes.
make_caches() {
    local java=$1 jar=$2 aside=${2%.jar}.caches.$$ maker='' own=${2%/*}/runtime flags
    mkdir "$aside" 2> /dev/null || return 0
    trap 'give_up HUP' HUP
    trap 'give_up INT' INT
    trap 'give_up TERM' TERM
    # Before anything else, since a jar that is written meanwhile must be newer.
    { : > "$aside/made"; } 2> /dev/null || true
    if [[ $java == "$own/bin/java" && ! -e $own/lib/server/classes.jsa ]]; then
        # The JDK's own, on which ours stand, for heaps beyond 32 GB and others: an image comes without, since their bytes
        # depend on the machine that makes them.
        flags=("-XX:SharedArchiveFile=$aside/cache" -Xshare:dump)
        make_cache "$own/lib/server/classes_nocoops.jsa" "$java" "${flags[@]}" -XX:-UseCompressedOops
        make_cache "$own/lib/server/classes.jsa" "$java" "${flags[@]}"
    fi
    # shellcheck disable=SC2207
    flags=("-XX:ArchiveClassesAtExit=$aside/cache" $(help_flags))
    make_cache "${jar%.jar}-help.jsa" "$java" "${flags[@]}" -cp "$jar" org.tornadomor.cli.Main --help
    # shellcheck disable=SC2207
    flags=("-XX:ArchiveClassesAtExit=$aside/cache" $(main_flags))
    make_cache "${jar%.jar}.jsa" "$java" "${flags[@]}" -cp "$jar" org.tornadomor.cli.StartupTraining
    mv -f "$aside/made" "${jar%.jar}.caches" 2> /dev/null || true
    rm -rf "$aside" 2> /dev/null || true
    trap - HUP INT TERM
}

# Makes the cache $1 from a run of $2 with what follows, which writes "cache" in the caller's folder "aside". A person's flags
# for every JVM might choose another collector than these, and two keep a JVM from starting. In the background, since Bash hears
# no signal while it waits for a program in front.
make_cache() {
    local cache=$1 java=$2
    shift 2
    env -u JAVA_TOOL_OPTIONS -u JDK_JAVA_OPTIONS -u _JAVA_OPTIONS "$java" "-Djava.io.tmpdir=$aside" "$@" > /dev/null 2>&1 &
    maker=$!
    if wait "$maker" && [[ -e $aside/cache ]]; then
        mv -f "$aside/cache" "$cache" 2> /dev/null || true
    fi
    maker=
    rm -f "$aside"/cache* 2> /dev/null || true
}

# Ends as the signal $1 would have ended this process, and leaves nothing of the caches that were being made.
give_up() {
    trap - HUP INT TERM
    [[ -z $maker ]] || { kill -KILL "$maker" && wait "$maker"; } 2> /dev/null || true
    rm -rf "$aside" 2> /dev/null || true
    kill -s "$1" $$
}

# Whether another start is making the caches of the jar $1: this one does without. Removes what killed starts left. A number of
# a process counts for some minutes, since another one may have it by now, and this process's own is always an old one.
making_caches() {
    local aside number status=1
    for aside in "${1%.jar}".caches.*; do
        number=${aside##*.}
        [[ -d $aside && $number =~ ^[1-9][0-9]*$ ]] || continue
        if ((number != $$)) && kill -0 "$number" 2> /dev/null && [[ -z $(find "$aside" -prune -mmin +10 2> /dev/null) ]]; then
            status=0
        else
            rm -rf "$aside" 2> /dev/null || true
        fi
    done
    return $status
}

# Whether the jar $1 is newer than its caches, or has none.
lacks_caches() {
    [[ ! ${1%.jar}.caches -nt $1 ]]
}

# Prints the flags that use a cache, if there is one: $1 is its file.
cache_flags() {
    [[ ! -e $1 ]] || printf '%s\n' "-XX:SharedArchiveFile=$1" "$QUIET_CACHE"
}
