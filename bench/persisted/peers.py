"""A persisted step of the peers: `peers.py FORM`; the same ring of five places.

For each two forms where it has two: as its documentation stores it, and the fastest there is, with
one machine for everybody and nothing stored but the name of the place.
"""

import base64
import json
import pickle
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from itertools import pairwise
from typing import Any

PLACES = ("a", "b", "c", "d", "e")
PASSES = 5

type Step = Callable[[str], str]
"""From a stored text to the text one place further."""


class Model:
    """Somebody who is at a place."""

    state = PLACES[0]


def _transitions() -> Any:  # noqa: ANN401 - an untyped peer
    ring = [["go", place, PLACES[(n + 1) % len(PLACES)]] for n, place in enumerate(PLACES)]
    machine: Any = import_module("transitions").Machine
    return machine, {"states": list(PLACES), "transitions": ring, "auto_transitions": False}


def transitions_pickled() -> tuple[Step, str]:
    """The machine with its model, pickled: its documentation's way."""
    machine, ring = _transitions()

    def step(text: str) -> str:
        made = pickle.loads(base64.b64decode(text))  # noqa: S301 - its documented way; our own text
        made.models[0].go()
        return base64.b64encode(pickle.dumps(made)).decode()

    made = machine(Model(), initial=PLACES[0], **ring)
    return step, base64.b64encode(pickle.dumps(made)).decode()


def transitions_one_machine() -> tuple[Step, str]:
    """One machine and one model for everybody; only the name of the place is stored."""
    machine, ring = _transitions()
    model: Any = Model()
    made = machine(model, initial=PLACES[0], **ring)

    def step(text: str) -> str:
        made.set_state(json.loads(text)["state"], model)
        model.go()
        return json.dumps({"state": model.state})

    return step, json.dumps({"state": PLACES[0]})


def _statemachine() -> Any:  # noqa: ANN401 - an untyped peer
    library: Any = import_module("statemachine")
    states = {place: library.State(initial=place == PLACES[0]) for place in PLACES}
    go = states["e"].to(states["a"])
    for here, there in pairwise(PLACES):
        go |= states[here].to(states[there])
    return type("Ring", (library.StateMachine,), {**states, "go": go})


def statemachine_with_model() -> tuple[Step, str]:
    """A machine over a model made of what was stored: its documentation's way."""
    ring = _statemachine()

    def step(text: str) -> str:
        model = Model()
        model.state = json.loads(text)["state"]
        ring(model).go()
        return json.dumps({"state": model.state})

    return step, json.dumps({"state": PLACES[0]})


def statemachine_one_machine() -> tuple[Step, str]:
    """One machine and one model for everybody."""
    model = Model()
    machine = _statemachine()(model)

    def step(text: str) -> str:
        model.state = json.loads(text)["state"]
        machine.go()
        return json.dumps({"state": model.state})

    return step, json.dumps({"state": PLACES[0]})


def spiffworkflow() -> tuple[Step, str]:
    """Its workflow and its JSON serializer; five tasks in a row, begun anew after the fifth."""
    specs: Any = import_module("SpiffWorkflow.specs.WorkflowSpec")
    simple: Any = import_module("SpiffWorkflow.specs.Simple").Simple
    workflow: Any = import_module("SpiffWorkflow.workflow").Workflow
    serializer: Any = import_module("SpiffWorkflow.serializer.json").JSONSerializer()
    spec = specs.WorkflowSpec(name="ring", addstart=True)
    last = spec.start
    for place in PLACES:
        task = simple(spec, place)
        last.connect(task)
        last = task
    begun = workflow(spec)
    begun.run_next()
    first: str = begun.serialize(serializer)

    def step(text: str) -> str:
        made = workflow.deserialize(serializer, text)
        made.run_next()
        stored: str = made.serialize(serializer)
        return first if made.is_completed() else stored

    return step, first


FORMS: dict[str, tuple[str, Callable[[], tuple[Step, str]], int]] = {
    "transitions, pickled": ("transitions", transitions_pickled, 500),
    "transitions, one machine for all": ("transitions", transitions_one_machine, 5_000),
    "python-statemachine, a machine each": ("python-statemachine", statemachine_with_model, 300),
    "python-statemachine, one for all": ("python-statemachine", statemachine_one_machine, 500),
    "SpiffWorkflow": ("SpiffWorkflow", spiffworkflow, 25),
}
"""By name: the package, how it is made, and the steps of a pass."""


def main() -> None:
    """Measure one form, print."""
    package, make, steps = FORMS[sys.argv[1]]
    step, text = make()
    after = [text]
    for _ in PLACES:
        after.append(step(after[-1]))
    if len(set(after[1:])) != len(PLACES):
        raise AssertionError(f"{sys.argv[1]} does not go round the five places")
    passes = []
    for _ in range(PASSES):
        began = time.process_time()
        for _ in range(steps):
            text = step(text)
        passes.append(time.process_time() - began)
    answer = {"steps_a_second": steps / min(passes), "bytes": len(text)}
    print(json.dumps({**answer, "version": f"{package} {version(package)}"}))


if __name__ == "__main__":
    main()
