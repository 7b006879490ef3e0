# Finds a JDK for the scripts that source this file.

readonly JDK_WANTED=25

# Prints the feature version of the JDK in folder $1, or 0: the file "release" says it without starting a JVM.
jdk_version() {
    local line version=0
    if [[ -x "$1/bin/javac" && -r "$1/release" ]]; then
        while IFS= read -r line; do
            if [[ $line =~ ^JAVA_VERSION=\"?([0-9]+) ]]; then
                version=${BASH_REMATCH[1]}
            fi
        done < "$1/release"
    fi
    echo "$version"
}

# Prints the JDK that "java" on the PATH belongs to. It may be a link, or the shim of a version manager.
jdk_on_path() {
    local java home
    java=$(command -v java) || return 0
    home=$(dirname "$(dirname "$(readlink -f "$java" 2> /dev/null || echo "$java")")")
    if [[ ! -e "$home/release" ]]; then
        home=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p') || true
    fi
    echo "$home"
}

# Prints the folders where a JDK may be, the likeliest first, one a line.
jdk_places() {
    # A service may have no home.
    local home user=${HOME:-/nonexistent}
    # First, since looking at the others takes time, and the reader is content with one.
    echo "${JAVA_HOME:-}"
    for home in "$(jdk_on_path)" \
        /usr/lib/jvm/* /opt/java/* /opt/jdk* "${SDKMAN_DIR:-$user/.sdkman}"/candidates/java/* "$user"/.jdks/*; do
        echo "$home"
    done
    if [[ -x /usr/libexec/java_home ]]; then
        /usr/libexec/java_home -v "$JDK_WANTED+" 2> /dev/null || true
    fi
}

# Prints the folder of the first JDK that is new enough; fails with one line if there is none.
find_jdk() {
    local home
    while IFS= read -r home; do
        if [[ -n $home && $(jdk_version "$home") -ge $JDK_WANTED ]]; then
            echo "$home"
            return 0
        fi
    done < <(jdk_places 2> /dev/null)
    echo "tornado-mor: no JDK $JDK_WANTED or newer found; install one (https://adoptium.net, or sdk install java" \
        "25-tem) or set JAVA_HOME" >&2
    return 1
}
