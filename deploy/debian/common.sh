# shellcheck shell=bash
# What every script of the deployment knows: where things lie, and how to do something as somebody else.
# WAE_ROOT: everything lies below this folder, for trying out; empty on a real machine.
set -euo pipefail
umask 077
WAE_ROOT=${WAE_ROOT:-}
ETC=$WAE_ROOT/etc/wild-aieval
STATE=$WAE_ROOT/var/lib/wild-aieval
LOGS=$WAE_ROOT/var/log/wild-aieval
RUNNING=$WAE_ROOT/run/wild-aieval
OPT=$WAE_ROOT/opt/wild-aieval
SECRETS=$ETC/secrets

say() { echo "wild-aieval: $*"; }
fail() {
  echo "wild-aieval: $*" >&2
  exit 1
}

# The settings of this site; install.sh writes them.
read_site() {
  [ -r "$ETC/site.conf" ] || fail "$ETC/site.conf is not there: run deploy/debian/install.sh first."
  # shellcheck source=/dev/null
  . "$ETC/site.conf"
}

# as USER COMMAND…: as another user of this machine, without what this one has in the environment that matters.
as() {
  local user=$1
  shift
  if [ "$(id -un)" = "$user" ]; then "$@"; else (cd / && exec setpriv --reuid="$user" --regid="$user" --init-groups env HOME=/nonexistent "$@"); fi
}

# sql DATABASE: what comes in, as the administrator of PostgreSQL; the first error ends it.
sql() { as "$DATABASE_USER" psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$DATABASE_HOST" -p "$DATABASE_PORT" -U postgres -d "$1"; }

# address ROLE DATABASE [OPTIONS]: for SQLAlchemy; no password, since PostgreSQL asks the kernel who is there.
address() { echo "postgresql+psycopg://$1@/$2?host=$DATABASE_HOST&port=$DATABASE_PORT${3:-}"; }

# make_database NAME OWNER: empty, and closed to everybody else.
make_database() {
  if [ -z "$(echo "SELECT 1 FROM pg_database WHERE datname = '$1'" | sql postgres)" ]; then
    echo "CREATE DATABASE $1 OWNER $2 TEMPLATE template0 ENCODING 'UTF8'" | sql postgres
  fi
  echo "REVOKE ALL ON DATABASE $1 FROM PUBLIC; GRANT CONNECT ON DATABASE $1 TO $2" | sql postgres
}

# tables DATABASE: how many it has.
tables() {
  echo "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')" | sql "$1"
}

# One word that nobody guesses.
secret() { head -c 32 /dev/urandom | base64 | tr -d '/+=\n'; }

# fill TEMPLATE NAME=VALUE…: a template with @NAME@ replaced.
fill() {
  local text pair
  text=$(cat "$1")
  shift
  for pair in "$@"; do text=${text//"@${pair%%=*}@"/"${pair#*=}"}; done
  printf '%s\n' "$text"
}

# own_certificate NAME: signed by itself, for trying out; nothing where a certificate is there already.
own_certificate() {
  [ -s "$ETC/tls/$1.crt" ] && return
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" -addext "basicConstraints=critical,CA:FALSE" \
    -keyout "$ETC/tls/$1.key" -out "$ETC/tls/$1.crt" 2>/dev/null
  chmod 644 "$ETC/tls/$1.crt"
  say "made a certificate for $1 that no browser trusts; put yours in $ETC/tls/$1.crt and $1.key"
}

has_systemd() { [ -z "$WAE_ROOT" ] && [ -d /run/systemd/system ]; }
