# ports - who listens on a TCP port of this machine.

# Inodes of the sockets that listen on a port, from the kernel's own table.
port_sockets() {
    local hexadecimal
    hexadecimal=$(printf '%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$hexadecimal" \
        '$4 == "0A" && $2 ~ ":" port "$" { print $10 }'
}

# Prints who has the port; false when nobody has.
port_holder() {
    local inode file pid
    inode=$(port_sockets "$1" | head -n 1)
    [ "$inode" ] || return 1
    file=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null |
        head -n 1)
    pid=${file#/proc/}
    pid=${pid%%/*}
    if [ "$pid" ]; then
        echo "$(cat "/proc/$pid/comm") (pid $pid)"
    else
        echo "a program of another user"
    fi
}

# ports_must_be_free PROCESS VARIABLE… - unless that process of ours has them.
# A variable holds a port or host:port, and is how to choose another one.
ports_must_be_free() {
    local variable port holder
    ! process_pid "$1" >/dev/null || return 0
    shift
    for variable; do
        port=${!variable##*:}
        ! holder=$(port_holder "$port") || fail \
            "port $port is taken by $holder; choose another with $variable"
    done
}
