#!/usr/bin/env bash
# Runs the command line on a JDK that is new enough. In a tree of sources it builds it before if they are newer; an unpacked
# release has the jar beside the launcher, and an application image its own Java too, in the folder "runtime".
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
in_tree=
[[ ! -e $root/pom.xml ]] || in_tree=yes
program=$root${in_tree:+/runner/target/tornado-mor}
jar=$program/tornado-mor.jar
# shellcheck source=scripts/jdk.sh
source "$root/scripts/jdk.sh"
# shellcheck source=scripts/engine.sh
source "$root/scripts/engine.sh"
# shellcheck source=scripts/startup.sh
source "$root/scripts/startup.sh"

fail() {
    echo "tornado-mor: $*" >&2
    exit 1
}

# What the jar was made from, and what it is: two checksums.
stamp=$program/sources

# Everything that the jar is made from, seen from the root.
sources=(pom.xml docs/lessons)

find_sources() {
    local module
    for module in "$root"/*/pom.xml; do
        module=${module%/pom.xml}
        module=${module##*/}
        [[ $module == @(tests|distribution) ]] || sources+=("$module/pom.xml" "$module/src")
    done
}

# Prints a checksum of what the sources say, whenever they were written and wherever they lie.
fingerprint() {
    { find "${sources[@]}" -type f -exec cksum {} + 2> /dev/null || true; } | LC_ALL=C sort | cksum
}

# Notes that the jar was made from sources with the checksum $1, and when they were looked at: as old as $2.
note_sources() {
    { printf '%s\n%s\n' "$1" "$(cksum < "$jar")" > "$stamp" && touch -r "$2" "$stamp"; } 2> /dev/null || true
}

# Whether anything that the jar is made from is newer than $1. Folders count too: a removed file leaves no other trace. A folder
# may be missing where a module has no sources yet.
newer_than() {
    [[ -n $(find "${sources[@]}" -newer "$1" 2> /dev/null | head -n 1) ]]
}

# Whether the jar is missing or made from other sources than these. Times decide if they can: looking into all files takes a
# moment. A copy of the tree, or a branch that was left and taken again, has new times and the same text.
outdated() {
    local looked=$jar now
    [[ -e $jar ]] || return 0
    [[ ! $stamp -nt $jar ]] || looked=$stamp
    if ! newer_than "$looked"; then
        # Somebody else built it.
        [[ ! $stamp -ot $jar ]] || note_sources "$(fingerprint)" "$jar"
        return 1
    fi
    now=$(fingerprint)
    [[ -e $stamp && $(< "$stamp") == "$now"$'\n'"$(cksum < "$jar")" ]] || return 0
    # The JVM takes no cache of a jar that was written at another time.
    { touch "$stamp" && rm -f "${jar%.jar}.caches"; } 2> /dev/null || true
    return 1
}

# Shows on a terminal how far Maven is, of which it reads the log.
show_progress() {
    local part line='' where='' dots='\[([0-9]+)/([0-9]+)\]$'
    if [[ ! -t 2 || ${TERM:-dumb} == dumb ]]; then
        cat > /dev/null
        return
    fi
    while true; do
        if IFS= read -r -t 1 part; then
            line+=$part
            if [[ $line == *Building* && $line =~ $dots ]]; then
                where=", part ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
            elif [[ $line == *'Downloading from'* ]]; then
                where=", loading libraries"
            fi
            line=
        elif (($? > 128)); then
            # Not the end: nothing came for a second.
            line+=$part
        else
            break
        fi
        printf '\r%-40s' "$SECONDS s$where" >&2
    done
    printf '\r%-40s\r' '' >&2
}

build() {
    local log=$root/target/launcher-build.log before parts=(-pl runner,lessons)
    command -v mvn > /dev/null || fail "it is not built yet, which takes Maven 3.8 or newer: install it (https://maven.apache.org)"
    echo "tornado-mor: building (about half a minute; longer where Maven has to load the libraries first)" >&2
    mkdir -p "$root/target"
    # Sources that change while the build runs must count as newer than the jar.
    touch "$root/target/launcher-build.started"
    before=$(fingerprint)
    SECONDS=0
    # Who has built the clusters has them built again.
    [[ ! -e $program/spark/cluster.jar ]] || parts=(-Pcluster -pl runner,lessons,spark,cluster)
    if ! mvn -B -f "$root/pom.xml" "${parts[@]}" -am package -DskipTests -Dspotless.check.skip=true 2>&1 | tee "$log" | show_progress; then
        grep -m 5 '^\[ERROR\]' "$log" >&2 || tail -n 5 "$log" >&2
        fail "the build failed; $log has the whole story"
    fi
    echo "tornado-mor: built in $SECONDS s" >&2
    touch -r "$root/target/launcher-build.started" "$jar"
    note_sources "$before" "$jar"
}

if [[ -z $in_tree && -x $root/runtime/bin/java ]]; then
    # JAVA_HOME stays what it is: it may name a JDK with the source that this Java lacks, a text to train on.
    java=$root/runtime/bin/java
else
    JAVA_HOME=$(find_jdk) || exit 1
    export JAVA_HOME
    java=$JAVA_HOME/bin/java
fi
# Where Spark starts the processes of a local cluster from.
[[ -n ${SPARK_HOME:-} || ! -d $program/spark/jars ]] || export SPARK_HOME=$program/spark
if [[ -n $in_tree ]]; then
    here=$PWD
    cd "$root"
    find_sources
    ! outdated || build
    cd "$here"
elif [[ ! -e $jar ]]; then
    fail "$jar is missing; unpack the release again"
fi
if ! making_caches "$jar" && lacks_caches "$jar"; then
    [[ ! -t 2 ]] || echo "tornado-mor: preparing faster starts" >&2
    make_caches "$java" "$jar"
fi

# Java cannot ask which of its streams are terminals, nor how wide they are.
terminals=
[[ -t 1 ]] && terminals+=out
[[ -t 2 ]] && terminals+=err
seen=("-Dtornadomor.terminals=$terminals")
if [[ $terminals == *err* ]]; then
    size=$(stty size <&2 2> /dev/null) || size=
elif [[ $terminals == out ]]; then
    size=$(stty size <&1 2> /dev/null) || size=
else
    size=
fi
[[ ! $size =~ \ ([0-9]+)$ ]] || seen+=("-Dtornadomor.columns=${BASH_REMATCH[1]}")
if asks_help "$@"; then
    flags=("${seen[@]}")
    engine=$(help_flags && cache_flags "${jar%.jar}-help.jsa")
else
    flags=(-XX:+UseG1GC -XX:MaxRAMPercentage=80 "${seen[@]}")
    engine=$(engine_flags "$java" "$jar" "$@") || exit
    engine+=$'\n'$(cache_flags "${jar%.jar}.jsa")
fi
while IFS= read -r flag; do
    [[ -z $flag ]] || flags+=("$flag")
done <<< "$engine"
add_persons_flags

exec "$java" "${flags[@]}" -jar "$jar" "$@"
