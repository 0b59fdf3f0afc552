"""How many run at once: nobody takes an account's room from the others."""

from tests.template.given import mappings, target, template


def test_the_stream_leaves_room_for_the_queues() -> None:
    # What finds no function free has used up one of a queue's five tries (Lambda developer guide,
    # "Using Lambda with Amazon SQS"); emulators have room for everybody.
    [stream] = [m for m in mappings() if target(m["EventSourceArn"]) == "Table"]
    assert stream["ParallelizationFactor"] == {
        "Fn::FindInMap": ["AtOnce", {"Ref": "AccountConcurrency"}, "StreamOfAShard"]
    }
    shards_of_a_new_table = 4
    for account, runs in (("ten", 10), ("thousand", 1_000)):
        most = template()["Mappings"]["AtOnce"][account]["StreamOfAShard"]
        assert 1 <= most <= 10
        assert shards_of_a_new_table * most <= runs // 2
