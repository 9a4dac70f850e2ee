#!/usr/bin/env bash
# Installs (Debian, root) and starts what the tests need beyond npm: PostgreSQL, Chromium, nftables, the CrowdSec firewall
# bouncer. Prints `export …` lines for the shell that runs the tests; everything else goes to stderr.
#   eval "$(scripts/services.sh start)"     …     scripts/services.sh stop
set -euo pipefail
port=${TYR_SERVICES_PG_PORT:-55432}
memory=/dev/shm/tyr-services-$port
on_disk=${TMPDIR:-/tmp}/tyr-services

# PostgreSQL syncs each commit, and one fresh database is dozens of them: in memory where 2 GB are free, unless told where
# or already begun elsewhere. What is in memory is removed at the stop.
choose_folder() {
  if [ -n "${TYR_SERVICES_DIR:-}" ]; then echo "$TYR_SERVICES_DIR"; return; fi
  # Its fourth line is the port (PostgreSQL: Database File Layout).
  if [ "$(sed -n 4p "$on_disk/postgres/postmaster.pid" 2>/dev/null)" = "$port" ]; then echo "$on_disk"; return; fi
  local free
  free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
  if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "${free:-0}" -ge 2097152 ]; then echo "$memory"; else echo "$on_disk"; fi
}
here=$(choose_folder)

say() { printf '%s\n' "$*" >&2; }

install() {
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || { say "services: not root on Debian, nothing is installed"; return 0; }
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v nft >/dev/null || missing+=(nftables)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v curl >/dev/null || missing+=(curl)
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
  [ ${#missing[@]} -eq 0 ] && command -v crowdsec-firewall-bouncer >/dev/null && return 0
  say "services: installing ${missing[*]} crowdsec-firewall-bouncer"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  [ ${#missing[@]} -eq 0 ] || apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
  command -v crowdsec-firewall-bouncer >/dev/null || install_bouncer
}

# The package's set-up wants to register with a local CrowdSec and to start a unit; the tests need only its program.
install_bouncer() {
  local unpacked="$here/bouncer"
  mkdir -p "$unpacked" && cd "$unpacked"
  apt-get download -qq crowdsec-firewall-bouncer >&2 || { say "services: crowdsec-firewall-bouncer cannot be had"; return 0; }
  dpkg-deb -x crowdsec-firewall-bouncer_*.deb .
  install -m 0755 "$(find . -type f -name crowdsec-firewall-bouncer -path "*bin*" | head -n 1)" /usr/local/bin/crowdsec-firewall-bouncer
  cd - >/dev/null
}

start_postgres() {
  local bin data="$here/postgres"
  bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)" 2>/dev/null || true)
  [ -n "$bin" ] && [ -x "$bin/initdb" ] || { say "services: no PostgreSQL"; return 0; }
  mkdir -p "$here" && chmod 755 "$here"
  local as=()
  [ "$(id -u)" = 0 ] && as=(runuser -u postgres --)
  if [ ! -d "$data" ]; then
    mkdir -p "$data"; [ "$(id -u)" = 0 ] && chown postgres "$data"
    "${as[@]}" "$bin/initdb" -D "$data" -A trust -U tyr >/dev/null
  fi
  "${as[@]}" "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1 ||
    (cd / && "${as[@]}" "$bin/pg_ctl" -D "$data" -w -l "$data/log" -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data -c max_wal_size=256MB" start >/dev/null 2>&1 </dev/null)
  echo "export TYR_TEST_POSTGRES_URL=postgres://tyr@127.0.0.1:$port/postgres"
}

stop_postgres() {
  # What was chosen at the start may have filled the memory since.
  [ -d "$memory/postgres" ] && [ -z "${TYR_SERVICES_DIR:-}" ] && here=$memory
  local bin data="$here/postgres"
  bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)" 2>/dev/null || true)
  [ -d "$data" ] || return 0
  local as=()
  [ "$(id -u)" = 0 ] && as=(runuser -u postgres --)
  (cd / && "${as[@]}" "$bin/pg_ctl" -D "$data" -m fast stop >/dev/null 2>&1) || true
  [ "$here" != "$memory" ] || rm -rf "$memory"
}

case "${1:-}" in
  install) install ;;
  start) install; start_postgres; command -v chromium >/dev/null && echo "export TYR_CHROMIUM=$(command -v chromium)" || true ;;
  stop) stop_postgres ;;
  *) say "usage: scripts/services.sh install | start | stop"; exit 2 ;;
esac
