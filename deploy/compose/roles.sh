#!/usr/bin/env bash
# Roles and databases, each closed to the others. PostgreSQL's image runs it once, when its folder is empty.
set -euo pipefail
sql() { psql -X -q -v ON_ERROR_STOP=1 -U postgres -d "$1"; }
for role in wae_mlflow wae_users wae_ledger; do
  echo "CREATE ROLE $role LOGIN PASSWORD '$(cat "/run/secrets/$role")'" | sql postgres
done
echo "CREATE ROLE wae_ledger_owner NOLOGIN" | sql postgres
for pair in wae_mlflow:wae_mlflow wae_users:wae_users wae_ledger_first:wae_ledger_owner; do
  echo "CREATE DATABASE ${pair%%:*} OWNER ${pair##*:} TEMPLATE template0 ENCODING 'UTF8'" | sql postgres
  echo "REVOKE ALL ON DATABASE ${pair%%:*} FROM PUBLIC; GRANT CONNECT ON DATABASE ${pair%%:*} TO ${pair##*:}" | sql postgres
done
echo "GRANT CONNECT ON DATABASE wae_ledger_first TO wae_ledger" | sql postgres
