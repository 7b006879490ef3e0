# Finds out which JVM flags an engine needs; for the scripts that source this file.

# shellcheck source=scripts/collector.sh
source "${BASH_SOURCE[0]%/*}/collector.sh"

# Prints the folders where a TornadoVM SDK may be: TORNADOVM_HOME if it is set, else the usual places.
sdk_places() {
    if [[ -n ${TORNADOVM_HOME:-} ]]; then
        echo "$TORNADOVM_HOME"
    else
        echo "${SDKMAN_DIR:-${HOME:-/nonexistent}/.sdkman}/candidates/tornadovm/current"
        echo /opt/tornadovm
    fi
}

# Prints the folder of the first SDK; fails without a word if there is none.
find_sdk() {
    local home
    while IFS= read -r home; do
        if [[ -e $home/tornado-argfile || -e $home/tornado-argfile.template ]]; then
            echo "$home"
            return 0
        fi
    done < <(sdk_places)
    return 1
}

# Whether the arguments name the CPU engine.
asks_cpu() {
    local word before=
    for word in "$@"; do
        if [[ $word == --engine=cpu || $before == --engine && $word == cpu ]]; then
            return 0
        fi
        before=$word
    done
    return 1
}

# Prints the flag with which the heap takes pages of megabytes where Linux leaves that to each program: weights that are read one
# after another then need few translations of addresses. Elsewhere the JVM does not know the flag, or warns.
huge_pages() {
    local choice=
    { read -r choice < /sys/kernel/mm/transparent_hugepage/enabled; } 2> /dev/null || true
    [[ $choice != *'[madvise]'* ]] || echo -XX:+UseTransparentHugePages
}

# Prints the JVM flags, one a line, that the engine needs which the command line $3.. asks for. They cannot be chosen once
# the JVM runs, since an SDK and the simulator exclude each other in one JVM. $1 is java, $2 the program's jar.
engine_flags() {
    local java=$1 jar=$2
    shift 2
    # The CPU engine computes with the Vector API.
    echo --add-modules
    echo jdk.incubator.vector
    # Tokenizers, the terminal and the output beside a driver's call native libraries.
    echo --enable-native-access=ALL-UNNAMED
    # TornadoVM and its simulator must not replace a failed kernel by wrong results.
    echo -Dtornado.recover.bailout=False
    huge_pages
    # The program knows which commands and options mean an SDK; nobody needs to ask where there is none, or for the CPU engine.
    if ! asks_cpu "$@" && { [[ -n ${TORNADOVM_HOME:-} ]] || find_sdk > /dev/null; }; then
        # Properties of TornadoVM decide about its devices too.
        local word options=(-XX:TieredStopAtLevel=1 "-Dtornadomor.terminals=${terminals:-}")
        [[ -n $(persons_collectors) ]] || options+=(-XX:+UseSerialGC)
        for word in ${JAVA_OPTS:-} ${TORNADOMOR_JAVA_OPTS:-}; do
            [[ $word != -Dtornado.* ]] || options+=("$word")
        done
        "$java" "${options[@]}" -cp "$jar" org.tornadomor.cli.EngineFlags "$@"
    fi
}
