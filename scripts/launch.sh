#!/usr/bin/env bash
# Runs the command line on a JDK that is new enough. In a tree of sources it builds it before if they are newer; an unpacked
# release has the jar beside the launcher, and an application image its own Java too, in the folder "runtime".
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sources=
[[ ! -e $root/pom.xml ]] || sources=yes
program=$root${sources:+/runner/target/tornado-mor}
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

# Whether the jar is missing or older than anything that it is made from.
outdated() {
    [[ ! -e $jar ]] && return 0
    local sources=("$root/pom.xml" "$root/docs/lessons") module
    for module in "$root"/*/pom.xml; do
        [[ $module == "$root"/@(tests|distribution)/pom.xml ]] || sources+=("$module" "$(dirname "$module")/src")
    done
    # Folders count too: a removed file leaves no other trace. A folder may be missing where a module has no sources yet.
    [[ -n $(find "${sources[@]}" -newer "$jar" 2> /dev/null | head -n 1) ]]
}

build() {
    local log=$root/target/launcher-build.log
    command -v mvn > /dev/null || fail "it is not built yet, which takes Maven 3.8 or newer: install it (https://maven.apache.org)"
    echo "tornado-mor: building" >&2
    mkdir -p "$root/target"
    # Sources that change while the build runs must count as newer than the jar.
    touch "$root/target/launcher-build.started"
    if ! mvn -q -B -f "$root/pom.xml" -pl runner,lessons -am package -DskipTests -Dspotless.check.skip=true > "$log" 2>&1; then
        grep -m 5 '^\[ERROR\]' "$log" >&2 || tail -n 5 "$log" >&2
        fail "the build failed; $log has the whole story"
    fi
    touch -r "$root/target/launcher-build.started" "$jar"
}

if [[ -z $sources && -x $root/runtime/bin/java ]]; then
    JAVA_HOME=$root/runtime
else
    JAVA_HOME=$(find_jdk) || exit 1
fi
export JAVA_HOME
if [[ -n $sources ]]; then
    ! outdated || build
elif [[ ! -e $jar ]]; then
    fail "$jar is missing; unpack the release again"
fi
if lacks_caches "$jar"; then
    [[ ! -t 2 ]] || echo "tornado-mor: preparing faster starts" >&2
    make_caches "$JAVA_HOME/bin/java" "$jar"
fi

# Java cannot ask which of its streams are terminals, nor how wide they are.
terminals=
[[ -t 1 ]] && terminals+=out
[[ -t 2 ]] && terminals+=err
seen=("-Dtornadomor.terminals=$terminals")
if [[ $terminals == *err* ]] && size=$(stty size <&2 2> /dev/null) && [[ $size =~ \ ([0-9]+)$ ]]; then
    seen+=("-Dtornadomor.columns=${BASH_REMATCH[1]}")
fi
if asks_help "$@"; then
    flags=("${seen[@]}")
    engine=$(help_flags && cache_flags "${jar%.jar}-help.jsa")
else
    flags=(-XX:+UseG1GC -XX:MaxRAMPercentage=80 "${seen[@]}")
    engine=$(engine_flags "$JAVA_HOME/bin/java" "$jar" "$@") || exit
    engine+=$'\n'$(cache_flags "${jar%.jar}.jsa")
fi
while IFS= read -r flag; do
    [[ -z $flag ]] || flags+=("$flag")
done <<< "$engine"
add_persons_flags

exec "$JAVA_HOME/bin/java" "${flags[@]}" -jar "$jar" "$@"
