#!/usr/bin/env bash
# Installs (Debian, root) and starts what the tests need beyond npm: PostgreSQL, Chromium, nftables, the CrowdSec firewall
# bouncer. Prints `export …` lines for the shell that runs the tests; everything else goes to stderr.
#   eval "$(scripts/services.sh start)"     …     scripts/services.sh stop
set -euo pipefail
here=${TYR_SERVICES_DIR:-${TMPDIR:-/tmp}/tyr-services}
port=${TYR_SERVICES_PG_PORT:-55432}

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
    (cd / && "${as[@]}" "$bin/pg_ctl" -D "$data" -w -l "$data/log" -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data" start >/dev/null 2>&1 </dev/null)
  echo "export TYR_TEST_POSTGRES_URL=postgres://tyr@127.0.0.1:$port/postgres"
}

stop_postgres() {
  local bin data="$here/postgres"
  bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)" 2>/dev/null || true)
  [ -d "$data" ] || return 0
  local as=()
  [ "$(id -u)" = 0 ] && as=(runuser -u postgres --)
  (cd / && "${as[@]}" "$bin/pg_ctl" -D "$data" -m fast stop >/dev/null 2>&1) || true
}

case "${1:-}" in
  install) install ;;
  start) install; start_postgres; command -v chromium >/dev/null && echo "export TYR_CHROMIUM=$(command -v chromium)" || true ;;
  stop) stop_postgres ;;
  *) say "usage: scripts/services.sh install | start | stop"; exit 2 ;;
esac
