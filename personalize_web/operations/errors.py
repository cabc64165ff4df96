"""The error classes, named as in the service models."""


class ServiceError(Exception):
    """What a caller did or meant cannot be done; ``message`` says why and what to do.

    ``field`` is the argument at fault in snake case, when there is one, so that a form can show the text beside it.
    ``status`` is the HTTP status on the control plane; the service models say where another one applies.
    """

    status = 400

    def __init__(self, message: str, *, field: str | None = None):
        super().__init__(message)
        self.message = message
        self.field = field

    @property
    def code(self) -> str:
        return type(self).__name__


class InvalidInputException(ServiceError):
    """A field has an invalid value."""


class InvalidNextTokenException(ServiceError):
    """A pagination token is malformed, too old, or of another query."""


class LimitExceededException(ServiceError):
    """A quota on the number of resources is reached."""


class ResourceAlreadyExistsException(ServiceError):
    """The ARN is taken."""


class ResourceInUseException(ServiceError):
    """The state of the resource, or what depends on it, forbids this."""


class ResourceNotFoundException(ServiceError):
    """There is no such resource in this account and region."""


class TooManyTagsException(ServiceError):
    """More tags than a resource may have."""


class TooManyTagKeysException(ServiceError):
    """More tag keys in one request than allowed."""


class AccessDeniedException(ServiceError):
    """The caller's role or key scope does not allow this."""


class ThrottlingException(ServiceError):
    """More requests a second than allowed."""


class ServiceUnavailable(ServiceError):
    """Something needed is not there at this moment; the same call may succeed later."""

    status = 503
