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

# Prints the flags of the CPU engine, one a line.
main_flags() {
    printf '%s\n' -XX:+UseG1GC --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED
}

# Makes both caches beside the jar $2 with java $1. That takes some seconds, once a build, whoever built it; failing does no
# harm, and is not tried again.
make_caches() {
    local java=$1 jar=$2 flags
    touch "${jar%.jar}.caches" 2> /dev/null || return 0
    mapfile -t flags < <(help_flags)
    make_cache "${jar%.jar}-help.jsa" "$java" "${flags[@]}" -cp "$jar" org.tornadomor.cli.Main --help
    mapfile -t flags < <(main_flags)
    make_cache "${jar%.jar}.jsa" "$java" "${flags[@]}" -cp "$jar" org.tornadomor.cli.StartupTraining
}

# Makes the cache $1 from a run of $2 with what follows; aside first, since another process may be starting. A person's flags for
# every JVM might choose another collector than these, and two keep a JVM from starting.
make_cache() {
    local cache=$1 java=$2
    shift 2
    if env -u JAVA_TOOL_OPTIONS -u JDK_JAVA_OPTIONS -u _JAVA_OPTIONS "$java" "-XX:ArchiveClassesAtExit=$cache.$$" "$@" > /dev/null 2>&1 && [[ -e $cache.$$ ]]; then
        mv -f "$cache.$$" "$cache"
    fi
    rm -f "$cache.$$"*
}

# Whether the jar $1 is newer than its caches, or has none.
lacks_caches() {
    [[ ! ${1%.jar}.caches -nt $1 ]]
}

# Prints the flags that use a cache, if there is one: $1 is its file.
cache_flags() {
    [[ ! -e $1 ]] || printf '%s\n' "-XX:SharedArchiveFile=$1" "$QUIET_CACHE"
}
