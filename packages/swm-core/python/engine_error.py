"""The one error shape of the side process: what is wrong with the request or the machine, not with this program."""


class EngineError(Exception):
    """Answered as {code, message, details}; the TypeScript client turns it into a coded error."""

    def __init__(self, code, message, **details):
        super().__init__(message)
        self.code = code
        self.details = details
