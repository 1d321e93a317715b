"""An S3 server on this machine, with one bucket, for tests of s3:// sources."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET = "films"
# The tests must not read the account of the user
NO_ACCOUNT = {
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}
ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class S3:
    """A running server.

    Args:
        endpoint: URL of the server.
    """

    def __init__(self, endpoint: str) -> None:
        self.environment = {**NO_ACCOUNT, **ACCOUNT, "AWS_ENDPOINT_URL": endpoint}
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - any word opens the test server
            region_name="us-east-1",
        )
        self.client.create_bucket(Bucket=BUCKET)

    def put(self, prefix: str, files: Mapping[str, bytes]) -> str:
        """Store files below a prefix; return its URL."""
        for name, data in files.items():
            key = f"{prefix}/{name}" if prefix else name
            self.client.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{prefix}"


@contextmanager
def s3_server() -> Iterator[S3]:
    """Run a server on a free port; the environment names it until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # without this, it logs each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "http_proxy"):
                patch.delenv(name, raising=False)
            host, port = server.get_host_and_port()
            s3 = S3(f"http://{host}:{port}")
            for name, value in s3.environment.items():
                patch.setenv(name, value)
            yield s3
    finally:
        server.stop()
