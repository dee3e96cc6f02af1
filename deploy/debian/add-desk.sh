#!/usr/bin/env bash
# A review desk for one run: a ledger of its own in PostgreSQL, people with tokens, a name behind nginx.
set -euo pipefail
usage() {
  cat <<'TEXT'
deploy/debian/add-desk.sh NAME RUN_FOLDER [OPTIONS]         as root; for trying out: WAE_ROOT=FOLDER
  NAME                    of the desk: small letters, digits and _
  RUN_FOLDER              a finished run; it is copied to where the desk keeps its runs, unless it lies there
  --host NAME             under which browsers reach the desk: desk.office.example; NAME.MLFLOW_NAME where none is given
  --certificate FILE --key FILE   of that name (PEM); without them one is made that no browser trusts
  --reviewers N           2; an adjudicator and an administrator come with them
  --port N                on this machine only; the next one free from 8765
The texts of the run's benchmarks must lie where the run folder says, readable by the user wae-desk.
TEXT
}
[ $# -ge 2 ] || { usage && exit 1; }
. "$(dirname "$(readlink -f "$0")")/common.sh"
here=$(dirname "$(readlink -f "$0")")
read_site
name=$1 run=$2
shift 2
host=$name.$MLFLOW_NAME certificate="" key="" reviewers=2 port=""
while [ $# -ge 2 ]; do
  case $1 in
    --host) host=$2 ;; --certificate) certificate=$2 ;; --key) key=$2 ;; --reviewers) reviewers=$2 ;; --port) port=$2 ;;
    *) fail "unknown option '$1'; see add-desk.sh" ;;
  esac
  shift 2
done
[ $# = 0 ] || fail "'$1' needs a value; see add-desk.sh"
[[ $name =~ ^[a-z][a-z0-9_]{0,30}$ ]] || fail "'$name' is no name of a desk: small letters, digits and _, 31 at most."
[ "$name" != site ] || fail "a desk cannot be called 'site': in a backup that is the name of the settings of the site."
[[ $host =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || fail "--host '$host': a name of a host in small letters."
[ ! -e "$ETC/desks/$name.conf" ] || fail "the desk '$name' is there already ($ETC/desks/$name.conf)."
[ -r "$run/summary.json" ] || fail "$run: no finished run lies there (no summary.json)."

free_port() {
  local candidate=8765
  while grep -qs "^DESK_PORT=$candidate$" "$ETC"/desks/*.conf || (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; do
    candidate=$((candidate + 1))
  done
  echo "$candidate"
}

copy_run() {
  run=$(readlink -f "$run")
  [[ $run == "$RUNS"/* ]] && return
  [ ! -e "$RUNS/$name" ] || fail "$RUNS/$name is there already."
  cp -R "$run" "$RUNS/$name"
  chmod -R u=rwX,go= "$RUNS/$name"
  chown -R "$DESK_USER:" "$RUNS/$name"
  run=$RUNS/$name
}

make_ledger() {
  local database=wae_ledger_$name
  make_database "$database" wae_ledger_owner
  echo "GRANT CONNECT ON DATABASE $database TO wae_ledger" | sql postgres
  as "$DATABASE_USER" "$VENV/bin/python" "$OPT/deploy/debian/ledger.py" \
    "$(address postgres "$database" '&options=-c%20role%3Dwae_ledger_owner')" wae_ledger
}

people() {
  local number file=$ETC/desks/$name.tokens
  {
    for number in $(seq "$reviewers"); do echo "reviewer-$number reviewer $(secret)"; done
    echo "adjudicator-1 adjudicator $(secret)"
    echo "administrator-1 administrator $(secret)"
  } >"$file"
  chown "$DESK_USER:" "$file"
}

port=${port:-$(free_port)}
make_ledger
copy_run
people
if [ -n "$certificate" ]; then cp "$certificate" "$ETC/tls/$host.crt" && cp "$key" "$ETC/tls/$host.key"; fi
own_certificate "$host"
printf '%s=%q\n' RUN_FOLDER "$run" DESK_NAME "$host" DESK_PORT "$port" DESK_TOKENS "$ETC/desks/$name.tokens" >"$ETC/desks/$name.conf"
chmod 644 "$ETC/desks/$name.conf"
if has_systemd; then systemctl enable --quiet "wild-aieval-desk@$name.service"; fi
"$here/services.sh" make-proxy
"$here/services.sh" start desk "$name"
"$here/services.sh" start nginx
say "the desk '$name': https://$host$([ "$HTTPS_PORT" = 443 ] || echo ":$HTTPS_PORT")/  tokens in $ETC/desks/$name.tokens, one person each"
