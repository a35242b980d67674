#!/bin/sh
# Runs a server of PostgreSQL of its own for as long as somebody holds this process's standard input open.
#
# Arguments: the folder of PostgreSQL's programs, then settings as `name=value`. Prints the folder of its socket, then what
# the server logs. Lines on standard input: `stop`, `start`, `restart`, and `kill`, which ends all of its processes as a
# loss of power would. When standard input ends, because the parent process closed it or died, so does the server, and
# its folder goes. Should this process be killed itself, the kernel ends the server. CERTIFICATE and KEY name files for TLS.
set -eu
programs=$1
shift
export LC_ALL=C TZ=UTC

# In /tmp whatever TMPDIR says: the path of a socket may have 107 bytes.
folder=$(mktemp -d /tmp/lazaret-postgres-XXXXXXXX)
server=
trap 'end QUIT; rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# The server refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    chown postgres:postgres "$folder"
    chmod 711 "$folder"
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
else
    as="setpriv"
fi

end() {
    [ -n "$server" ] || return 0
    kill "-$1" "$server" 2>/dev/null || true
    wait "$server" || true
    server=
}

start() {
    # Without an input of its own: it is not to read what is meant for this script.
    $as --pdeathsig QUIT "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= "$@" </dev/null >&2 &
    server=$!
}

# The processes of the server are killed together: one that is left would keep a new server from starting.
lose_power() {
    kill -STOP "$server"
    children=$(cat "/proc/$server/task/$server/children")
    kill -KILL "$server" $children 2>/dev/null || true
    wait "$server" || true
    for child in $children; do
        while kill -0 "$child" 2>/dev/null; do sleep 0.01; done
    done
    server=
}

$as "$programs/initdb" -D "$folder/data" --username=lazaret --auth=trust --no-sync --encoding=UTF8 --locale=C >&2
# Beside the socket, one role for whom a password is asked; by network, everybody, and only within TLS.
$as sh -c 'printf "%s\n" "$2" >"$1"' sh "$folder/data/pg_hba.conf" "local all careful scram-sha-256
local all all trust
hostssl all all 127.0.0.1/32 scram-sha-256"
if [ -n "${CERTIFICATE:-}" ]; then
    # Of a key that others may read the server makes no use.
    cat "$CERTIFICATE" | $as sh -c 'umask 077 && cat >"$1"' sh "$folder/data/server.crt"
    cat "$KEY" | $as sh -c 'umask 077 && cat >"$1"' sh "$folder/data/server.key"
fi
settings=
for setting in "$@"; do settings="$settings -c $setting"; done
start $settings
echo "$folder"
while read -r order; do
    case $order in
    stop) end INT ;;
    start) start $settings ;;
    restart) end INT && start $settings ;;
    kill) lose_power ;;
    esac
    echo "done $order"
done
