"""Make MLflow's bucket where it is not there yet."""

import json
from pathlib import Path

import boto3

keeper = json.loads(Path("/run/secrets/keeper").read_text(encoding="utf-8"))
store = boto3.client("s3", region_name="us-east-1", **keeper)
if "mlflow" not in [bucket["Name"] for bucket in store.list_buckets()["Buckets"]]:
    store.create_bucket(Bucket="mlflow")
