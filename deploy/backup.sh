#!/usr/bin/env bash
# A backup of the whole deployment into one new folder: all databases, artifacts, run folders, benchmarks, settings; no secrets.
#   deploy/backup.sh DESTINATION        as root; for trying out: WAE_ROOT=FOLDER deploy/backup.sh DESTINATION
# Databases go first, files after them: whatever a database names is then there, because files are only added.
here=$(dirname "$(readlink -f "$0")")
. "$here/debian/common.sh"
[ $# = 1 ] || fail "name one folder: deploy/backup.sh DESTINATION"
read_site
mkdir -p "$1"
name=wild-aieval-$(date -u +%Y%m%dT%H%M%SZ)
place=$(readlink -f "$1")/$name
mkdir "$place.partial" || fail "$place.partial is there already: another backup is at work, or one was broken off; remove it."
trap 'echo "wild-aieval: the backup is not finished; what lies in $place.partial is none" >&2' EXIT
cd "$place.partial"
mkdir databases heads

# dumped DATABASE: in PostgreSQL's own format, read back by its own program.
dumped() {
  as "$DATABASE_USER" pg_dump -h "$DATABASE_HOST" -p "$DATABASE_PORT" -U postgres -Fc -d "$1" >"databases/$1.dump"
  pg_restore --list "databases/$1.dump" >/dev/null
}

# packed NAME FOLDER: a file that was changed meanwhile (a run at work) is no failure: it is whole up to its last line.
packed() {
  local code=0
  tar --create --file "$1.tar" --sort=name --numeric-owner --directory "$2" . 2>tar.log || code=$?
  [ "$code" -le 1 ] || fail "$2 cannot be packed: $(cat tar.log)"
  rm tar.log
  tar --list --file "$1.tar" >/dev/null
}

databases=$(echo "SELECT datname FROM pg_database WHERE datname LIKE 'wae\_%' ORDER BY datname" | sql postgres)
for database in $databases; do
  case $database in
    wae_ledger_*) # the head before the dump: what is restored must hold it
      (cd / && as "$DESK_USER" "$VENV/bin/python" -m wild_aieval review verify "$(address wae_ledger "$database")" --json) >"heads/$database.json" ||
        fail "the ledger $database does not hold (heads/$database.json says where); keep it as evidence."
      ;;
  esac
  dumped "$database"
done
case $ARTIFACTS in
  *://*) say "artifacts are in $ARTIFACTS: keep them by that store's own means" ;;
  *) packed artifacts "$ARTIFACTS" ;;
esac
packed runs "$RUNS"
packed benchmarks "$STATE/benchmarks"
mkdir settings
cp "$ETC/site.conf" settings/
find "$ETC/desks" -name '*.conf' -exec cp {} settings/ \;
for tokens in "$ETC"/desks/*.tokens; do # who may sit there, without their tokens
  [ ! -e "$tokens" ] || awk 'NF == 3 && $1 !~ /^#/ { print $1, $2 }' "$tokens" >"settings/$(basename "$tokens" .tokens).people"
done
{
  echo "made $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  "$VENV/bin/python" -c 'from importlib.metadata import version as v; print("wild-aieval", v("wild-aieval")); print("mlflow", v("mlflow"))'
  echo "postgresql $(echo "SHOW server_version" | sql postgres)"
} >versions
find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum >SHA256SUMS
sync
cd ..
mv "$name.partial" "$name"
trap - EXIT
say "backup: $place ($(du -sh "$place" | cut -f1))"
say "note elsewhere: sha256 of its SHA256SUMS is $(sha256sum "$place/SHA256SUMS" | cut -d' ' -f1)"
