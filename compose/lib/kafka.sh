# kafka - a broker: a real one of our own, the embedded one, or one given.

kafka_answers() { "$ROOT/compose/kafka/answers" "$1"; }

kafka_fetch() {
    "$ROOT/compose/kafka/jars" >/dev/null || fail "Kafka could not be fetched"
}

# kafka_start PORT CONTROLLER_PORT - then wait with kafka_wait.
kafka_start() {
    process_start kafka "$ROOT/compose/kafka/server" "$RUN/kafka" "$1" "$2"
    echo "127.0.0.1:$1" >"$RUN/kafka.address"
}

kafka_wait() { process_wait kafka 60 kafka_answers "$(<"$RUN/kafka.address")"; }

kafka_stop() { process_stop kafka TERM 30; }

kafka_begin() {
    if process_pid kafka >/dev/null; then
        step kafka "runs already"
    else
        kafka_start "$KAFKA_PORT" "$KAFKA_CONTROLLER_PORT"
        step kafka "starting"
    fi
}

# Sets KAFKA_BOOTSTRAP_SERVERS to our broker, which answers.
kafka_up() {
    kafka_wait
    KAFKA_BOOTSTRAP_SERVERS=$(<"$RUN/kafka.address")
}

embedded_broker_up() {
    local file=$RUN/embedded-broker.address
    if process_pid embedded-broker >/dev/null; then
        step broker "the embedded one runs already"
    else
        rm -f "$file"
        process_start embedded-broker \
            "$BIN/clerkstream-embedded-broker" "$file"
        process_wait embedded-broker 10 test -s "$file"
        step broker "embedded: in memory, it forgets everything when it stops"
    fi
    KAFKA_BOOTSTRAP_SERVERS=$(<"$file")
    # Its groups form only above 3 s, and every rebalance takes this long.
    export KAFKA_SESSION_TIMEOUT_MS=${KAFKA_SESSION_TIMEOUT_MS:-6000}
    export KAFKA_HEARTBEAT_INTERVAL_MS=${KAFKA_HEARTBEAT_INTERVAL_MS:-300}
}
