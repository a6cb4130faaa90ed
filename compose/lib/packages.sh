# packages - the Debian packages that each part needs.
#
# A row names one package; in a|b either will do, and b is installed.

PACKAGES_BUILD=(
    ca-certificates cmake gcc libc6-dev make "pkgconf|pkg-config"
    libcurl4-openssl-dev libjansson-dev libmicrohttpd-dev libpq-dev
    librdkafka-dev libssl-dev
)
PACKAGES_RUN=(curl "postgresql-client-15|postgresql-client")
PACKAGES_KAFKA=("openjdk-17-jre-headless|default-jre-headless" maven)
PACKAGES_POSTGRES=("postgresql-15|postgresql")
PACKAGES_TEST=(
    binutils clang-14 clang-format-14 clang-tidy-14 gcovr git haproxy kcat
    libclang-rt-14-dev libcmocka-dev nginx-light prometheus python3
    python3-confluent-kafka python3-jsonschema python3-psycopg python3-pytest
    python3-yaml shellcheck
)

# Prints those of the given rows that are not there.
packages_lacking() {
    local installed row
    command -v dpkg-query >/dev/null || return 0
    installed=$'\n'$(dpkg-query --show \
        --showformat '${Package}=${db:Status-Status}\n')$'\n'
    for row; do
        local name found=
        for name in ${row//|/ }; do
            [[ $installed != *$'\n'"$name=installed"$'\n'* ]] || found=yes
        done
        [ "$found" ] || echo "$name"
    done
}

packages_ensure() {
    local lacking
    mapfile -t lacking < <(packages_lacking "$@")
    if [ ${#lacking[@]} -eq 0 ]; then
        step packages "all there"
    elif [ "$(id -u)" -eq 0 ]; then
        packages_install "${lacking[@]}"
    else
        fail "packages are missing; as root: apt-get install ${lacking[*]}"
    fi
}

packages_install() {
    step packages "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet=2 || fail "apt-get update failed"
    apt-get install --quiet=2 --yes --no-install-recommends "$@" \
        >"$RUN/apt.log" 2>&1 ||
        fail_with_log "packages could not be installed" "$RUN/apt.log"
}
