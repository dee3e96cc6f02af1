#!/usr/bin/env bash
# Secrets, settings, certificates and nginx's part for compose.yaml, into deploy/compose/site (readable by its owner only).
#   deploy/compose/prepare.sh MLFLOW_NAME DESK_NAME
here=$(dirname "$(readlink -f "$0")")
. "$here/../debian/common.sh"
[ $# = 2 ] || fail "name two hosts: deploy/compose/prepare.sh mlflow.office.example desk.office.example"
site=$here/site
ETC=$site/etc
mkdir -p "$ETC/desks" "$ETC/tls" "$site/secrets" "$site/nginx" "$site/runs" "$site/benchmarks"
# once NAME: what is there stays; what comes in is read all the same, for who writes into a closed pipe is ended without a word.
once() { if [ -s "$site/secrets/$1" ]; then cat >/dev/null; else cat >"$site/secrets/$1"; fi; }
for name in postgres wae_mlflow wae_users wae_ledger admin-password flask-key key keeper; do secret | once "$name"; done
s() { cat "$site/secrets/$1"; }
for role in wae_mlflow wae_users wae_ledger; do echo "postgres:5432:*:$role:$(s "$role")"; done | once pgpass
echo "postgres:5432:*:postgres:$(s postgres)" | once pgadmin
fill "$here/store.json" KEY="$(s key)" KEEPER="$(s keeper)" | once store.json
printf '{"endpoint_url": "http://store:8333", "aws_access_key_id": "keeper", "aws_secret_access_key": "%s"}\n' "$(s keeper)" | once keeper.json
printf '%s\n' MLFLOW_S3_ENDPOINT_URL=http://store:8333 AWS_ACCESS_KEY_ID=mlflow "AWS_SECRET_ACCESS_KEY=$(s key)" \
  AWS_DEFAULT_REGION=us-east-1 | once s3.env
DATABASE_HOST=postgres DATABASE_PORT=5432
printf '%s=%s\n' MLFLOW_NAME "$1" HTTPS_PORT 443 MLFLOW_PORT 5000 WORKERS 2 ARTIFACTS s3://mlflow/artifacts \
  RUNS /var/lib/wild-aieval/runs VENV /usr/local DATABASE_HOST postgres DATABASE_PORT 5432 >"$ETC/site.conf"
fill "$here/../debian/users.ini" ADDRESS="$(address wae_users wae_users)" >"$ETC/users.ini"
printf '%s=%s\n' RUN_FOLDER /var/lib/wild-aieval/runs/first DESK_NAME "$2" DESK_PORT 8765 DESK_TOKENS /etc/wild-aieval/desks/first.tokens \
  >"$ETC/desks/first.conf"
[ -s "$ETC/desks/first.tokens" ] || for person in reviewer-1:reviewer reviewer-2:reviewer adjudicator-1:adjudicator administrator-1:administrator; do
  echo "${person%%:*} ${person##*:} $(secret)"
done >"$ETC/desks/first.tokens"
own_certificate "$1"
own_certificate "$2"
lines="listen 443 ssl; listen [::]:443 ssl;" default="listen 443 ssl default_server; listen [::]:443 ssl default_server;"
fill "$here/../debian/nginx/mlflow.conf" NAME="$1" PORT=5000 LISTEN="$lines" LISTEN_DEFAULT="$default" TLS=/etc/wild-aieval/tls >"$site/nginx/mlflow.conf"
fill "$here/../debian/nginx/desk.conf" NAME="$2" PORT=8765 LISTEN="$lines" TLS=/etc/wild-aieval/tls >"$site/nginx/desk.conf"
# The containers' users read their secrets: 990 is ours, 999 that of PostgreSQL's image.
[ "$(id -u)" = 0 ] || fail "the files are there; give them to the containers' users: run this again as root."
chown -R 990:990 "$site"
chmod 711 "$site" "$site/secrets"
(cd "$site/secrets" && chown 999:999 postgres wae_mlflow wae_users wae_ledger)
