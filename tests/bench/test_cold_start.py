"""The bench of cold starts has every function, as the template makes it."""

from pathlib import Path

from bench.cold_start import FUNCTIONS, environment
from tests.template.given import named


def test_every_function_of_the_template_is_measured_with_all_that_it_is_told() -> None:
    functions = named("AWS::Lambda::Function")
    told = [found.get("Environment", {}).get("Variables", {}) for found in functions.values()]

    assert {name.removesuffix("Function").lower() for name in functions} == set(FUNCTIONS)
    given = environment(Path("layer")).keys()
    optional = {"LOG_LEVEL"}
    assert {variable for names in told for variable in names} - optional <= given
