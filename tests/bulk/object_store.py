"""A server that speaks the protocol of S3, and can lose its responses."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

__all__ = ["ObjectStore", "running"]


class ObjectStore:
    """What the server has seen, and what it does about it."""

    def __init__(self) -> None:
        """Have no requests yet."""
        self.url = ""
        self.requests: list[str] = []
        """Method and path of each, without those of the tests' own client."""
        self.loses: Callable[[str], bool] = lambda request: False
        """Whether the response to a request is lost, after all was done that it asks for."""
        self.silent = threading.Event()
        """While it is set, no request is responded to before :attr:`over` is."""
        self.over = threading.Event()
        self._app = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Respond to a request."""
        if "boto3-test" in environ.get("HTTP_USER_AGENT", ""):
            return self._app(environ, start_response)
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        self.requests.append(request)
        if self.silent.is_set():
            self.over.wait(30)
        response = self._app(environ, start_response)
        if self.loses(request):
            environ["werkzeug.socket"].shutdown(2)
        return response

    def options(self, **changes: Any) -> dict[str, Any]:
        """Arguments of the file system."""
        client = {"endpoint_url": self.url, "region_name": "us-east-1"}
        return {"key": "key-of-tests", "secret": "secret-of-tests", "client_kwargs": client, **changes}

    def client(self) -> Any:
        """A client that is not counted."""
        config = Config(user_agent_extra="boto3-test")
        keys = {"aws_access_key_id": "other", "aws_secret_access_key": "other", "region_name": "us-east-1"}
        return boto3.client("s3", endpoint_url=self.url, config=config, **keys)

    def contents(self, bucket: str) -> dict[str, bytes]:
        """All objects of a bucket."""
        client = self.client()
        found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {each["Key"]: client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found}

    def clear(self) -> None:
        """Delete all buckets, which all servers of a process have in common."""
        client = self.client()
        for bucket in self.buckets():
            for key in self.contents(bucket):
                client.delete_object(Bucket=bucket, Key=key)
            client.delete_bucket(Bucket=bucket)

    def buckets(self) -> list[str]:
        """The names of all buckets."""
        return [each["Name"] for each in self.client().list_buckets()["Buckets"]]


@contextmanager
def running() -> Iterator[ObjectStore]:
    """Run a server in a thread."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    store = ObjectStore()
    server = make_server("127.0.0.1", 0, store, threaded=True)
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        store.clear()
        yield store
    finally:
        store.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
