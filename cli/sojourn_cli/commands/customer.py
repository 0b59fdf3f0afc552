"""`sojourn customer`: one customer of a deployed stack at a glance."""

from typing import Any

import click

from sojourn.adapters import clients
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.values.exact import Json, JsonObject, dumps
from sojourn.runtime.customer.timeline import as_document, read_timeline
from sojourn.runtime.customer.whom import holder_of, user_of
from sojourn_cli.deployment import find_deployment, stack_option
from sojourn_cli.known import is_known, nobody
from sojourn_cli.options import examples
from sojourn_cli.output import (
    console,
    format_option,
    print_json,
    visible,
    wants_table,
)
from sojourn_cli.tables import print_table

RETENTION_DAYS = 400
"""Only needed where history is written; this command reads."""


@click.command(
    epilog=examples(
        "customer ada --stack prod", "customer ada@example.com --stack prod --format json"
    )
)
@click.argument("customer_id", metavar="ID")
@stack_option
@format_option
def customer(customer_id: str, stack: str, output_format: str | None) -> None:
    """Show one customer: profile, journeys, messages and timeline.

    ID is any id or identity of the customer: a userId, an anonymousId, an e-mail address, a phone
    number.
    """
    deployment = find_deployment(stack)
    client = clients.dynamodb(clients.aws())
    history = DynamoDbHistory(client, deployment.table, RETENTION_DAYS)
    mailboxes = DynamoDbMailboxes(client, deployment.table, history)
    timeline = read_timeline(mailboxes, history, customer_id)
    directory = DynamoDbDirectory(client, deployment.table)
    if not is_known(timeline):
        holder = holder_of(customer_id, directory)
        timeline = timeline if holder is None else read_timeline(mailboxes, history, holder)
    if not is_known(timeline):
        raise nobody(client, deployment.table, stack, customer_id)
    document = as_document(timeline, lambda identity: user_of(identity, directory))
    if wants_table(output_format):
        _print(document)
    else:
        print_json(document)


def _print(document: JsonObject) -> None:
    out = console()
    out.print(visible(f"customer {document['customer']}"), style="bold")
    for identity in _list(document["identities"]):
        since = identity["since"] or "now"
        out.print(visible(f"  {identity['type']} {identity['value']} since {since}"))
    for conflict in _list(document["conflicts"]):
        whose = conflict["belongs_to"]
        end = f"belongs to {whose}" if whose else "belonged to another customer"
        end = "is too much to join" if conflict["refused"] else end
        out.print(visible(f"  not {conflict['type']} {conflict['value']}, which {end}"))
    for name, value in _items(document["profile"]):
        out.print(visible(f"  {name}: {value if isinstance(value, str) else dumps(value)}"))
    for name, consent in _items(document["consents"]):
        said = "given" if consent["given"] else "refused"
        proof = [f"by {consent['source']}"] if consent["source"] else []
        proof += [f"to “{consent['wording']}”"] if consent["wording"] else []
        out.print(visible(" ".join([f"  consent {name}: {said} {consent['at']}", *proof])))
    for name, channel in _items(document["channels"]):
        addresses = " ".join(channel["addresses"])
        out.print(visible(f"  {name}: {channel['status']} {addresses}".rstrip()))
    print_table(
        "journeys",
        ("journey", "version", "key", "step", "since", "due"),
        [
            (
                item["journey"],
                item["version"],
                None if item["key"] is None else dumps(item["key"]),
                item["step"],
                item["since"],
                item["due_at"],
            )
            for item in _list(document["journeys"])
        ],
    )
    columns = (
        "requested_at",
        "decided_at",
        "channel",
        "journey",
        "step",
        "status",
        "reason",
        "until",
    )
    print_table(
        "messages",
        columns,
        [tuple(item.get(column) for column in columns) for item in _list(document["messages"])],
    )
    print_table(
        "timeline",
        ("at", "what", "where", "details"),
        [_line(row) for row in _list(document["timeline"])],
    )


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    place = "/".join(str(row[name]) for name in ("journey", "step") if name in row)
    known = {"at", "what", "journey", "step", "enrolment"}
    details = ", ".join(
        f"{name} {value if isinstance(value, str) else dumps(value)}"
        for name, value in row.items()
        if name not in known
    )
    return row["at"], row["what"], place, details


def _items(value: Json) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []
