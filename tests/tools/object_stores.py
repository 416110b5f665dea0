"""Object stores on loopback, which ask for a key and know only one."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.request import Request, urlopen

import pytest

CLEARED = ("AWS_", "GOOGLE_", "AZURE_")
NOTHING: Mapping[str, str] = MappingProxyType({})
PUBLIC: Mapping[str, str] = MappingProxyType({"x-amz-acl": "public-read", "Content-Type": "text/csv"})
SETUP = 3  # requests that moto answers without a key: a user, his key, his rights


@dataclass(frozen=True, kw_only=True)
class Emulated:
    """A store: a folder of it, what it wants to see in the environment, and what of that is secret."""

    url: str
    settings: dict[str, str]
    secret: str
    put: Callable[[str, bytes], object]
    client: Any = None

    def get(self, name: str) -> bytes:
        """The bytes of an object of S3."""
        return bytes(self.client.get_object(Bucket="shop", Key=name)["Body"].read())

    def names(self, folder: str) -> list[str]:
        """The keys in a folder of S3."""
        return [found["Key"] for found in self.client.list_objects_v2(Bucket="shop", Prefix=folder)["Contents"]]

    def remove(self, name: str) -> None:
        """Remove an object of S3."""
        self.client.delete_object(Bucket="shop", Key=name)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[Any]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"the emulator ended with {process.returncode}")
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the emulator does not listen")


def send(address: str, content: bytes | None = None, headers: Mapping[str, str] = NOTHING) -> None:
    """Put bytes to an address of the loopback."""
    asked = Request(address, data=content, method="PUT", headers={**headers})  # noqa: S310  # ours
    with urlopen(asked) as answer:  # noqa: S310
        assert answer.status in {200, 201}


def make_container(endpoint: str, account: str, secret: str, name: str) -> None:
    """A container, for which clients of objects have no call: a request that is signed by its shared key."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    said = "".join(f"{key}:{value}\n" for key, value in headers.items())
    signed = "PUT" + "\n" * 12 + said + f"/{account}/{account}/{name}\nrestype:container"
    mark = hmac.digest(base64.b64decode(secret), signed.encode(), "sha256")
    headers["Authorization"] = f"SharedKey {account}:{base64.b64encode(mark).decode()}"
    address = f"{endpoint}/{name}?restype=container"
    send(address, headers={**headers, "Content-Length": "0"})


@contextmanager
def emulator(command: list[str], environment: dict[str, str], port: int) -> Iterator[None]:
    """A process that listens, for a block."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def moto_server(**settings: str) -> Iterator[int]:
    """The port of a moto, which answers S3."""
    pytest.importorskip("moto", reason="moto[server] is not installed")
    pytest.importorskip("flask", reason="moto[server] is not installed")
    pytest.importorskip("obstore", reason="automl[lake] is not installed")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with emulator(command, {**settings, "PATH": ""}, port):
        yield port


@pytest.fixture(scope="session")
def moto() -> Iterator[Emulated]:
    """S3 by moto, which checks the signature of each request."""
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    with moto_server(INITIAL_NO_AUTH_ACTION_COUNT=str(SETUP)) as port:
        place = {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"}
        first = boto3.client("iam", **place, aws_access_key_id="first", aws_secret_access_key="first")  # noqa: S106  # the one that makes keys
        first.create_user(UserName="reader")
        key = first.create_access_key(UserName="reader")["AccessKey"]
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        first.put_user_policy(UserName="reader", PolicyName="all", PolicyDocument=policy)
        own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        s3 = boto3.client("s3", **place, **own)
        s3.create_bucket(Bucket="shop")
        yield Emulated(
            url="s3://shop",
            settings={
                "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": place["endpoint_url"],
                "AWS_ALLOW_HTTP": "true",
            },
            secret=key["SecretAccessKey"],
            put=lambda name, content: s3.put_object(Bucket="shop", Key=name, Body=content),
            client=s3,
        )


@pytest.fixture(scope="session")
def cloud_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """Google's store by its XML interface, which a moto that asks for no key speaks too.

    The emulators that PyPI has know the JSON interface alone, which no object_store asks.
    """
    with moto_server() as port:
        place = f"http://127.0.0.1:{port}"
        send(f"{place}/rows")
        account = tmp_path_factory.mktemp("gs") / "account.json"
        names = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
        account.write_text(json.dumps({"gcs_base_url": place, "disable_oauth": True, **names}), encoding="utf-8")

        settings = {"GOOGLE_SERVICE_ACCOUNT": str(account), "GOOGLE_ALLOW_HTTP": "true"}
        yield Emulated(
            url="gs://rows",
            settings=settings,
            secret="",
            put=lambda name, content: send(f"{place}/rows/{name}", content, PUBLIC),
        )


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """Azure's blobs by azurite, an account with a key of its own."""
    store = pytest.importorskip("obstore.store", reason="automl[lake] is not installed")
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("azurite-blob is not on the PATH: npm install -g azurite")
    port, secret = free_port(), base64.b64encode(secrets.token_bytes(48)).decode()
    folder = tmp_path_factory.mktemp("azurite")
    command = [program, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    command += ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    environment = {"AZURITE_ACCOUNTS": f"shopaccount:{secret}", "PATH": str(Path(shutil.which("node") or "").parent)}
    with emulator(command, environment, port):
        settings = {
            "AZURE_STORAGE_ACCOUNT_NAME": "shopaccount",
            "AZURE_STORAGE_ACCOUNT_KEY": secret,
            "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/shopaccount",
            "AZURE_ALLOW_HTTP": "true",
        }
        make_container(settings["AZURE_STORAGE_ENDPOINT"], "shopaccount", secret, "rows")
        named = {name.lower(): value for name, value in settings.items() if name != "AZURE_ALLOW_HTTP"}
        blobs = store.AzureStore("rows", config=named, client_options={"allow_http": True})
        yield Emulated(url="az://rows", settings=settings, secret=secret, put=blobs.put)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of stores."""
    for name in list(os.environ):
        if name.startswith(CLEARED):
            monkeypatch.delenv(name)


@pytest.fixture
def s3(moto: Emulated, bare: None, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    """S3 with its key in the environment."""
    return known(moto, monkeypatch)


@pytest.fixture
def az(azurite: Emulated, bare: None, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    """Azure with its key in the environment."""
    return known(azurite, monkeypatch)


@pytest.fixture
def gs(cloud_storage: Emulated, bare: None, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    """Cloud Storage with its account in the environment."""
    return known(cloud_storage, monkeypatch)


def known(store: Emulated, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    for name, value in store.settings.items():
        monkeypatch.setenv(name, value)
    return store
