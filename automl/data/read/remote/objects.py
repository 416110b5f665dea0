"""Object stores: what lies there, brought here and put there. Keys are the environment's, and no error holds one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from automl import disk
from automl.addresses import SCHEMES, Address
from automl.distributions import extra
from automl.errors import AutomlError, DataError, MachineError

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, RetryConfig, S3Store

    Store = S3Store | GCSStore | AzureStore

BLOCK = 1 << 23  # bytes that are fetched at a time
AT_ONCE = 4  # objects
RETRIES, PATIENCE = 3, 60  # of a request, and their seconds
CODES = (re.compile(r"<Code>([A-Za-z]{1,60})</Code>"), re.compile(r"status code: (\d{3})\b"))  # the one says more
ABSENT = frozenset({"NoSuchBucket", "ContainerNotFound", "404"})
REFUSED = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AuthenticationFailed", "401"}
)
DENIED = frozenset({"AccessDenied", "AuthorizationPermissionMismatch", "AuthorizationFailure", "403"})


class KeyRefused(DataError):
    """The store does not accept the key in the environment, or denies it what was asked for: another key may do."""


class Found(NamedTuple):
    """An object: its key, its bytes, and what changes with its content."""

    key: str
    size: int
    mark: str


def listed(address: Address, folder: str) -> list[Found]:
    """All objects below a folder, by their keys. Raises DataError and MachineError as all of these do."""
    with _told(address):
        pages = _store(address).list(f"{folder}/" if folder else None)
        return sorted(_found(meta) for page in pages for meta in page)


def folders(address: Address, folder: str) -> set[str]:
    """The names of the folders in a folder."""
    with _told(address):
        there = _store(address).list_with_delimiter(f"{folder}/" if folder else None)
    return {str(prefix).rstrip("/").rpartition("/")[2] for prefix in there["common_prefixes"]}


def looked_up(address: Address) -> Found | None:
    """The object of an address, if there is one."""
    with _told(address):
        try:
            return _found(_store(address).head(address.key))
        except FileNotFoundError:
            return None


def check_reached(address: Address) -> None:
    """Refuse, before any work, an output in a bucket that is not there or does not know the key.

    Who may write and not list passes: only writing tells more.
    """
    with _told(address, spared=DENIED):
        next(iter(_store(address).list(address.key)), None)


def is_empty(address: Address) -> bool:
    """Whether nothing lies in the folder of an address, nor at the address itself."""
    with _told(address):
        below = any(map(bool, _store(address).list(f"{address.key}/" if address.key else None)))
    return not below and (not address.key or looked_up(address) is None)


def bring(address: Address, objects: dict[Path, Found]) -> None:
    """Write objects to paths, each whole or not at all."""

    def one(item: tuple[Path, Found]) -> None:
        _bring(address.at(item[1].key), item[0])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, objects.items()))


def bring_spans(address: Address, path: Path, spans: Iterable[tuple[int, int]]) -> None:
    """Write the bytes of an object between places to the same places of a new file; what lies between is a hole."""
    with disk.writing(path) as file, _told(address):
        for start, end in spans:
            if start < end:  # a range of no bytes is refused
                file.seek(start)
                got = _store(address).get(address.key, options={"range": (start, end)})
                size = sum(file.write(block) for block in got.stream(min_chunk_size=BLOCK))
                if size != end - start:
                    raise _ended(address)


def put(content: Path | bytes, address: Address) -> None:
    """Let the object be `content`, or the file there: parts of a large one count only when the last one was sent."""
    with _told(address):
        _store(address).put(address.key, content, chunk_size=BLOCK)


def _bring(address: Address, path: Path) -> None:
    disk.make_folder(path.parent)
    with disk.whole_file(path) as partial, disk.writing(partial) as file, _told(address):
        got = _store(address).get(address.key)
        size = sum(file.write(block) for block in got.stream(min_chunk_size=BLOCK))
        if size != got.meta["size"]:
            raise _ended(address)


def _ended(address: Address) -> DataError:
    return DataError("the object ended before its end", where=str(address), hint="run again")


def _found(meta: object) -> Found:
    facts: dict[str, object] = dict(meta)  # type: ignore[call-overload]  # a TypedDict
    mark = facts["version"] or facts["e_tag"] or facts["last_modified"]
    return Found(str(facts["path"]), int(str(facts["size"])), f"{mark} {facts['size']}")


def _store(address: Address) -> Store:
    return _opened(address.scheme, address.bucket, tuple(sorted(_settings().items())))


def _settings() -> dict[str, str]:
    """What the environment says of stores: another key or endpoint is another client."""
    return {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "GOOGLE_", "AZURE_"))}


@lru_cache(maxsize=8)
def _opened(scheme: str, bucket: str, _settings: tuple[tuple[str, str], ...]) -> Store:
    try:
        from obstore import store
    except ImportError:
        where = f"{scheme}://{bucket}"
        raise DataError("rows of object stores need obstore", where=where, hint=extra("lake")) from None
    retry: RetryConfig = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=PATIENCE)}
    kinds: dict[str, type[Store]] = {"s3": store.S3Store, "gs": store.GCSStore, "az": store.AzureStore}
    return kinds[scheme](bucket, retry_config=retry)


@contextmanager
def _told(address: Address, *, spared: frozenset[str] = frozenset()) -> Iterator[None]:
    """Errors of the store as ours: by their class and code, for their text may hold what was sent (S05)."""
    try:
        yield
    except (AutomlError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except FileNotFoundError as error:
        raise refusal(address, "404" if (code := code_of(error)) is None else code) from None
    except BaseException as error:  # noqa: BLE001  # a panic of a library in Rust is no Exception
        code = code_of(error)
        if code in spared:
            return
        if code is None and isinstance(error, PermissionError):
            code = "403"
        raise refusal(address, code) from None


def code_of(error: BaseException) -> str | None:
    """What a store calls what it refused, None where it has not answered."""
    name = type(error).__name__
    for code in CODES:
        if found := code.search(str(error)):
            return found[1]
    return {"PermissionDeniedError": "403", "UnauthenticatedError": "401", "NotFoundError": "404"}.get(name)


def refusal(address: Address, code: str | None) -> DataError | MachineError:
    """Why a store did not do what it was asked for."""
    where, keys = str(address), SCHEMES[address.scheme]
    if code in REFUSED:
        return KeyRefused(
            f"the store does not accept the key ({code})", where=where, hint=f"check {keys} in the environment"
        )
    if code in DENIED:
        hint = f"the key of {keys} in the environment has no right to it, or is wrong"
        return KeyRefused(f"the store denies access ({code})", where=where, hint=hint)
    if code in ABSENT:
        return DataError("there is no such bucket or object", where=where, hint="check the address")
    if code is not None:
        return MachineError(f"the store refused ({code})", where=where, hint="run again")
    hint = f"check the network and the settings of {keys} in the environment: key, region, endpoint"
    return MachineError("the store cannot be reached", where=where, hint=hint)
