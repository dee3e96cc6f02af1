#!/bin/sh
# MLflow with names and passwords, for members who compare results. It listens on this machine only: put a proxy with TLS
# before it (docs/security.md). Everything lies in one folder that only its owner can read.
#
#   MLFLOW_AUTH_ADMIN_PASSWORD=… deploy/mlflow/serve.sh FOLDER [PORT] [PUBLIC_NAME]
#
# The password is needed at the first start only; at least 12 signs. PUBLIC_NAME: under which the proxy makes it known.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?"name the folder for the store: deploy/mlflow/serve.sh FOLDER [PORT] [PUBLIC_NAME]"}
port=${2:-5000}
name=${3:-}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$folder"
if [ ! -e users.db ] && [ -z "${MLFLOW_AUTH_ADMIN_PASSWORD:-}" ]; then
  echo "Set MLFLOW_AUTH_ADMIN_PASSWORD for the first start: the password of the user 'admin'." >&2
  exit 1
fi
# What signs the cookies of MLflow's pages; kept, so that a restart signs nobody out.
[ -s secret-key ] || python -c 'import secrets; print(secrets.token_urlsafe(48))' > secret-key
hosts="127.0.0.1:$port,localhost:$port" origins="http://127.0.0.1:$port,http://localhost:$port"
if [ -n "$name" ]; then
  hosts="$hosts,$name" origins="https://$name"
fi
MLFLOW_FLASK_SERVER_SECRET_KEY=$(cat secret-key)
MLFLOW_AUTH_CONFIG_PATH=$here/basic_auth.ini
MLFLOW_DISABLE_TELEMETRY=true
DO_NOT_TRACK=1
export MLFLOW_FLASK_SERVER_SECRET_KEY MLFLOW_AUTH_CONFIG_PATH MLFLOW_DISABLE_TELEMETRY DO_NOT_TRACK
exec mlflow server --app-name basic-auth --host 127.0.0.1 --port "$port" --workers 1 \
  --backend-store-uri "sqlite:///$folder/mlflow.db" \
  --serve-artifacts --artifacts-destination "$folder/artifacts" \
  --allowed-hosts "$hosts" --cors-allowed-origins "$origins" --x-frame-options DENY \
  --uvicorn-opts "--no-server-header --timeout-keep-alive 5"
