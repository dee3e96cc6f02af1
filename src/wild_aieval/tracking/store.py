from wild_aieval.paths import runs_dir


class TrackingError(Exception):
    pass


def default_uri():
    return f"sqlite:///{runs_dir() / 'mlflow.db'}"


def log_run(folder, uri, experiment, max_traces):
    return folder.read_json("summary.json")
