"""An S3 server on this machine, with one bucket: what the tests of s3:// sources talk to."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET = "films"
# Nothing of the account of whoever runs the tests may be read
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
        endpoint: Its URL.
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
        """Store files below a prefix; returns its URL."""
        for name, data in files.items():
            key = f"{prefix}/{name}" if prefix else name
            self.client.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{prefix}"


@contextmanager
def s3_server() -> Iterator[S3]:
    """A server on a free port; the environment points at it meanwhile."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # one line per request otherwise
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
