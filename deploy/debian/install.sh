#!/usr/bin/env bash
# The deployment of an office on one Debian machine, from nothing: PostgreSQL, MLflow with names and passwords, nginx with TLS.
# It may be run again: what is there stays, the package is brought to this checkout's state, the services start anew.
set -euo pipefail
usage() {
  cat <<'TEXT'
deploy/debian/install.sh --mlflow-name NAME [OPTIONS]       as root, on Debian 12 or later
  --mlflow-name NAME      under which browsers reach MLflow: mlflow.office.example
  --certificate FILE --key FILE   of that name (PEM); without them one is made that no browser trusts
  --https-port N          443
  --workers N             processes of MLflow; 2
  --artifacts PLACE       a folder, or s3://BUCKET/PATH; /var/lib/wild-aieval/artifacts
  --s3-endpoint URL       of an S3-compatible store; its keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
  --restore BACKUP        begin with what deploy/backup.sh kept, instead of empty
  --pip-args 'ARGS'       more for pip, such as '--index-url https://mirror.office.example/simple'
  --no-start              install only
For trying out, as anybody, with everything below one folder and nothing of the machine touched:
  --try FOLDER            a PostgreSQL of its own, free ports, MLflow at https://localhost:PORT/ (postgresql and nginx are installed)
  --venv FOLDER           an environment that has wild-aieval[postgres,server] already
Then: deploy/debian/add-desk.sh opens a review desk, deploy/members.py gives names and rights. See docs/deploy.md.
TEXT
}
name="" certificate="" key="" https_port="" workers="" artifacts="" endpoint="" restore="" pip_args="" start=yes try="" venv=""
while [ $# -gt 0 ]; do
  case $1 in
    --mlflow-name) name=$2 ;; --certificate) certificate=$2 ;; --key) key=$2 ;; --https-port) https_port=$2 ;;
    --workers) workers=$2 ;; --artifacts) artifacts=$2 ;; --s3-endpoint) endpoint=$2 ;; --restore) restore=$2 ;;
    --pip-args) pip_args=$2 ;; --try) try=$2 ;; --venv) venv=$2 ;;
    --no-start) start=no && shift && continue ;;
    -h | --help) usage && exit 0 ;;
    *) echo "wild-aieval: unknown option '$1'; see deploy/debian/install.sh --help" >&2 && exit 1 ;;
  esac
  [ $# -ge 2 ] || { echo "wild-aieval: '$1' needs a value; see --help" >&2 && exit 1; }
  shift 2
done
if [ -n "$try" ]; then
  mkdir -p "$try"
  WAE_ROOT=$(readlink -f "$try")
  export WAE_ROOT
fi
here=$(dirname "$(readlink -f "$0")")
source=$(readlink -f "$here/../..")
. "$here/common.sh"

check() {
  if [ -z "$WAE_ROOT" ]; then
    [ "$(id -u)" = 0 ] || fail "this changes the machine: run it as root, or try it out with --try FOLDER."
    command -v apt-get >/dev/null || fail "this machine has no apt-get; the script is for Debian 12 or later."
  elif [ -e "$ETC/site.conf" ] || [ -z "$(ls -A "$WAE_ROOT")" ]; then
    :
  else
    fail "--try $WAE_ROOT: the folder is not empty and holds no earlier try. Name an empty one."
  fi
  [ ${#RUNNING} -le 80 ] || fail "--try $WAE_ROOT: PostgreSQL's socket needs a shorter path than this. Take a folder below /tmp."
  [ -z "$certificate$key" ] || { [ -r "$certificate" ] && [ -r "$key" ]; } || fail "--certificate and --key: both must be readable files."
  case $artifacts in
    "" | *://*) ;;
    /home/* | /root/* | /run/user/* | /tmp/* | /var/tmp/*)
      [ -n "$WAE_ROOT" ] || fail "--artifacts $artifacts: MLflow's service sees nothing below /home, /root, /run/user, /tmp and /var/tmp. Take another folder, such as /srv/wild-aieval/artifacts."
      ;;
    /*) ;;
    *) fail "--artifacts $artifacts: a folder from / on, or s3://BUCKET/PATH." ;;
  esac
  [ -z "$restore" ] || [ -r "$restore/SHA256SUMS" ] || fail "--restore $restore: no SHA256SUMS there, so it is no finished backup."
}

packages() {
  if [ -n "$WAE_ROOT" ]; then
    [ -x /usr/sbin/nginx ] && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ||
      fail "PostgreSQL and nginx are needed: apt-get install postgresql nginx"
    return
  fi
  local missing="" package
  for package in postgresql nginx openssl python3-venv util-linux; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    say "apt-get install$missing"
    # shellcheck disable=SC2086  # a list of packages
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing) >/dev/null
  fi
}

users() {
  [ -z "$WAE_ROOT" ] || return 0
  local user
  for user in wae-mlflow wae-desk; do
    id "$user" >/dev/null 2>&1 || useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
  done
}

folders() {
  mkdir -p "$ETC/desks" "$ETC/tls" "$SECRETS" "$STATE/mlflow" "$STATE/artifacts" "$STATE/runs" "$STATE/benchmarks" \
    "$LOGS" "$RUNNING" "$OPT"
  chmod 755 "$ETC" "$ETC/desks" "$STATE" "$RUNNING" "$OPT" "$(dirname "$OPT")"
  chmod 700 "$SECRETS" "$LOGS" "$ETC/tls"
}

owners() {
  if [[ $ARTIFACTS != *://* ]]; then
    (umask 022 && mkdir -p "$(dirname "$ARTIFACTS")") # MLflow's user must get through
    mkdir -p "$ARTIFACTS"
    chown "$MLFLOW_USER:" "$ARTIFACTS"
  fi
  chown "$MLFLOW_USER:" "$STATE/mlflow" "$STATE/artifacts"
  chown "$DESK_USER:" "$STATE/runs" "$STATE/benchmarks"
}

# The settings: what was given now, else what stood there, else the usual.
site() {
  local me port
  MLFLOW_NAME="" HTTPS_PORT=443 MLFLOW_PORT=5000 WORKERS=2 ARTIFACTS=$STATE/artifacts RUNS=$STATE/runs VENV=$OPT/venv
  DATABASE_HOST=/var/run/postgresql DATABASE_PORT=5432 DATABASE_USER=postgres MLFLOW_USER=wae-mlflow DESK_USER=wae-desk
  if [ -n "$WAE_ROOT" ]; then
    me=$(id -un) port=$(free_ports 2)
    MLFLOW_NAME=localhost HTTPS_PORT=${port%% *} MLFLOW_PORT=${port##* } DATABASE_HOST=$RUNNING
    MLFLOW_USER=$me DESK_USER=$me DATABASE_USER=$me
  fi
  if [ -e "$ETC/site.conf" ]; then
    # shellcheck source=/dev/null
    . "$ETC/site.conf"
  fi
  MLFLOW_NAME=${name:-$MLFLOW_NAME} HTTPS_PORT=${https_port:-$HTTPS_PORT} WORKERS=${workers:-$WORKERS}
  ARTIFACTS=${artifacts:-$ARTIFACTS} VENV=${venv:-$VENV}
  [ -n "$MLFLOW_NAME" ] || fail "name MLflow's host: --mlflow-name mlflow.office.example"
  [[ $MLFLOW_NAME =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || fail "--mlflow-name '$MLFLOW_NAME': a name of a host in small letters."
  {
    echo "# Written by install.sh; read by every script and service. No secrets."
    for word in MLFLOW_NAME HTTPS_PORT MLFLOW_PORT WORKERS ARTIFACTS RUNS VENV DATABASE_HOST DATABASE_PORT DATABASE_USER MLFLOW_USER DESK_USER; do
      printf '%s=%q\n' "$word" "${!word}"
    done
  } >"$ETC/site.conf.new"
  chmod 644 "$ETC/site.conf.new"
  mv "$ETC/site.conf.new" "$ETC/site.conf"
}

free_ports() {
  python3 -c 'import socket, sys
some = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in some: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in some])' "$1"
}

programs() {
  if [ "$here" != "$OPT/deploy/debian" ]; then
    rm -rf "$OPT/deploy.new"
    mkdir -p "$OPT/deploy.new"
    cp -R "$here" "$source/deploy/backup.sh" "$source/deploy/restore.sh" "$source/deploy/members.py" "$OPT/deploy.new/"
    chmod -R u=rwX,go=rX "$OPT/deploy.new"
    rm -rf "$OPT/deploy"
    mv "$OPT/deploy.new" "$OPT/deploy"
  fi
  [ -z "$venv" ] || return 0
  say "the Python environment $VENV (minutes at the first time)"
  (
    umask 022
    [ -x "$VENV/bin/python" ] || /usr/bin/python3 -m venv "$VENV"
    # shellcheck disable=SC2086  # arguments for pip
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check $pip_args -c "$source/constraints.txt" "${source}[postgres,s3,server]"
  )
}

secrets() {
  local file
  for file in admin-password flask-key; do
    [ -s "$SECRETS/$file" ] || secret >"$SECRETS/$file"
  done
  if [ -n "$endpoint" ]; then
    [ -n "${AWS_ACCESS_KEY_ID:-}" ] && [ -n "${AWS_SECRET_ACCESS_KEY:-}" ] || fail "--s3-endpoint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    printf '%s\n' "MLFLOW_S3_ENDPOINT_URL=$endpoint" "AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID" \
      "AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY" "AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-us-east-1}" >"$SECRETS/s3.env"
  fi
  fill "$here/users.ini" ADDRESS="$(address wae_users wae_users)" >"$ETC/users.ini"
  chmod 644 "$ETC/users.ini"
}

# Who may be whom in PostgreSQL: the kernel tells it which user of the machine is there, so that no password is needed.
access() {
  local folder=$1 mark="# wild-aieval: who may be whom"
  if ! grep -q "^$mark" "$folder/pg_hba.conf"; then
    { printf '%s\n' "$mark" "local all wae_mlflow,wae_users,wae_ledger peer map=wae" && cat "$folder/pg_hba.conf"; } >"$folder/pg_hba.new"
    cat "$folder/pg_hba.new" >"$folder/pg_hba.conf"
    rm "$folder/pg_hba.new"
  fi
  if ! grep -q "^$mark" "$folder/pg_ident.conf"; then
    printf '%s\n' "$mark" "wae $MLFLOW_USER wae_mlflow" "wae $MLFLOW_USER wae_users" "wae $DESK_USER wae_ledger" \
      >>"$folder/pg_ident.conf"
  fi
}

postgresql() {
  local version
  if [ -n "$WAE_ROOT" ]; then
    "$OPT/deploy/debian/services.sh" make-database
    return
  fi
  version=$(find /etc/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -1)
  [ -n "$version" ] || fail "no cluster of PostgreSQL below /etc/postgresql: pg_createcluster VERSION main"
  "$OPT/deploy/debian/services.sh" start-database
  access "/etc/postgresql/$version/main"
  echo "SELECT pg_reload_conf()" | sql postgres >/dev/null
}

databases() {
  local role
  for role in wae_mlflow wae_users wae_ledger; do
    [ -n "$(echo "SELECT 1 FROM pg_roles WHERE rolname = '$role'" | sql postgres)" ] || echo "CREATE ROLE $role LOGIN" | sql postgres
  done
  [ -n "$(echo "SELECT 1 FROM pg_roles WHERE rolname = 'wae_ledger_owner'" | sql postgres)" ] || echo "CREATE ROLE wae_ledger_owner NOLOGIN" | sql postgres
  make_database wae_mlflow wae_mlflow
  make_database wae_users wae_users
  if [ -n "$restore" ]; then
    "$OPT/deploy/restore.sh" "$restore"
    as "$MLFLOW_USER" env MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=1 "$VENV/bin/python" -W ignore "$OPT/deploy/debian/admin_password.py" \
      "$(address wae_users wae_users)" <"$SECRETS/admin-password" 2>/dev/null || fail "the administrator's password could not be set; the one of the backup stands."
  fi
}

# MLflow does not start on tables of an earlier version: what stood here before an upgrade, or came from a backup.
upgrade() {
  local said
  [ "$(tables wae_mlflow)" != 0 ] || return 0
  "$OPT/deploy/debian/services.sh" stop mlflow
  said=$(as "$MLFLOW_USER" env MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=1 "$VENV/bin/python" -W ignore -m mlflow db upgrade \
    "$(address wae_mlflow wae_mlflow)" 2>&1) || fail "MLflow's tables could not be brought to the version that is installed: $(tail -n 1 <<<"$said")"
  say "MLflow's tables are those of the version that is installed"
}

proxy() {
  if [ -n "$certificate" ]; then
    cp "$certificate" "$ETC/tls/$MLFLOW_NAME.crt" && cp "$key" "$ETC/tls/$MLFLOW_NAME.key"
  fi
  own_certificate "$MLFLOW_NAME"
  "$OPT/deploy/debian/services.sh" make-proxy
}

units() {
  has_systemd || return 0
  mkdir -p /var/backups/wild-aieval
  cp "$here"/units/* /etc/systemd/system/
  chmod 644 /etc/systemd/system/wild-aieval-*.service /etc/systemd/system/wild-aieval-*.timer
  local more=/etc/systemd/system/wild-aieval-mlflow.service.d opened=IPAddressAllow=any conf
  # The unit is closed: MLflow must reach a store elsewhere, or write into the folder.
  [[ $ARTIFACTS == *://* ]] || opened="ReadWritePaths=\"${ARTIFACTS//%/%%}\""
  install -d -m 755 "$more"
  printf '%s\n' '[Service]' "$opened" >"$more/store.conf"
  chmod 644 "$more/store.conf"
  systemctl daemon-reload
  systemctl enable --quiet wild-aieval-mlflow.service wild-aieval-backup.timer
  for conf in "$ETC"/desks/*.conf; do # also those that a backup brought
    [ ! -e "$conf" ] || systemctl enable --quiet "wild-aieval-desk@$(basename "$conf" .conf).service"
  done
}

check
packages
users
folders
site
owners
secrets
programs
postgresql
databases
upgrade
proxy
units
if [ "$start" = yes ]; then
  "$OPT/deploy/debian/services.sh" restart
  if has_systemd; then systemctl start wild-aieval-backup.timer; fi
  say "MLflow: https://$MLFLOW_NAME$([ "$HTTPS_PORT" = 443 ] || echo ":$HTTPS_PORT")/  user 'admin', password in $SECRETS/admin-password"
fi
