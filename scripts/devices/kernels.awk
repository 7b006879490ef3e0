# Takes the CUDA C that TornadoVM printed and gives each kernel a name of its own, so that all can be in one file. A kernel that came
# before, word by word, is left out.
/^extern "C" __global__ void / {
    match($0, /void [A-Za-z0-9_]+/)
    name = substr($0, RSTART + 5, RLENGTH - 5)
    if ($0 ~ /int kvHeads/) name = "attention_" name
    head = substr($0, RSTART + RLENGTH)
    body = ""
    inside = 1
    next
}
inside { body = body $0 "\n" }
inside && /^}/ {
    inside = 0
    if (!((name head body) in seen)) {
        seen[name head body] = 1
        print "extern \"C\" __global__ void " name "_" ++number head "\n" body
    }
}
