# settings - where everything is, and what may be chosen by the environment.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$ROOT/build/release/bin
RUN=${CLERKSTREAM_RUN:-$ROOT/.run}

KAFKA_PORT=${KAFKA_PORT:-9092}
KAFKA_CONTROLLER_PORT=${KAFKA_CONTROLLER_PORT:-9093}
# Below the ports that outgoing connections are given, which come and go.
POSTGRES_PORT=${POSTGRES_PORT:-15432}
# librdkafka would be asked about every KAFKA_… that a program inherits.
export -n KAFKA_PORT KAFKA_CONTROLLER_PORT

# All on loopback, unless somebody says otherwise.
export PRODUCER_LISTEN=${PRODUCER_LISTEN:-127.0.0.1:8788}
export PRODUCER_ADMIN_LISTEN=${PRODUCER_ADMIN_LISTEN:-127.0.0.1:9788}
export CONSUMER_ADMIN_LISTEN=${CONSUMER_ADMIN_LISTEN:-127.0.0.1:9789}

run_folder_make() {
    mkdir -p "$RUN"
    # What is wiped later is known to be ours by this file.
    touch "$RUN/clerkstream"
    # The user postgres passes through; secrets have modes of their own.
    chmod a+x "$RUN"
}

# One `up` or `down` at a time in one run folder.
run_folder_lock() {
    exec 9>"$RUN/lock"
    flock --nonblock 9 || fail "another up or down is at work in $RUN"
}
