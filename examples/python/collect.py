"""Collects from devices through a Showrun server, with the generated Python client.

Starts a collection, follows its events to the end, prints what failed, and ends with 0 when every device succeeded, 2 when
some did not, and 1 when nothing was collected.

    make clients && pip install clients/python
    SHOWRUN_TOKEN=srt_... python examples/python/collect.py --server https://showrun.example.net \
        --types configs,arp --filter site=ams --username netops --password-file password.txt
"""

import argparse
import os
import pathlib
import sys
import time
import uuid

import httpx
from showrun_client import AuthenticatedClient
from showrun_client.api.collection import collection_create, collection_event_list, collection_failure_list
from showrun_client.models import (
    CollectionCreate,
    CollectionCredentials,
    CollectionEventCollectionCompleteEvent,
    CollectionEventCollectionErrorEvent,
    CollectionEventDeviceCompletedEvent,
    CollectionOptions,
    DeviceFilters,
    Problem,
)
from showrun_client.types import UNSET

# Between two looks at a collection in which nothing happened.
PAUSE_SECONDS = 0.5
# A server that does not answer for so long is given up; the collection goes on there all the same.
PATIENCE_SECONDS = 120


class Refused(Exception):
    """The server said no, and why."""


def good(answer):
    """What was asked for, or the reason why not."""
    if isinstance(answer, Problem):
        fields = "".join(f"\n  {field.pointer}: {field.detail}" for field in answer.errors or [])
        raise Refused(f"{answer.detail} ({answer.code}){fields}")
    if answer is None:
        raise Refused("The server gave an answer that is not in its document")
    return answer


def patiently(ask):
    """Asks until the server answers: reading twice does no harm, and neither does starting twice with the same key."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = ask()
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
        else:
            if not (isinstance(answer, Problem) and answer.status in (429, 503)):
                return good(answer)
            reason = answer.detail
        if time.monotonic() >= until:
            raise Refused(f"The server cannot be reached: {reason}")
        time.sleep(PAUSE_SECONDS)


def follow(client, collection_id):
    """Every event of a collection, in order, once."""
    after = 0
    while True:
        page = patiently(lambda seen=after: collection_event_list.sync(collection_id, client=client, after=seen, limit=500))
        yield from page.items
        if page.items:
            after = page.items[-1].seq
        elif page.finished:
            return
        else:
            time.sleep(PAUSE_SECONDS)


def wanted(options):
    """The request."""
    filters = DeviceFilters()
    for text in options.filter:
        name, _, value = text.partition("=")
        # Several values of a filter are alternatives.
        filters[name] = [*(filters[name] if name in filters else []), value]
    credentials = UNSET
    if options.username:
        credentials = CollectionCredentials(username=options.username, password=secret(options.password_file))
        if options.enable_password_file:
            credentials.enable_password = secret(options.enable_password_file)
    return CollectionCreate(
        name=options.name or UNSET,
        filters=filters,
        capture_types=options.types.split(","),
        credentials=credentials,
        options=CollectionOptions(max_workers=options.workers),
    )


def secret(file):
    if file is None:
        raise Refused("--username needs --password-file")
    return pathlib.Path(file).read_text().rstrip("\r\n")


def run(options):
    token = os.environ.get("SHOWRUN_TOKEN", "").strip()
    if options.token_file:
        token = pathlib.Path(options.token_file).read_text().strip()
    if not token:
        raise Refused("An API token is needed: in SHOWRUN_TOKEN, or in the file of --token-file")
    server = options.server.rstrip("/")
    verify = options.ca_cert or True
    with AuthenticatedClient(f"{server}/api/v1", token, timeout=httpx.Timeout(30), verify_ssl=verify) as client:
        request, key = wanted(options), str(uuid.uuid4())
        collection = patiently(lambda: collection_create.sync(client=client, body=request, idempotency_key=key))
        print(f"collection {collection.id}: {collection.counts.total} devices")
        end = None
        for event in follow(client, collection.id):
            if isinstance(event, CollectionEventDeviceCompletedEvent):
                print(f"{event.data.device_name}: {event.data.message}", flush=True)
            elif isinstance(event, CollectionEventCollectionErrorEvent):
                print(f"error: {event.data.error}", file=sys.stderr)
            elif isinstance(event, CollectionEventCollectionCompleteEvent):
                end = event.data
        if end is None:
            raise Refused("The events ended without the end of the collection")
        print(f"{end.devices_succeeded} succeeded, {end.devices_failed} failed in {end.execution_time:.1f} s")
        if end.devices_failed:
            for group in patiently(lambda: collection_failure_list.sync(collection.id, client=client)).items:
                more = ", ..." if group.count > len(group.device_names) else ""
                print(f"{group.failure_kind}: {group.title}: {', '.join(group.device_names)}{more}", file=sys.stderr)
    if end.success:
        return 0
    return 2 if end.captures_created.additional_properties else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="https://showrun.example.net")
    parser.add_argument("--token-file", help="file with an API token of scope operator; else SHOWRUN_TOKEN")
    parser.add_argument("--ca-cert", help="certificate of the authority that signed the server's")
    parser.add_argument("--types", default="configs", help="capture types, with commas between them")
    parser.add_argument("--filter", action="append", default=[], metavar="NAME=VALUE", help="as site=ams; none: all devices")
    parser.add_argument("--username", help="to log in to the devices with; else each with the credential it is bound to")
    parser.add_argument("--password-file", help="file with the password for that")
    parser.add_argument("--enable-password-file", help="file with the password of the privileged mode, where there is one")
    parser.add_argument("--workers", type=int, default=10, help="devices at the same time")
    parser.add_argument("--name", help="what the collection is called")
    try:
        return run(parser.parse_args())
    except (Refused, OSError) as problem:
        print(f"collect: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
