# Finds a Python for peers; for the scripts that source this file.

# Prints the Python that has the newest PyTorch: a distribution's belongs to its own Python, others to a venv. Nothing if none has.
newest_python() {
    local candidate version
    for candidate in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3; do
        version=$("$candidate" -c 'import torch; print(torch.__version__)' 2> /dev/null) || continue
        echo "$version $candidate"
    done | sort -V -s -k1,1 | tail -n 1 | cut -d ' ' -f 2-
}
