"""What an S3 service says no with, in words that name the cause and what to do.

What belongs here: from the errors of obstore to ours. What does not: which requests are made
(``s3``), which are repeated (``s3_access``).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lulc_assets.core.errors import CommitConflict, ProductNotFound, StoreError, StoreUnreachable

_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3}[ \w]{0,40})")
_BAD_KEYS = "the access key or its secret is wrong"
_ADVICE = {
    "InvalidAccessKeyId": _BAD_KEYS,
    "SignatureDoesNotMatch": _BAD_KEYS,
    "ExpiredToken": "the credentials have expired; renew them (aws sso login) and run again",
    "InvalidToken": "the session token is wrong; renew the credentials",
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it and run again",
    "AccessDenied": "these credentials may not do that; give them s3:GetObject, s3:PutObject, "
    "s3:DeleteObject and s3:ListBucket",
    "NoSuchBucket": "there is no such bucket; make it, or name another as store",
    "PermanentRedirect": "the bucket is in another region; set AWS_REGION or [storage] region",
}


@contextmanager
def named(url: str, key: str) -> Iterator[None]:
    """Errors of a request about an object become ours.

    Raises:
        ProductNotFound: there is no such object.
        CommitConflict: a condition did not hold.
        StoreUnreachable: the service does not answer, or not soundly: it may later.
        StoreError: it refuses; trying again would not help.
    """
    from obstore.exceptions import (  # only where S3 is used
        AlreadyExistsError,
        BaseError,
        NotSupportedError,
        PermissionDeniedError,
        PreconditionError,
        UnauthenticatedError,
    )

    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise StoreError(_told(url, key, error)) from None
        raise ProductNotFound(f"{url}: nothing is stored under {key}") from None
    except (AlreadyExistsError, PreconditionError):
        raise CommitConflict(
            f"{key} was committed by another run meanwhile; nothing was overwritten"
        ) from None
    except (PermissionDeniedError, UnauthenticatedError, NotSupportedError) as error:
        raise StoreError(_told(url, key, error)) from None
    except (BaseError, ConnectionError, TimeoutError) as error:
        found = _CODE.search(str(error))
        kind = StoreError if found and found[1] in _ADVICE else StoreUnreachable
        raise kind(_told(url, key, error)) from None


def _told(url: str, key: str, error: Exception) -> str:
    """One line; the service's own text is not passed on, it echoes what was signed."""
    text = str(error)
    code, status = _CODE.search(text), _STATUS.search(text)
    what = code[1] if code else status[1].strip() if status else _first_words(text)
    reason = _ADVICE.get(what, "")
    if not reason and "403" in what:
        reason = "credentials are wrong, or may not do that"
    return f"{url}: {key}: {what}{f': {reason}' if reason else ''}"


def _first_words(text: str) -> str:
    """Of an error without an answer: what happened, without the request's headers."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "no answer")
    last = first.rpartition(" - ")[2]
    return f"no sound answer ({last[:120]}); is the service up, and the endpoint right?"
