"""What a request is refused with: a status, and an error that says what, where, what next."""

from __future__ import annotations

import json

from automl.errors import AutomlError, clipped, one_line, printable

JSON = b"application/json"


def gone_away() -> Refusal:
    """The refusal of what nobody waits for any more."""
    return Refusal(400, "the client went away", close=True)


class Refusal(Exception):
    """A request that is not answered as asked. `retry` are seconds to wait, `close` ends the connection."""

    def __init__(
        self,
        status: int,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        retry: int | None = None,
        close: bool = False,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(what)
        self.status = status
        self.what = one_line(clipped(what))
        self.where = one_line(clipped(where)) if where else None
        self.hint = printable(clipped(hint)) if hint else None
        more = [(b"retry-after", b"%d" % retry)] if retry is not None else []
        more += [(b"connection", b"close")] if close else []
        self.headers = (*headers, *more)

    @classmethod
    def of(cls, error: AutomlError, where: str | None = None) -> Refusal:
        """Rows that cannot be scored."""
        return cls(422, error.what, where=where or error.where, hint=error.hint)

    def body(self, request_id: str) -> bytes:
        """The document that the client gets."""
        said: dict[str, object] = {"what": self.what, "where": self.where, "hint": self.hint}
        return json.dumps({"error": said, "request_id": request_id}).encode()
