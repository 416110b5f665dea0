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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

CLEARED = ("AWS_", "GOOGLE_", "AZURE_")
SETUP = 3  # requests that moto answers without a key: a user, his key, his rights


@dataclass(frozen=True, kw_only=True)
class Emulated:
    """A store: a folder of it, what it wants to see in the environment, and what of that is secret."""

    url: str
    settings: dict[str, str]
    secret: str
    put: Callable[[str, bytes], object]


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


def make_container(endpoint: str, account: str, secret: str, name: str) -> None:
    """A container, for which clients of objects have no call: a request that is signed by its shared key."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    said = "".join(f"{key}:{value}\n" for key, value in headers.items())
    signed = "PUT" + "\n" * 12 + said + f"/{account}/{account}/{name}\nrestype:container"
    mark = hmac.digest(base64.b64decode(secret), signed.encode(), "sha256")
    headers["Authorization"] = f"SharedKey {account}:{base64.b64encode(mark).decode()}"
    address = f"{endpoint}/{name}?restype=container"
    with urlopen(Request(address, method="PUT", headers={**headers, "Content-Length": "0"})) as answer:
        assert answer.status == 201


@pytest.fixture(scope="session")
def moto() -> Iterator[Emulated]:
    """S3 by moto, which checks the signature of each request."""
    pytest.importorskip("moto", reason="moto[server] is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    pytest.importorskip("flask", reason="moto[server] is not installed")
    pytest.importorskip("obstore", reason="automl[lake] is not installed")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    settings = {"INITIAL_NO_AUTH_ACTION_COUNT": str(SETUP), "PATH": ""}
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        place = {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"}
        first = boto3.client("iam", **place, aws_access_key_id="first", aws_secret_access_key="first")
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
        )
    finally:
        process.kill()
        process.wait()


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
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
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
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of stores."""
    for name in list(os.environ):
        if name.startswith(CLEARED):
            monkeypatch.delenv(name)


@pytest.fixture
def s3(moto: Emulated, bare: None, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    """S3 with its key in the environment."""
    for name, value in moto.settings.items():
        monkeypatch.setenv(name, value)
    return moto


@pytest.fixture
def az(azurite: Emulated, bare: None, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    """Azure with its key in the environment."""
    for name, value in azurite.settings.items():
        monkeypatch.setenv(name, value)
    return azurite
