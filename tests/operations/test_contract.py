"""All 79 operations at once: names, arguments, answers, errors."""

import inspect

import pytest
from botocore.validate import ParamValidator

from personalize_web import operations
from personalize_web.operations import errors, gate, service_model
from tests import samples

AWS = service_model.operations()


def test_there_are_79():
    assert len(AWS) == 79
    assert len(service_model.services()["personalize"].operation_names) == 71


@pytest.mark.parametrize("name", AWS)
def test_the_front_door_has_it(name):
    assert name in operations.__all__
    assert getattr(operations, name).is_operation


def test_the_public_list_begins_with_the_79_in_the_order_of_the_service_models():
    ours = [name for name in operations.__all__ if name in AWS]
    assert ours == list(AWS)


def test_every_operation_of_our_own_is_gated_and_on_no_wire():
    plain = {"ADMINISTRATOR", "ANALYST", "VIEWER", "Caller", "ServiceError", "environment", "statuses"}
    own = [name for name in operations.__all__ if name not in AWS and name not in plain]
    assert own
    assert all(getattr(operations, name).is_operation for name in own)


@pytest.mark.parametrize("name", AWS)
def test_its_arguments_are_the_members_of_the_input(name):
    function = inspect.unwrap(getattr(operations, name))
    taken = {
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert taken == set(service_model.arguments(name))


@pytest.mark.parametrize("name", AWS)
def test_required_arguments_have_no_default_and_optional_ones_do(name):
    function = getattr(operations, name)
    required = {
        parameter.name
        for parameter in inspect.signature(inspect.unwrap(function)).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.default is inspect.Parameter.empty
    }
    assert required <= function.required
    assert function.required <= set(service_model.arguments(name))


@pytest.mark.parametrize("name", AWS)
def test_an_unknown_argument_is_a_mistake_of_ours(name, ana):
    with pytest.raises(TypeError, match="has no argument zebra"):
        getattr(operations, name)(ana, zebra=1)


@pytest.mark.django_db
@pytest.mark.parametrize("name", AWS)
def test_sample_input_gets_an_answer_that_fits_or_a_declared_error(name, ana):
    try:
        answer = getattr(operations, name)(ana, **samples.arguments(name))
    except errors.ServiceError as error:
        assert error.code in service_model.declared_errors(name)
    else:
        assert_answer_fits(name, answer)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in AWS if getattr(operations, name).required])
def test_nothing_at_all_is_invalid_where_something_is_required(name, ana):
    with pytest.raises(errors.InvalidInputException, match="Member must not be null"):
        getattr(operations, name)(ana)


@pytest.mark.parametrize("name", AWS)
def test_each_has_a_role_and_a_scope(name):
    assert gate.needed_role(name) in ("viewer", "analyst", "administrator")


def assert_answer_fits(name, answer):
    """The answer has only members of the output shape, each of its type; nothing is None."""
    shape = AWS[name].output_shape
    if shape is None or not shape.members:
        assert not answer
        return
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()
    assert None not in answer.values()
