"""Packing: text of our own making, a few times shorter, for what each write pays by the kilobyte.

DEFLATE with a dictionary of what such text holds over and over: our own words and shapes, and what
shops call things. The first byte names the edition of the dictionary, so that a later one can still
read what an earlier one wrote: an edition never changes.
"""

import zlib

from sojourn.core.errors import CorruptState, NewerForm

EDITION = 1

LAST_EDITION = 31
"""A first byte above that was never ours."""

_RAW = -15
"""Neither header nor checksum: DynamoDB has its own."""

_LEVEL = 6
_MEMORY = 8

_WORDS = (
    b'"Mozilla/5.0 (","userAgent":"consent":{"marketing":true"country":"ZA"'
    b'"timezone":"Europe/Africa/Johannesburg""locale":"en""birthday":"city":"plan":"tier":"gold"'
    b'"first_name":"last_name":"name":"phone":"+"push_endpoints":["arn:aws:sns:'
    b'"utm_source":"campaign":"category":"brand":"title":"description":"image":"https://www.'
    b'"url":"https://shop.example/"product_id":"variant":"price":"quantity":1}]"sku":"sku-'
    b'"currency":"EUR","USD","items":[{"subscription_id":"coupon":"discount":"shipping":"tax":'
    b'"cart_id":"cart-"order_id":"order-"total":"value":"reason":"status":"ok","bounced","missing"'
    b'"unsubscribed","complained","source":"wording":"address":"bot":true,"segments":'
    b'"link":"https://"bounce_type":"permanent","transient"message.rejectedmessage.unsubscribed'
    b"message.complainedmessage.bouncedmessage.clickedmessage.openedmessage.skippedmessage.failed"
    b'cart.abandonedproduct.viewedorder.placedjourney.converted"credited_to":"'
    b'["duplicate",0,["ignored",0,["refused",0,"channel":"status":["timeout",0,"after":"'
    b'["split",0,{"arm":["held_out",0,"holdout"["converted",0,"no_address","no_consent","suppressed"'
    b'"control_group""capped","cap email-daily","quiet_hours","quiet","cancelled","exit converted"'
    b'"failed","render: profile.","refused: throttled: "["held",0,{"message":"until":"'
    b'"names":"consent,email,first_name"["not_entered",0,null,null,"in_progress","every","where"'
    b'"obstacles":["event. gte : missing"],"others":["customer-'
    b'{"r":1,"at":177,"by":"evaluate","p":1,"e":[["","@example.com"}]],'
    b'"d":[["profile",0,null,null,null,null,{"names":"email"}],["entered",0,"","",null,null,'
    b'{"event":"","version":1,"key":null}],["step",0,"","","",null,{"visit":1}],["branch",0,"","",'
    b'"",null,{"branch":"else","obstacles":["profile. eq \\": missing"]}],["update",0,"","","",'
    b'null,{"changed":"vars.","values":{"vars."}}],["step",0,"","","wait",null,{"visit":1}],'
    b'["waiting",0,"","","wait",null,{"until":"2026-00T00:00:00Z"}]]}'
    b'[["journey.entered:","journey.entered",177,{"journey":"","version":1,"enrolment":"",'
    b'"key":null}]]{"message_id":"channel":"email","sms","push","marketing",50,"transactional"'
    b'[["","",177,"email","marketing",true,"","","","@example.com"]]'
    b'[1,177,{"email":["@example.com",177]},{},{},[["",1,"",1,177,0,"",{},"",0,86400000000,{},'
    b'{"":1},{"":["","email","wanted"]}]],[["","","",1,"",1,"email","marketing",50,177,177,177,'
    b'"hold",{},"wanted",null,null,0,0]],"claimed",null,177,1,0]],[],[],[],"",null,177,177,1,"",1]'
    b'{"r":2,"at":177,"by":"dispatch","p":1,"n":0,"c":["",0]}'
    b'{"r":3,"at":177,"by":"dispatch","p":1,"n":0,"e":[["message.sent:","message.sent",177,0,'
    b'{"channel":"email","journey":"","step":"","message_id":"","reason":null},{},true]],'
    b'"d":[["message",0,"","","",null,{"outcome":"sent","message":"","channel":"email",'
    b'"requested_at":"2026-00T00:00:00Z"}],["matched",0,"","","",null,{"event":"message.sent"}],'
    b'["step",0,"","","",null,{"visit":1}],["exited",0,"","","",null,{"outcome":"finished"}]]}'
    b'[["message.sent:","message.sent",177,{"channel":"email","journey":"","step":"","message_id":"",'
    b'"reason":null}],["journey.exited:","journey.exited",177,{"journey":"","version":1,'
    b'"enrolment":"","key":null,"outcome":"finished"}]]'
    b'{"r":4,"at":177,"by":"evaluate","p":1,"e":[["","message.delivered",177,0,'
    b'{"channel":"email","message_id":""}]],"d":[['
)
"""What comes often stands at the end: that is nearest."""

_DICTIONARIES = {EDITION: _WORDS}


def packed(text: str) -> bytes:
    """Text, packed; the same for the same text with one build of zlib."""
    dictionary = _DICTIONARIES[EDITION]
    packer = zlib.compressobj(
        _LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, dictionary
    )
    return b"%c%b%b" % (EDITION, packer.compress(text.encode()), packer.flush())


def unpacked(content: bytes) -> str:
    """The text that was packed; raises NewerForm, or CorruptState for what was never packed."""
    if content and EDITION < content[0] <= LAST_EDITION:
        raise NewerForm(
            f"packed text of edition {content[0]}, which a later version wrote: this one reads"
            f" up to edition {EDITION}; use that one"
        )
    dictionary = _DICTIONARIES.get(content[0]) if content else None
    if dictionary is None:
        raise CorruptState("packed text is in an edition this version cannot read")
    unpacker = zlib.decompressobj(_RAW, dictionary)
    try:
        text = unpacker.decompress(content[1:])
        if not unpacker.eof or unpacker.unused_data:
            raise CorruptState("packed text is not whole")
        return text.decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise CorruptState(f"packed text cannot be read: {error}") from error
