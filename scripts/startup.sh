# Makes the JVM start faster; for the scripts that source this file. A cache holds the program's classes, read and linked, and
# what is worth compiling. The JVM checks that it belongs to this JDK, jar and flags, and does without it where it does not.

# Says nothing about a cache that does not fit.
readonly QUIET_CACHE=-Xlog:aot*=off,cds*=off

# Whether the arguments ask for nothing but help or the version, which needs no engine.
asks_help() {
    (($# == 0)) && return 0
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

# Makes both caches beside the jar $2 with java $1. That takes some seconds, once a build; failing does no harm.
make_caches() {
    local java=$1 jar=$2 flags
    mapfile -t flags < <(help_flags)
    "$java" "${flags[@]}" "-XX:AOTCacheOutput=${jar%.jar}-help.aot" -cp "$jar" org.tornadomor.cli.Main --help \
        > /dev/null 2>&1 || true
    mapfile -t flags < <(main_flags)
    "$java" "${flags[@]}" "-XX:AOTCacheOutput=${jar%.jar}.aot" -cp "$jar" org.tornadomor.cli.StartupTraining \
        > /dev/null 2>&1 || true
}

# Prints the flags that use a cache, if there is one: $1 is its file.
cache_flags() {
    [[ ! -e $1 ]] || printf '%s\n' "-XX:AOTCache=$1" "$QUIET_CACHE"
}
