#!/usr/bin/env bash
# MLflow with names and passwords, on PostgreSQL, on this machine only; nginx stands before it.
# Started by wild-aieval-mlflow.service, or by services.sh. $CREDENTIALS_DIRECTORY holds its two secrets.
. "$(dirname "$(readlink -f "$0")")/common.sh"
read_site
cd "$STATE/mlflow"
public=$MLFLOW_NAME
[ "$HTTPS_PORT" = 443 ] || public=$MLFLOW_NAME:$HTTPS_PORT
MLFLOW_AUTH_CONFIG_PATH=$ETC/users.ini
MLFLOW_AUTH_ADMIN_PASSWORD=$(cat "$CREDENTIALS_DIRECTORY/admin-password") # it counts at the first start only
MLFLOW_FLASK_SERVER_SECRET_KEY=$(cat "$CREDENTIALS_DIRECTORY/flask-key")
export MLFLOW_AUTH_CONFIG_PATH MLFLOW_AUTH_ADMIN_PASSWORD MLFLOW_FLASK_SERVER_SECRET_KEY
export MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=1 MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false OMP_NUM_THREADS=1
exec "$VENV/bin/python" -m mlflow server --app-name basic-auth --host 127.0.0.1 --port "$MLFLOW_PORT" --workers "$WORKERS" \
  --backend-store-uri "$(address wae_mlflow wae_mlflow)" \
  --serve-artifacts --artifacts-destination "$ARTIFACTS" \
  --allowed-hosts "$public,127.0.0.1:$MLFLOW_PORT" --cors-allowed-origins "https://$public" --x-frame-options DENY \
  --uvicorn-opts "--no-server-header --timeout-keep-alive 75"
