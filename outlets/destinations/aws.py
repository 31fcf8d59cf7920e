"""Amazon SNS and SQS: a topic or a queue, FIFO if its name ends with .fifo."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from outlets.cloudevents import CONTENT_TYPE, CloudEvent
from outlets.destinations.address import Address
from outlets.destinations.errors import DestinationRefused, DestinationUnavailable

FIFO = ".fifo"
CONNECT_WITHIN = 4
CONFIRMED_WITHIN = 8
"""Seconds."""
ABOUT_THE_EVENT = ("InvalidMessageContents", "InvalidParameter", "InvalidParameterValue")
"""Codes of errors; among what they say is that a message is too long."""
NOUNS = {"sns": "topic", "sqs": "queue"}


class Connection:
    """A client of the service. Without a user in the address it uses AWS's own ways to log in."""

    def __init__(self, address: Address) -> None:
        [(region, _port)] = address.hosts
        self._service = service = address.scheme
        account, _, self._name = address.path.partition("/")
        self._client: Any = boto3.client(
            service,
            region_name=region,
            endpoint_url=address.options.get("endpoint"),
            aws_access_key_id=address.username or None,
            aws_secret_access_key=address.password or None,
            verify=address.ca_file or None,
            config=Config(
                client_cert=(address.cert_file, address.key_file) if address.cert_file else None,
                connect_timeout=CONNECT_WITHIN,
                read_timeout=CONFIRMED_WITHIN,
                # The ledger tries again; a repeat in here would outlast the delivery's time.
                retries={"total_max_attempts": 1},
            ),
        )
        try:
            if service == "sns":
                self._target = (
                    f"arn:{self._client.meta.partition}:sns:{region}:{account}:{self._name}"
                )
                self._client.get_topic_attributes(TopicArn=self._target)
            else:
                found = self._client.get_queue_url(
                    QueueName=self._name, QueueOwnerAWSAccountId=account
                )
                self._target = found["QueueUrl"]
        except (ClientError, BotoCoreError) as error:
            raise DestinationUnavailable(
                f"{service.upper()} does not give the {NOUNS[service]} {self._name}: {error}"
            ) from error

    def send(self, event: CloudEvent) -> None:
        """As `outlets.destinations.connection.Connection.send`."""
        body = event.encode().decode()
        attributes = {
            "content-type": {"DataType": "String", "StringValue": CONTENT_TYPE},
            "type": {"DataType": "String", "StringValue": event.type},
            "id": {"DataType": "String", "StringValue": event.id},
        }
        call: dict[str, Any] = {"MessageAttributes": attributes}
        if self._name.endswith(FIFO):
            call |= {"MessageGroupId": event.subject, "MessageDeduplicationId": event.id}
        try:
            if self._service == "sns":
                self._client.publish(TopicArn=self._target, Message=body, **call)
            else:
                self._client.send_message(QueueUrl=self._target, MessageBody=body, **call)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABOUT_THE_EVENT:
                raise DestinationRefused(f"{self._service.upper()}: {error}") from error
            raise self._unconfirmed(error) from error
        except BotoCoreError as error:
            raise self._unconfirmed(error) from error

    def _unconfirmed(self, error: Exception) -> DestinationUnavailable:
        return DestinationUnavailable(
            f"{self._service.upper()} has not confirmed the event: {type(error).__name__}."
        )

    def close(self) -> None:
        self._client.close()
