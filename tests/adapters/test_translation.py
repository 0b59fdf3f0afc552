"""The tables of AWS's answers: every code of the operations used here is sorted, each once."""

import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from sojourn.adapters import translation
from sojourn.adapters.handing_over import NOT_NOW, REFUSED, UNCLEAR
from sojourn.adapters.translation import CONFLICTS, HOPELESS, PASSING, sorted_error
from sojourn.core.errors import Permanent, Unavailable

STORES = {
    "dynamodb": [
        *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan"),
        *("TransactWriteItems", "UpdateItem"),
    ],
    "events": ["PutEvents"],
    "s3": ["DeleteObject", "GetObject", "ListObjectVersions", "ListObjectsV2", "PutObject"],
    "sqs": ["SendMessage", "SendMessageBatch"],
}
PROVIDERS = {"sesv2": ["SendEmail"], "sns": ["Publish"]}


def codes_of(operations: dict[str, list[str]]) -> set[str]:
    """Every code that AWS's own description of these operations names."""
    session = botocore.session.get_session()
    found = set()
    for service, names in operations.items():
        model = session.get_service_model(service)
        for name in names:
            for shape in model.operation_model(name).error_shapes:
                code = (shape.metadata.get("error") or {}).get("code", shape.name)
                found |= {translation._plain(code), translation._plain(shape.name)}
    return found


def test_every_code_of_a_store_is_sorted() -> None:
    assert codes_of(STORES) - CONFLICTS - PASSING - HOPELESS == set()


def test_every_operation_of_a_store_is_among_these() -> None:
    session = botocore.session.get_session()
    stores = {
        xform_name(name)
        for service in STORES
        for name in session.get_service_model(service).operation_names
    }
    folder = Path(str(translation.__file__)).parent
    asked = {
        call
        for path in folder.glob("*.py")
        for call in re.findall(r"client\.([a-z_0-9]+)\b", path.read_text())
    }
    assert asked & stores == {xform_name(name) for names in STORES.values() for name in names}


def test_every_code_of_a_provider_is_sorted() -> None:
    assert codes_of(PROVIDERS) - REFUSED - NOT_NOW - UNCLEAR == set()


def test_no_code_is_sorted_twice() -> None:
    assert not CONFLICTS & PASSING
    assert not PASSING & HOPELESS
    assert not HOPELESS & CONFLICTS
    assert not REFUSED & NOT_NOW
    assert not NOT_NOW & UNCLEAR
    assert not UNCLEAR & REFUSED


def test_codes_are_listed_bare() -> None:
    listed = CONFLICTS | PASSING | HOPELESS | REFUSED | NOT_NOW | UNCLEAR
    assert {code for code in listed if translation._plain(code) != code} == set()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Permanent),
        (404, Permanent),
        (408, Unavailable),
        (429, Unavailable),
        (500, Unavailable),
    ],
)
def test_a_code_not_listed_is_sorted_by_its_status(status: int, error: type[Exception]) -> None:
    assert type(sorted_error("SomethingNew", status, "while trying")) is error
    assert str(sorted_error("", status, "while trying")) == f"HTTP {status} while trying"
