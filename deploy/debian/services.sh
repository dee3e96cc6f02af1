#!/usr/bin/env bash
# Start, stop and look at the services: through systemd where it runs, else (containers, trying out) by hand.
#   services.sh start|stop|restart|status [mlflow|desk NAME|nginx]
# Parts of install.sh: make-database, start-database, make-proxy.
here=$(dirname "$(readlink -f "$0")")
. "$here/common.sh"
read_site
nginx=$WAE_ROOT/etc/nginx
data=$WAE_ROOT/var/lib/postgresql

desks() { find "$ETC/desks" -name '*.conf' -printf '%f\n' | sed 's/\.conf$//' | sort; }

alive() { [ -s "$RUNNING/$1.pid" ] && kill -0 "$(cat "$RUNNING/$1.pid")" 2>/dev/null; }

# launch NAME USER COMMAND…: in the background and in a group of its own, as the unit would.
launch() {
  local service=$1 user=$2
  shift 2
  if alive "$service"; then return 0; fi
  : >>"$LOGS/$service.log"
  (
    cd /
    for word in $(compgen -e | grep -vx WAE_ROOT); do unset "$word"; done # nothing of who starts it
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent LANG=C.UTF-8 WAE_ROOT "${passed[@]}"
    # shellcheck disable=SC2016  # expanded by the shell that is started
    exec setsid \
      bash -c 'echo $$ >"$0" && if [ "$(id -un)" = "$1" ]; then shift && exec "$@"; else
        user=$1 && shift && exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"; fi' \
      "$RUNNING/$service.pid" "$user" "$@" </dev/null >>"$LOGS/$service.log" 2>&1
  ) &
  disown
}

# end NAME: asks, waits, and then no longer asks.
end() {
  local pid step
  alive "$1" || { rm -f "$RUNNING/$1.pid" && return 0; }
  pid=$(cat "$RUNNING/$1.pid")
  kill -TERM -- "-$pid"
  for step in $(seq 100); do
    alive "$1" || break
    [ "$step" -lt 100 ] || kill -KILL -- "-$pid"
    sleep 0.1
  done
  rm -f "$RUNNING/$1.pid"
}

# answers NAME PORT: waits until it does, two minutes at most.
answers() {
  local service=$1 port=$2 step
  for step in $(seq 600); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
    alive "$service" || [ "$step" -lt 20 ] || fail "$service ended at its start: $(tail -5 "$LOGS/$service.log")"
    sleep 0.2
  done
  fail "$service does not answer on port $port; see $LOGS/$service.log"
}

start_mlflow() {
  if has_systemd; then systemctl start wild-aieval-mlflow.service; return; fi
  local credentials=$RUNNING/credentials
  rm -rf "$credentials" && mkdir -p "$credentials"
  cp "$SECRETS/admin-password" "$SECRETS/flask-key" "$credentials/"
  chown -R "$MLFLOW_USER:" "$credentials"
  passed=("CREDENTIALS_DIRECTORY=$credentials")
  if [ -r "$SECRETS/s3.env" ]; then mapfile -t -O 1 passed <"$SECRETS/s3.env"; fi
  launch mlflow "$MLFLOW_USER" "$here/mlflow.sh"
  answers mlflow "$MLFLOW_PORT"
}

start_desk() {
  if has_systemd; then systemctl start "wild-aieval-desk@$1.service"; return; fi
  local port
  port=$(sed -n 's/^DESK_PORT=//p' "$ETC/desks/$1.conf")
  passed=("DESK=$1")
  launch "desk-$1" "$DESK_USER" "$here/desk.sh" "$1"
  answers "desk-$1" "$port"
}

start_nginx() {
  if has_systemd; then systemctl reload-or-restart nginx.service; return; fi
  local own=()
  [ -z "$WAE_ROOT" ] || own=(-c "$nginx/nginx.conf" -e "$LOGS/nginx-error.log")
  /usr/sbin/nginx -q -t "${own[@]}" 2>"$LOGS/nginx-test.log" || fail "nginx does not take its settings: $(cat "$LOGS/nginx-test.log")"
  if [ -s "$WAE_ROOT/run/nginx.pid" ] && kill -0 "$(cat "$WAE_ROOT/run/nginx.pid")" 2>/dev/null; then
    /usr/sbin/nginx -q -s reload "${own[@]}"
  else
    /usr/sbin/nginx -q "${own[@]}"
  fi
}

stop_nginx() {
  if has_systemd; then return; fi # others may have pages there too
  [ -s "$WAE_ROOT/run/nginx.pid" ] || return 0
  kill -QUIT "$(cat "$WAE_ROOT/run/nginx.pid")" 2>/dev/null || true
}

# The programs of PostgreSQL, which Debian keeps off the PATH.
program() { find /usr/lib/postgresql -path "*/bin/$1" | sort -V | tail -1; }

# A cluster of its own, for trying out: it does not outlive a loss of power. PostgreSQL does not run as root: then it is Debian's user postgres who owns it.
make_database_cluster() {
  local owner
  owner=$(cluster_owner)
  if [ ! -s "$data/PG_VERSION" ]; then
    mkdir -p "$data"
    chown "$owner:" "$data" "$RUNNING"
    chmod 711 "$WAE_ROOT" "$WAE_ROOT/var" "$WAE_ROOT/var/lib" "$WAE_ROOT/run"
    as "$owner" "$(program initdb)" -D "$data" -U postgres -A reject -E UTF8 --locale=C.UTF-8 --no-sync >"$LOGS/initdb.log"
    printf '%s\n' "local all postgres peer map=wae" "local all wae_mlflow,wae_users,wae_ledger peer map=wae" >"$data/pg_hba.conf"
    printf '%s\n' "wae $DATABASE_USER postgres" "wae $owner postgres" "wae $MLFLOW_USER wae_mlflow" "wae $MLFLOW_USER wae_users" \
      "wae $DESK_USER wae_ledger" >"$data/pg_ident.conf"
    printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$RUNNING'" "unix_socket_permissions = 0777" \
      "port = $DATABASE_PORT" "max_connections = 60" "shared_buffers = 64MB" "fsync = off" >>"$data/postgresql.conf"
  fi
  start_database
}

cluster_owner() { if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi; }

start_database() {
  if has_systemd; then systemctl start postgresql.service; return; fi
  if [ -n "$WAE_ROOT" ]; then
    as "$(cluster_owner)" "$(program pg_ctl)" -D "$data" -s -w -l "$data/log" start </dev/null >/dev/null 2>&1 ||
      as "$(cluster_owner)" "$(program pg_ctl)" -D "$data" status >/dev/null || fail "PostgreSQL does not start; see $data/log"
  else
    pg_lsclusters -h | while read -r version cluster _ state _; do
      [ "${state%%,*}" = online ] || pg_ctlcluster "$version" "$cluster" start
    done
  fi
}

stop_database() {
  if has_systemd; then return; fi
  if [ -n "$WAE_ROOT" ]; then
    as "$(cluster_owner)" "$(program pg_ctl)" -D "$data" -s -m fast stop || true
  fi
}

# MLflow's and each desk's part of nginx.
make_proxy() {
  local sites=$nginx/conf.d desk listen="listen $HTTPS_PORT ssl"
  [ -z "$WAE_ROOT" ] || listen="listen 127.0.0.1:$HTTPS_PORT ssl" # a try is for this machine only
  local lines="$listen;" default="$listen default_server;"
  if [ -z "$WAE_ROOT" ] && [ -e /proc/net/if_inet6 ]; then
    lines+=" listen [::]:$HTTPS_PORT ssl;" default+=" listen [::]:$HTTPS_PORT ssl default_server;"
  fi
  mkdir -p "$sites"
  fill "$here/nginx/mlflow.conf" NAME="$MLFLOW_NAME" PORT="$MLFLOW_PORT" LISTEN="$lines" LISTEN_DEFAULT="$default" TLS="$ETC/tls" \
    >"$sites/wild-aieval-mlflow.conf"
  for desk in $(desks); do
    (
      # shellcheck source=/dev/null
      . "$ETC/desks/$desk.conf"
      fill "$here/nginx/desk.conf" NAME="$DESK_NAME" PORT="$DESK_PORT" LISTEN="$lines" TLS="$ETC/tls"
    ) >"$sites/wild-aieval-desk-$desk.conf"
  done
  if [ -n "$WAE_ROOT" ]; then
    mkdir -p "$WAE_ROOT/tmp"
    fill "$here/nginx/try.conf" ROOT="$WAE_ROOT" LOGS="$LOGS" USER="$(id -un)" >"$nginx/nginx.conf"
    [ "$(id -u)" = 0 ] || sed -i '/^user /d' "$nginx/nginx.conf"
  elif [ "$(readlink /etc/nginx/sites-enabled/default || true)" = /etc/nginx/sites-available/default ]; then
    rm /etc/nginx/sites-enabled/default
    say "nginx's page of welcome on port 80 is switched off (it stays in sites-available)"
  fi
}

status() {
  local service
  if has_systemd; then
    systemctl --no-pager status 'wild-aieval-*' nginx.service postgresql.service || true # not 0 where one does not run
    return
  fi
  for service in mlflow $(desks | sed 's/^/desk-/'); do
    if alive "$service"; then echo "$service: runs"; else echo "$service: does not run"; fi
  done
}

stop() {
  local desk
  if has_systemd; then systemctl stop 'wild-aieval-*.service'; return; fi
  for desk in $(desks); do end "desk-$desk"; done
  end mlflow
}

passed=()
case ${1:-}-${2:-} in
  make-database-) make_database_cluster ;;
  start-database-) start_database ;;
  make-proxy-) make_proxy ;;
  start-)
    mkdir -p "$RUNNING"
    start_database
    start_mlflow
    for desk in $(desks); do start_desk "$desk"; done
    start_nginx
    ;;
  stop-) stop_nginx && stop && stop_database ;;
  restart-) stop && exec "$0" start ;;
  start-mlflow) start_mlflow ;;
  stop-mlflow) # a pattern: no fault before the unit is installed
    if has_systemd; then systemctl stop 'wild-aieval-mlflow*.service'; else end mlflow; fi
    ;;
  start-desk) start_desk "${3:?which desk}" ;;
  stop-desk) if has_systemd; then systemctl stop "wild-aieval-desk@$3.service"; else end "desk-${3:?which desk}"; fi ;;
  start-nginx) start_nginx ;;
  status-) status ;;
  *) fail "services.sh start|stop|restart|status [mlflow|desk NAME|nginx]" ;;
esac
