#!/usr/bin/env bash
# One review desk on this machine only: desk.sh NAME. Started by wild-aieval-desk@NAME.service, or by services.sh.
. "$(dirname "$(readlink -f "$0")")/common.sh"
read_site
name=${1:?"which desk: desk.sh NAME"}
# shellcheck source=/dev/null
. "$ETC/desks/$name.conf"
export WILD_AIEVAL_RUNS=$RUNS HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
exec "$VENV/bin/python" -m wild_aieval review desk "$RUN_FOLDER" --ledger "$(address wae_ledger "wae_ledger_$name")" \
  --tokens "$DESK_TOKENS" --port "$DESK_PORT" --tls-name "$DESK_NAME"
