#!/usr/bin/env bash
# Put back what backup.sh kept, into an empty place; what is there is never overwritten.
#   deploy/restore.sh BACKUP            as root, with services stopped; deploy/debian/install.sh --restore BACKUP does it on a fresh machine
#   for trying out: WAE_ROOT=FOLDER deploy/restore.sh BACKUP
here=$(dirname "$(readlink -f "$0")")
. "$here/debian/common.sh"
[ $# = 1 ] || fail "name one backup: deploy/restore.sh BACKUP"
read_site
backup=$(readlink -f "$1")
[ -r "$backup/SHA256SUMS" ] || fail "$1: no SHA256SUMS there, so it is no finished backup."

# All that was kept, nothing changed, and nothing that came later.
whole() {
  (cd "$backup" && sha256sum --quiet --check SHA256SUMS) || fail "$backup: not what was kept (above). Nothing was restored."
  local listed found
  listed=$(sed 's/^[0-9a-f]* [ *]//' "$backup/SHA256SUMS" | LC_ALL=C sort)
  found=$(cd "$backup" && find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort)
  [ "$listed" = "$found" ] || fail "$backup: files that SHA256SUMS does not name. Nothing was restored."
}

databases() { find "$backup/databases" -name '*.dump' -printf '%f\n' | sed 's/\.dump$//' | sort; }

owner_of() { case $1 in wae_ledger_*) echo wae_ledger_owner ;; *) echo "$1" ;; esac; }

# Every place must be empty before the first is filled.
empty() {
  local database folder
  for database in $(databases); do
    if [ -n "$(echo "SELECT 1 FROM pg_database WHERE datname = '$database'" | sql postgres)" ] && [ "$(tables "$database")" != 0 ]; then
      fail "the database $database has tables. A restore overwrites nothing: move it away (ALTER DATABASE … RENAME TO …) first."
    fi
  done
  for folder in "$RUNS" "$STATE/benchmarks" "$ARTIFACTS"; do
    case $folder in *://*) continue ;; esac
    [ -z "$(ls -A "$folder" 2>/dev/null)" ] || fail "$folder is not empty. A restore overwrites nothing: move it away first."
  done
}

filled() {
  local database=$1
  make_database "$database" "$(owner_of "$database")"
  case $database in wae_ledger_*) echo "GRANT CONNECT ON DATABASE $database TO wae_ledger" | sql postgres ;; esac
  as "$DATABASE_USER" pg_restore -h "$DATABASE_HOST" -p "$DATABASE_PORT" -U postgres -d "$database" --single-transaction \
    --exit-on-error <"$backup/databases/$database.dump"
}

# unpacked NAME FOLDER USER
unpacked() {
  [ -r "$backup/$1.tar" ] || return 0
  mkdir -p "$2"
  tar --extract --file "$backup/$1.tar" --directory "$2" --preserve-permissions --no-same-owner
  chown -R "$3:" "$2"
}

# Each ledger as it says itself, against the head that was noted before it was kept.
verified() {
  local database head said
  for database in $(databases); do
    case $database in wae_ledger_*) ;; *) continue ;; esac
    head=$("$VENV/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["head"])' "$backup/heads/$database.json")
    [ "$head" != "$(printf '0%.0s' {1..64})" ] || head=""
    said=$(cd / && as "$DESK_USER" "$VENV/bin/python" -m wild_aieval review verify "$(address wae_ledger "$database")" ${head:+--anchor "$head"}) ||
      fail "the ledger $database of $backup does not hold; no desk was set up. Keep this backup as evidence and restore an earlier one into an empty place. $said"
    say "$database: $said"
  done
}

# moved CONF: its run folder, below RUNS of the backup, as one below RUNS of here; quoted as the settings write it.
moved() {
  local folder old
  folder=$(sed -n 's/^RUN_FOLDER=//p' "$1")
  old=$(sed -n 's/^RUNS=//p' "$backup/settings/site.conf")
  old=${old:-/var/lib/wild-aieval/runs}
  [[ $folder == "$old"/* ]] || return 1
  printf '%q/%s\n' "$RUNS" "${folder#"$old"/}"
}

desks() {
  local conf desk host tokens folder
  for conf in "$backup"/settings/*.conf; do
    desk=$(basename "$conf" .conf)
    [ "$desk" != site ] && [ ! -e "$ETC/desks/$desk.conf" ] || continue
    folder=$(moved "$conf") || {
      say "the desk '$desk' is not back, only its ledger: its run folder lay elsewhere and is not in the backup; see add-desk.sh"
      continue
    }
    install -m 644 "$conf" "$ETC/desks/$desk.conf"
    host=$(sed -n 's/^DESK_NAME=//p' "$conf")
    own_certificate "$host"
    tokens=$ETC/desks/$desk.tokens
    sed -i '/^DESK_TOKENS=/d; /^RUN_FOLDER=/d' "$ETC/desks/$desk.conf"
    printf '%s\n' "RUN_FOLDER=$folder" "DESK_TOKENS=$(printf %q "$tokens")" >>"$ETC/desks/$desk.conf"
    while read -r name role; do echo "$name $role $(secret)"; done <"$backup/settings/$desk.people" >"$tokens"
    chown "$DESK_USER:" "$tokens"
    say "the desk '$desk' is back; its people have new tokens, in $tokens"
  done
}

whole
empty
for database in $(databases); do filled "$database"; done
verified
case $ARTIFACTS in *://*) ;; *) unpacked artifacts "$ARTIFACTS" "$MLFLOW_USER" ;; esac
unpacked runs "$RUNS" "$DESK_USER"
unpacked benchmarks "$STATE/benchmarks" "$DESK_USER"
desks
say "restored from $backup"
