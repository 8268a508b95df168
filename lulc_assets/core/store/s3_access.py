"""How an S3 service is reached: endpoint, region and credentials, in one place.

What belongs here: the one way from settings and boto3's credential chain (environment, profile,
SSO, role of a pod or an instance) to a connection of obstore and to a session of GDAL. What does
not: objects (``s3``), what an answer means (``s3_answers``).

Credentials are kept no longer than boto3 keeps them: a role's are renewed while a run works.
"""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lulc_assets.core.errors import StoreError

if TYPE_CHECKING:
    from boto3.session import Session
    from obstore.store import S3Store as Connection
    from rasterio.session import AWSSession

_REGION = "us-east-1"
"""Signed into requests where nobody named one; services other than AWS do not look at it."""
_REQUEST_LIMIT = timedelta(minutes=5)
"""Of one request. A part has 5 MB: 17 kB a second are enough."""
_CONNECT_LIMIT = timedelta(seconds=10)


@dataclass(frozen=True)
class S3Access:
    """How a service is reached; what is empty comes from where boto3 looks.

    Attributes:
        endpoint: URL of a service other than AWS.
        region: of the bucket.
        profile: of the AWS configuration files.
        key_id: with ``secret``, instead of what boto3 finds.
        secret: never shown.
        token: of temporary credentials.
        patience_s: how long a request is repeated while the service does not answer.
    """

    endpoint: str = ""
    region: str = ""
    profile: str = ""
    key_id: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    patience_s: float = 120.0

    def connect(self, url: str) -> "Connection":
        """A connection to a prefix; no request is made yet, but credentials are looked for.

        Raises:
            StoreError: there are no credentials, or no such profile.
        """
        from obstore.auth.boto3 import Boto3CredentialProvider  # only where S3 is used
        from obstore.store import S3Store as Connection

        session = self._session(url)
        endpoint = self._endpoint(session)
        config: Any = {"region": self._region(session), "checksum_algorithm": "SHA256"}
        if endpoint:
            config["endpoint"] = endpoint
        backoff: Any = {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=10),
            "base": 2,
        }
        return Connection.from_url(
            url,
            config=config,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": _REQUEST_LIMIT,
                "connect_timeout": _CONNECT_LIMIT,
            },
            retry_config={
                "max_retries": 30,
                "retry_timeout": timedelta(seconds=self.patience_s),
                "backoff": backoff,
            },
            credential_provider=Boto3CredentialProvider(session, ttl=timedelta(minutes=5)),
        )

    def gdal_session(self, url: str) -> "AWSSession":
        """For ``rasterio.Env``: GDAL reads ``/vsis3/`` with the same credentials."""
        from rasterio.session import AWSSession  # only where rasters are read in place

        session = self._session(url)
        endpoint = self._endpoint(session)
        return AWSSession(
            session,
            region_name=self._region(session),
            endpoint_url=endpoint.partition("://")[2] or None,
        )

    def gdal_options(self, url: str) -> dict[str, str]:
        """What GDAL must know of the service besides :meth:`gdal_session`."""
        endpoint = self._endpoint(self._session(url))
        plain = {"AWS_HTTPS": "NO"} if endpoint.startswith("http://") else {}
        return plain | ({"AWS_VIRTUAL_HOSTING": "FALSE"} if endpoint else {})

    def _session(self, url: str) -> "Session":
        from boto3.session import Session  # only where S3 is used
        from botocore.exceptions import BotoCoreError

        given = (self.key_id or None, self.secret or None, self.token or None)
        try:
            session = Session(*given, profile_name=self.profile or None)
            found = session.get_credentials()
        except BotoCoreError as error:
            raise StoreError(f"{url}: no credentials: {error}") from error
        if found is None:
            raise StoreError(
                f"{url}: no credentials are there; set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the machine a role"
            )
        return session

    def _region(self, session: "Session") -> str:
        return self.region or session.region_name or _REGION

    def _endpoint(self, session: "Session") -> str:
        named = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        # botocore has no public way to ask for the endpoint of a profile
        profile = session._session.get_scoped_config().get("endpoint_url", "")
        return self.endpoint or named or str(profile)
